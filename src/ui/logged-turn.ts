import type { LoggedTurn, TurnEnd } from '../core/logged-turn.ts';
import { eventLine, lineText } from './event-lines.ts';
import { clockTime, money, oneLine, spokenTime, tokenCount, wrapped } from './text.ts';
import type { TranscriptView } from './transcript-lines.ts';

/** What stands above a turn's transcript: `14:02:00 builders-1 add-login: turn 1, opencode kimi-k2.5, fresh session`. */
export function turnHeading(turn: LoggedTurn, { columns, paint }: TranscriptView): string[] {
  const { startedAt, worker, task, agent, session } = turn;
  const who = oneLine(`${worker} ${task}`);
  const line = `${clockTime(startedAt)} ${who}: ${turnName(turn)}, ${oneLine(agent)}, ${session} session`;
  return wrapped(line, columns).map((each) => paint('bold', each));
}

/** What stands below it: how the turn ended, its time and its tokens. */
export function turnEnding(end: TurnEnd, { columns, paint }: TranscriptView): string[] {
  const line = eventLine(end, undefined);
  if (line === undefined) return [];
  // The line of a turn has its time and tokens already.
  const more = end.type === 'turn:ended' ? [] : [spokenTime(end.ms), tokens(end)];
  const parts = [lineText(line), ...more, money(end.usage.costUsd)].filter((part) => part !== '');
  const failed = end.type === 'turn:ended' ? end.ending === 'failed' : end.verdict === 'failed';
  return wrapped(parts.join(', '), columns).map((each) => paint(failed ? 'red' : 'bold', each));
}

/** What stands below a turn whose end is not in the log. */
export function turnOpen({ worker }: LoggedTurn, isLive: boolean, { columns, paint }: TranscriptView): string[] {
  const words = isLive
    ? `still at work; follow it with: oompa logs ${oneLine(worker)} -f`
    : 'cut off: the run ended before it did';
  return wrapped(words, columns).map((each) => paint('yellow', each));
}

function turnName({ role, number }: LoggedTurn): string {
  switch (role) {
    case 'worker':
      return `turn ${String(number)}`;
    case 'reviewer':
      return `review ${String(number)}`;
    case 'planner':
      return 'planning';
  }
}

function tokens({ usage }: TurnEnd): string {
  const sum = usage.input + usage.output;
  return sum === 0 ? '' : `${tokenCount(sum)} tokens`;
}
