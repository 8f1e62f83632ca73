import type { RunEvent } from '../core/event.ts';
import type { IterationRecord } from '../core/run-state.ts';
import { serverWords } from '../core/limit-words.ts';
import { fateOf } from '../core/outcome.ts';
import { distrustWords, stashWords, trespassWords } from '../core/trespass.ts';
import type { Usage } from '../core/usage.ts';
import { budgetWords } from './budget-words.ts';
import { besideWords, failureMessage, heldWords, outcomeMessage } from './phrases.ts';
import { clockTime, counted, cut, left, oneLine, shortCommit, spokenTime, tokenCount, wordFor } from './text.ts';

/** What one line of the plain view says: `at  label  text`. */
export interface EventLine {
  readonly at: string;
  readonly label: string;
  readonly text: string;
}

/** `14:02:00 claim   builders-1 add-login: Add a login form`. */
export function lineText({ at, label, text }: EventLine): string {
  return `${clockTime(at)} ${left(label, 7)} ${text}`;
}

/**
 * The line for an event, or undefined when a person need not hear of it. `going` is the iteration that the event belongs
 * to, as it was before the event; `files` = how many a turn changed, where that is known by now.
 */
export function eventLine(event: RunEvent, going: IterationRecord | undefined, files?: number): EventLine | undefined {
  try {
    return lineOf(event, going, files);
  } catch {
    // The log may be of another version, or edited: an event of a foreign shape tells nothing.
    return undefined;
  }
}

function lineOf(event: RunEvent, going: IterationRecord | undefined, files: number | undefined): EventLine | undefined {
  const line = (label: string, text: string): EventLine => ({ at: event.at, label, text: cut(oneLine(text), 300) });
  const of = 'task' in event && 'worker' in event ? `${`${event.worker} ${event.task}`.trim()}: ` : '';
  switch (event.type) {
    case 'run:started':
      return line(
        'run',
        `${event.run}: ${counted(event.workers.length, 'worker')}, ${counted(event.pending, 'task')} pending, ${event.branch} ${shortCommit(event.base)}${besideOf(event)}`,
      );
    case 'run:draining':
      return line('run', `takes no new tasks: ${event.why}`);
    case 'worker:waiting':
      return line('wait', `${event.worker}: ${event.why}`);
    case 'worker:stopped':
      return line('stop', `${event.worker}: ${event.why}`);
    case 'task:unreadable':
      return line('bad', `${event.path}:${String(event.line)}:${String(event.column)} ${event.message}`);
    case 'task:refused':
      return line(
        'bad',
        `${event.path}:${String(event.line)}:${String(event.column)} ${event.message} (by ${event.by})`,
      );
    case 'task:recovered':
      return line('recover', `${event.task}: ${wordFor(recoveries, event.how)}`);
    case 'task:claimed':
      return line('claim', `${of}${event.title}${event.attempt > 1 ? ` (try ${String(event.attempt)})` : ''}`);
    case 'task:added':
      return line('new', `${event.by}: ${event.task}: ${event.title}`);
    case 'setup:ended':
      return event.passed ? undefined : line('setup', `${of}${event.command} failed after ${spokenTime(event.ms)}`);
    case 'turn:ended':
      return line('turn', `${of}turn ${String(event.turn)} ${turnWords(event, files)}`);
    case 'work:sent-back':
      // A reviewer's, a check's and a conflict's own lines have said it.
      return event.feedback.source === 'scope' || event.feedback.source === 'commit'
        ? line('back', `${of}sent back by oompa: ${event.feedback.text}`)
        : undefined;
    case 'review:ended':
      return line('review', `${of}round ${String(event.round)} ${reviewWords(event)}`);
    case 'verify:waiting':
      return line('wait', `${of}${event.why}`);
    case 'verify:ended':
      return line('verify', `${of}${event.command} ${verifyWords(event)}`);
    case 'landing:landed':
      return line('land', `${of}${shortCommit(event.commit)}`);
    case 'landing:held':
      return line('held', `${of}${heldWords(event)}; then: oompa land`);
    case 'landing:conflicted':
      return line('merge', `${of}conflicts with main in ${event.paths.join(', ')}`);
    case 'iteration:ended':
      return endLine(event, going, line);
    case 'planner:started':
      return line('plan', `${event.worker}: ${counted(event.pending, 'task')} pending`);
    case 'planner:ended':
      return line(
        'plan',
        `${event.worker}: added ${counted(event.added, 'task')}${event.why === '' ? '' : `; ${event.why}`}`,
      );
    case 'turn:warned':
      return line(
        'warn',
        `${of}${event.why === 'silent' ? 'silent' : 'near its time limit'}; ended in ${spokenTime(event.leftMs)} if that goes on`,
      );
    case 'retry:planned':
      return line(
        'retry',
        `${of}${event.agent}: ${event.failure.kind}; try ${String(event.try)}${event.afterMs === 0 ? '' : ` in ${spokenTime(event.afterMs)}`}`,
      );
    case 'retry:succeeded':
      return line('retry', `${of}${event.agent}: try ${String(event.try)} succeeded`);
    case 'chain:advanced':
      return line('next', `${of}${event.to} instead of ${event.agent}: ${event.why}`);
    case 'limit:waiting':
      return line('wait', `${of}${event.why}${event.until === undefined ? '' : `, until ${clockTime(event.until)}`}`);
    case 'agent:limited':
      return line(
        'limit',
        `${event.agent}: ${event.why}${event.until === undefined ? '' : `, until ${clockTime(event.until)}`}`,
      );
    case 'budget:reached':
      return line('budget', budgetWords(event));
    case 'server:changed':
      return line('server', serverWords(event));
    case 'checkout:touched':
      return line('guard', trespassWords(event));
    case 'main:taken':
      return line('guard', distrustWords(event, event.branch));
    case 'stash:kept':
      return line('guard', stashWords(event));
    case 'problem:seen':
      return line('problem', event.message);
    // The end of a run is told by its summary; the rest is for the log.
    case 'run:ended':
    case 'worker:started':
    case 'worktree:ready':
    case 'turn:started':
    case 'turn:said':
    case 'work:committed':
    case 'work:rescued':
    case 'review:started':
    case 'verify:started':
    case 'landing:intended':
      return undefined;
    default:
      event satisfies never;
      return undefined;
  }
}

type EventOf<Type extends RunEvent['type']> = Extract<RunEvent, { type: Type }>;

const recoveries = {
  completed: 'its work is on main already; completed',
  released: 'left by a run that was cut off; pending again',
  held: 'still waits for your checkout',
} as const;

function turnWords(
  { task, ending, signal, failure, recovered, harness, model, ms, usage }: EventOf<'turn:ended'>,
  files: number | undefined,
): string {
  const changed = files === undefined ? '' : `, ${counted(files, 'file')}`;
  const figures = `after ${spokenTime(ms)}${changed}${tokensOf(usage)}`;
  const late = recovered === true ? '; it did not exit, and was ended' : '';
  if (ending === 'answered') return `${signal ?? (task === '' ? 'ended' : 'ended without a signal')} ${figures}${late}`;
  const { kind, detail } = failure ?? { kind: 'unknown', detail: '' };
  const { what } = failureMessage(kind, { harness, ...(model === undefined ? {} : { model }) });
  return `failed ${figures}: ${what}${detail === '' ? '' : `: ${detail}`}`;
}

function reviewWords({ verdict, summary, reviewer }: EventOf<'review:ended'>): string {
  switch (verdict) {
    case 'approved':
      return 'approved';
    case 'needs-changes':
      return `needs changes: ${summary}`;
    case 'rejected':
      return `rejected: ${summary}`;
    case 'ambiguous':
      return `gave no verdict: ${reviewer}: ${summary}`;
    case 'failed':
      return `failed: ${reviewer}: ${summary}`;
    default:
      return verdict satisfies never;
  }
}

function verifyWords({ result, ms, detail }: EventOf<'verify:ended'>): string {
  switch (result) {
    case 'passed':
      return `passed in ${spokenTime(ms)}`;
    case 'failed':
      return `failed after ${spokenTime(ms)}: ${detail}`;
    case 'could-not-run':
      return `could not be run: ${detail}`;
    default:
      return result satisfies never;
  }
}

function endLine(
  event: EventOf<'iteration:ended'>,
  going: IterationRecord | undefined,
  line: (label: string, text: string) => EventLine,
): EventLine | undefined {
  const { outcome, transition, worker, task, attempt, attempts } = event;
  const { what } = outcomeMessage(outcome, going?.turns.at(-1) ?? { harness: 'the agent' });
  const kept = going?.rescue === undefined ? '' : `; work kept (oompa rescue show ${task})`;
  const { usesAttempt } = fateOf(outcome, attempt - 1, attempts);
  const tried = !usesAttempt ? '' : `, attempt ${String(attempt)} of ${String(attempts)}`;
  const text = `${worker} ${task}: ${cut(oneLine(what), 160)}`;
  switch (transition) {
    case 'complete':
      return outcome.kind === 'proposed' ? line('done', text) : undefined;
    case 'stay':
      return undefined;
    case 'block':
      return line('ask', `${text} (oompa tasks answer ${task} "…")`);
    case 'fail':
      return line('fail', `${text}${tried}${kept}`);
    case 'release':
      return line('back', `${text}${tried}${kept}`);
    case 'none':
      return line('lost', `${text}${kept}`);
  }
}

function besideOf({ beside }: EventOf<'run:started'>): string {
  const words = besideWords(beside);
  return words === '' ? '' : `; ${words}`;
}

function tokensOf({ input, output }: Usage): string {
  return input + output === 0 ? '' : `, ${tokenCount(input + output)} tokens`;
}
