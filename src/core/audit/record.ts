import type { RunEvent } from '../event.ts';
import type { Outcome } from '../outcome.ts';
import type { RunLife } from '../run-state.ts';
import { iterationKey } from './facts.ts';
import type { IterationName, RecordedCommit, RecordedLanding, RecordedRun, TakenCommit } from './facts.ts';

/** Reads one run's log. Events of a foreign shape are passed over: a log may be torn, edited or of another version. */
export function recordRun(
  run: { readonly id: string; readonly life: RunLife },
  events: Iterable<RunEvent>,
): RecordedRun {
  const record: Draft = {
    ...run,
    branch: undefined,
    base: undefined,
    turns: 0,
    commits: [],
    landings: [],
    taken: [],
    outcomes: new Map(),
    claimed: new Map(),
  };
  for (const event of events) note(record, event);
  return record;
}

/** The record while it grows. */
interface Draft extends RecordedRun {
  branch: string | undefined;
  base: string | undefined;
  turns: number;
  readonly commits: RecordedCommit[];
  readonly landings: RecordedLanding[];
  readonly taken: TakenCommit[];
  readonly outcomes: Map<string, Outcome['kind']>;
  readonly claimed: Map<string, number>;
}

function note(record: Draft, event: RunEvent): void {
  if (event.type === 'run:started') {
    record.branch = textOf(event.branch);
    record.base = commitOf(event.base);
  }
  if (event.type === 'main:taken') {
    const commit = commitOf(event.commit);
    const { how, at, by } = event;
    if (commit !== undefined) {
      record.taken.push({ how, commit, by: textOf(by) ?? 'unknown', run: record.id, at, accepted: false });
    }
  }
  // A planner's turns have no task.
  if (event.type === 'turn:started' && event.task !== '') record.turns += 1;
  if (!('iteration' in event)) return;
  const of = iterationOf(record.id, event);
  if (of === undefined) return;
  if (event.type === 'task:claimed') record.claimed.set(of.task, event.generation);
  if (event.type === 'iteration:ended') {
    const kind = outcomeOf(event.outcome);
    if (kind !== undefined) record.outcomes.set(iterationKey(of), kind);
  }
  const commit = 'commit' in event ? commitOf(event.commit) : undefined;
  if (commit === undefined) return;
  if (event.type === 'work:committed') record.commits.push({ commit, of });
  if (event.type === 'work:rescued') {
    const ref = textOf(event.ref);
    record.commits.push({ commit, of, ...(ref === undefined ? {} : { ref }) });
  }
  if (event.type === 'landing:intended' || event.type === 'landing:landed') {
    record.landings.push({ commit, of, landed: event.type === 'landing:landed' });
  }
}

function iterationOf(run: string, of: Omit<IterationName, 'run'>): IterationName | undefined {
  const { worker, task, iteration } = of as Readonly<Record<keyof typeof of, unknown>>;
  if (typeof worker !== 'string' || typeof task !== 'string' || typeof iteration !== 'number') return undefined;
  return { run, worker, task, iteration };
}

/** Only what can be an object's id may be handed to git. */
function commitOf(value: unknown): string | undefined {
  return typeof value === 'string' && /^[0-9a-f]{40,64}$/.test(value) ? value : undefined;
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function outcomeOf(outcome: unknown): Outcome['kind'] | undefined {
  const kind: unknown = typeof outcome === 'object' && outcome !== null ? Reflect.get(outcome, 'kind') : undefined;
  return typeof kind === 'string' ? (kind as Outcome['kind']) : undefined;
}
