import type { StoryStep } from '../core/story.ts';
import { fateOf } from '../core/outcome.ts';
import type { RunLife } from '../core/run-state.ts';
import { agentName } from '../core/run-state.ts';
import { msBetween } from '../core/run-tables.ts';
import type { Style } from './paint.ts';
import { failureMessage, outcomeMessage } from './phrases.ts';
import type { Agent } from './phrases.ts';
import { verdictStyles, verdictWords } from './review-words.ts';
import { beganAt, momentLine } from './story-moments.ts';
import { clockTime, counted, oneLine, spokenTime, wordFor } from './text.ts';

/** One step of an iteration as a person reads it: when it began, what it was, how long it took. */
export interface StoryLine {
  /** ISO 8601. */
  readonly at: string;
  /** One or two words: `turn 1`, `verify`. */
  readonly label: string;
  /** One line, however long; nothing in it is obeyed by a terminal. */
  readonly text: string;
  /** Undefined for what takes no time. */
  readonly ms?: number;
  /** The colour of the label, by what the text says. */
  readonly style?: Style;
}

/** The steps of one iteration: a turn, a review and a check are one line each, with what came of them. */
export function stepLines(steps: readonly StoryStep[], life: RunLife): StoryLine[] {
  const told: Telling = { lines: [], open: undefined, agent: { harness: 'the agent' } };
  for (const step of steps) {
    try {
      tell(told, step, steps);
    } catch {
      // The log may be of another version, or edited: a step of a foreign shape tells nothing.
    }
  }
  closeOpen(told, life === 'live' ? 'going on' : 'cut off');
  return told.lines;
}

type StepOf<Type extends StoryStep['type']> = Extract<StoryStep, { readonly type: Type }>;
type Begun = StepOf<'turn:started' | 'review:started' | 'verify:started' | 'limit:waiting'>;

/** How far a story is told. */
interface Telling {
  readonly lines: StoryLine[];
  /** What has begun and not ended. */
  open: Begun | undefined;
  /** Who took the last turn. */
  agent: Agent;
}

function tell(told: Telling, step: StoryStep, steps: readonly StoryStep[]): void {
  endWait(told, step);
  switch (step.type) {
    case 'task:claimed':
      told.lines.push({ at: step.at, label: 'claim', text: claimWords(step, steps.at(-1)) });
      break;
    case 'limit:waiting':
      if (told.open?.type !== step.type) closeOpen(told, noEnd);
      told.open = { ...step, at: told.open?.at ?? step.at };
      break;
    case 'turn:started':
    case 'review:started':
    case 'verify:started':
      closeOpen(told, noEnd);
      told.open = step;
      break;
    case 'turn:ended':
      endTurn(told, step);
      break;
    case 'work:committed':
      amend(told, 'turn', `, ${changeWords(step)}`);
      break;
    case 'review:ended':
      end(told, step, `round ${String(step.round)}`, reviewWords(step), verdictStyles[step.verdict]);
      break;
    case 'verify:ended':
      end(told, step, 'verify', `${step.command} ${verifyWords(step)}`, step.result === 'passed' ? 'green' : 'red');
      break;
    case 'retry:succeeded':
      amend(told, 'retry', '; it succeeded');
      break;
    case 'iteration:ended':
      closeOpen(told, noEnd);
      endIteration(told, step);
      break;
    case 'setup:ended':
    case 'verify:waiting':
    case 'retry:planned':
    case 'chain:advanced':
    case 'work:sent-back':
    case 'work:rescued':
    case 'landing:landed':
    case 'landing:held':
    case 'landing:conflicted':
    case 'checkout:touched':
    case 'stash:kept':
      told.lines.push(momentLine(step));
      break;
    case 'worktree:ready':
    case 'turn:warned':
    case 'landing:intended':
      break;
    default:
      step satisfies never;
  }
}

const noEnd = 'no end in the log';

/** Says more about the last line of that label. */
function amend({ lines }: Telling, label: string, more: string): void {
  const index = lines.findLastIndex((line) => line.label.startsWith(label));
  const line = lines[index];
  if (line !== undefined) lines[index] = { ...line, text: `${line.text}${more}` };
}

function end(
  told: Telling,
  step: StepOf<'turn:ended' | 'review:ended' | 'verify:ended'>,
  label: string,
  text: string,
  style?: Style,
): void {
  const at = told.open?.at ?? beganAt(step);
  told.open = undefined;
  told.lines.push({ at, label, text: oneLine(text), ms: step.ms, ...(style === undefined ? {} : { style }) });
}

/** A wait is over with whatever comes after it, but not with its own reason once more. One that nobody noticed is not told. */
function endWait(told: Telling, next: StoryStep): void {
  const { open } = told;
  if (open?.type !== 'limit:waiting' || (next.type === open.type && next.why === open.why)) return;
  told.open = undefined;
  const ms = msBetween(open.at, next.at);
  if (ms >= 1000) told.lines.push({ at: open.at, label: 'wait', text: oneLine(open.why), ms, style: 'yellow' });
}

/** What has begun and has no end is told so. */
function closeOpen(told: Telling, words: string): void {
  const { open } = told;
  told.open = undefined;
  if (open === undefined) return;
  const { label, head } = openWords(open);
  told.lines.push({ at: open.at, label, text: oneLine(`${head}: ${words}`), style: 'yellow' });
}

function openWords(open: Begun): { readonly label: string; readonly head: string } {
  switch (open.type) {
    case 'turn:started':
      return { label: `turn ${String(open.turn)}`, head: turnHead(open, open) };
    case 'review:started':
      return { label: `round ${String(open.round)}`, head: open.reviewer };
    case 'verify:started':
      return { label: 'verify', head: open.command };
    case 'limit:waiting':
      return {
        label: 'wait',
        head: open.until === undefined ? open.why : `${open.why}, until ${clockTime(open.until)}`,
      };
  }
}

function claimWords({ worker, iteration, attempt, from }: StepOf<'task:claimed'>, last: StoryStep | undefined): string {
  const of = last?.type === 'iteration:ended' ? ` of ${String(last.attempts)}` : '';
  const tried = attempt > 1 ? `, attempt ${String(attempt)}${of}` : '';
  return `${worker}, iteration ${String(iteration)}${tried}${from === 'held' ? ', held work once more' : ''}`;
}

function endTurn(told: Telling, step: StepOf<'turn:ended'>): void {
  const begun = told.open?.type === 'turn:started' ? told.open : undefined;
  told.agent = step;
  const words = step.ending === 'answered' ? (step.signal ?? 'no signal') : `failed: ${failureWords(step)}`;
  const late = step.recovered === true ? ', ended from outside' : '';
  const text = `${turnHead(step, begun)}: ${words}${late}`;
  end(told, step, `turn ${String(step.turn)}`, text, step.ending === 'failed' ? 'red' : undefined);
}

/** Who was asked, for what, and whether it remembers. */
function turnHead(agent: Agent, begun: StepOf<'turn:started'> | undefined): string {
  const deed = begun === undefined ? '' : ` ${wordFor(deeds, begun.prompt)}`.trimEnd();
  const session = begun?.session === 'resumed' ? ', resumed' : begun !== undefined && begun.turn > 1 ? ', afresh' : '';
  return `${agentName(agent)}${deed}${session}`;
}

const deeds = {
  start: '',
  answered: 'with your answer',
  continue: 'goes on',
  fix: 'fixes',
  'nothing-changed': 'had changed nothing',
  conflict: 'resolves the conflict',
} as const;

function failureWords({ failure, ...agent }: StepOf<'turn:ended'>): string {
  const { kind, detail } = failure ?? { kind: 'unknown', detail: '' };
  const { what } = failureMessage(kind, agent);
  return `${what}${detail === '' ? '' : `: ${detail}`}`;
}

function changeWords({ files, added, deleted }: StepOf<'work:committed'>): string {
  return `${counted(files.length, 'file')} +${String(added)} −${String(deleted)}`;
}

function reviewWords({ reviewer, verdict, summary }: StepOf<'review:ended'>): string {
  return `${reviewer}: ${wordFor(verdictWords, verdict)}${summary === '' ? '' : `: ${summary}`}`;
}

function verifyWords({ result, detail }: StepOf<'verify:ended'>): string {
  const words = wordFor({ passed: 'passed', failed: 'failed', 'could-not-run': 'could not be run' }, result);
  return detail === '' ? words : `${words}: ${detail}`;
}

function endIteration(told: Telling, step: StepOf<'iteration:ended'>): void {
  const { outcome, transition, attempt, attempts, ms } = step;
  const inAll = `${spokenTime(ms)} in all`;
  if (outcome.kind === 'landed' || transition === 'stay') {
    // Their own lines have said it.
    amend(told, outcome.kind === 'landed' ? 'land' : 'held', `; ${inAll}`);
    return;
  }
  const { label, style } = endings[transition];
  const { usesAttempt } = fateOf(outcome, attempt - 1, attempts);
  const parts = [
    // The turn's line has said it.
    ...(outcome.kind === 'agent-failed' ? [] : [outcomeMessage(outcome, told.agent).what]),
    ...(usesAttempt ? [`attempt ${String(attempt)} of ${String(attempts)}`] : []),
    ...(transition === 'release' ? ['pending again'] : []),
    inAll,
  ];
  told.lines.push({ at: step.at, label, text: oneLine(parts.join('; ')), style });
}

const endings = {
  complete: { label: 'done', style: 'green' },
  block: { label: 'asks', style: 'yellow' },
  fail: { label: 'fail', style: 'red' },
  release: { label: 'back', style: 'yellow' },
  none: { label: 'lost', style: 'yellow' },
} as const;
