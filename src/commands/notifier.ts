import { notifyProblems } from '../config/notify-variables.ts';
import type { Config } from '../config/schema.ts';
import type { RunEvent } from '../core/event.ts';
import { fateOf } from '../core/outcome.ts';
import { unreachable } from '../core/unreachable.ts';
import type { News } from '../notify/news.ts';
import { startNotifier } from '../notify/notifier.ts';
import type { Notifier } from '../notify/notifier.ts';
import type { Wording } from '../notify/payload.ts';
import type { RunLog } from '../runs/run-log.ts';
import { budgetRemedy, budgetWords } from '../ui/budget-words.ts';
import { renderDiagnostics } from '../ui/diagnostics.ts';
import { heldWords, outcomeMessage } from '../ui/phrases.ts';
import { runVerdict } from '../ui/run-verdict.ts';
import { counted, cut, money, oneLine } from '../ui/text.ts';
import type { Io } from './io.ts';
import type { LoadedFine } from './workspace.ts';

/** The run that people are to be told of. */
export interface NotifyOrder {
  readonly config: Pick<Config, 'notify'>;
  /** Absolute. */
  readonly workspace: string;
  readonly log: RunLog;
  /** Standard output is for a program: no bell there. */
  readonly json: boolean;
  redact(text: string): string;
}

/** Tells people of a run, as `notify:` says. What fails is a problem of the run while it goes on, and a line on stderr after. */
export function openNotifier(order: NotifyOrder, io: Io): Notifier {
  const { config, workspace, log, json } = order;
  let goesOn = true;
  const notifier = startNotifier({
    targets: config.notify,
    run: log.id,
    workspace,
    folder: log.folder,
    env: io.env,
    platform: process.platform,
    words: { tell: (news) => wordingOf(news, log.id), line: oneLine },
    redact: (text) => order.redact(text),
    bell: () => {
      if (!json) io.terminal?.write('\u0007');
    },
    onProblem: (message) => {
      if (goesOn) log.append({ type: 'problem:seen', message });
      else io.stderr(`${oneLine(message)}\n`);
    },
  });
  return {
    onEvent: (event: RunEvent) => {
      // Whoever reads the log takes this for its last line.
      if (event.type === 'run:ended') goesOn = false;
      notifier.onEvent(event);
    },
    close: async (now) => {
      goesOn = false;
      await notifier.close(now);
    },
  };
}

/** Whether everything that `notify:` needs from the environment is there; says on stderr what is not. */
export function canNotify(loaded: LoadedFine, workspace: string, io: Io): boolean {
  const problems = notifyProblems(loaded, workspace, io.env);
  if (problems.length === 0) return true;
  const count = counted(problems.length, 'problem');
  io.stderr(`${renderDiagnostics(problems, { color: io.color })}\n`);
  io.stderr(`${count}, nothing was started. Check again with: oompa doctor\n`);
  return false;
}

/** The words for a piece of news, the cause first. */
function wordingOf(news: News, run: string): Wording {
  const { message, why, next } = sentence(news, run);
  return { message: cut(oneLine(message), 300), why: cut(oneLine(why), 1000), next };
}

function sentence(news: News, run: string): Wording {
  switch (news.event) {
    case 'failed':
    case 'blocked':
    case 'held':
      return taskSentence(news);
    case 'budget': {
      const why = budgetWords(news.budget);
      return { message: `budget: ${why}; ${budgetRemedy(news.budget)}`, why, next: `oompa runs show ${run}` };
    }
    case 'ended': {
      const { text: why } = runVerdict({ life: 'ended', counts: news.counts, why: news.why });
      const left = news.pending === 0 ? '' : `, ${counted(news.pending, 'task')} pending`;
      const cost = money(news.spent.costUsd);
      const message = `run ${run} ended: ${why}${left}${cost === '' ? '' : `, ${cost}`}`;
      return { message, why, next: `oompa runs show ${run}` };
    }
    default:
      return unreachable(news);
  }
}

function taskSentence({ event, record, end }: Extract<News, { event: 'failed' | 'blocked' | 'held' }>): Wording {
  const { task, attempt, turns } = record;
  const { what: why } = outcomeMessage(end.outcome, turns.at(-1) ?? { harness: 'the agent' });
  switch (event) {
    case 'failed': {
      const { usesAttempt } = fateOf(end.outcome, attempt - 1, end.attempts);
      const tried = usesAttempt ? ` (attempt ${String(attempt)} of ${String(end.attempts)})` : '';
      return { message: `${task} failed: ${cut(oneLine(why), 200)}${tried}`, why, next: `oompa tasks show ${task}` };
    }
    case 'blocked':
      return { message: `${task} asks: ${why}`, why, next: `oompa tasks answer ${task} "…"` };
    case 'held': {
      const held = end.outcome.kind === 'held' ? heldWords(end.outcome) : why;
      return { message: `${task} is approved and held: ${held}`, why: held, next: 'oompa land' };
    }
    default:
      return unreachable(event);
  }
}
