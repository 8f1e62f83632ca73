import type { EventMap, RunEnd, RunEvent } from '../core/event.ts';
import type { NoticeEvent } from '../core/notice.ts';
import type { IterationEnd, IterationRecord, RunState } from '../core/run-state.ts';
import { taskRows, type Standing } from '../core/run-tables.ts';
import { countStandings } from '../core/summary.ts';
import type { Usage } from '../core/usage.ts';

/** Something that people may want to be told of, as the run's log has it. */
export type News =
  /** An iteration is over, and its task needs a person. */
  | {
      readonly event: Extract<NoticeEvent, 'failed' | 'blocked' | 'held'>;
      readonly record: IterationRecord;
      readonly end: IterationEnd;
      /** Of all turns and reviews of the iteration. */
      readonly usage: Usage;
    }
  | { readonly event: 'budget'; readonly budget: Budget }
  | {
      readonly event: 'ended';
      readonly why: RunEnd;
      /** Tasks that are left. */
      readonly pending: number;
      /** Where the tasks stand that the run claimed. */
      readonly counts: Readonly<Record<Standing, number>>;
      readonly spent: Usage;
    };

/** A budget that is reached. One turn's ends that turn, and its task's outcome tells what came of it. */
type Budget = EventMap['budget:reached'] & { readonly scope: 'run' | 'pool' | 'task' };

/** What `event` tells people; undefined for most. `state`: the run as it is after it. */
export function newsOf(event: RunEvent, state: RunState): News | undefined {
  if (event.type === 'iteration:ended') return newsOfTask(event, state);
  if (event.type === 'budget:reached') {
    const { scope, name, what, limit, spent, hard } = event;
    return scope === 'turn' ? undefined : { event: 'budget', budget: { scope, name, what, limit, spent, hard } };
  }
  if (event.type !== 'run:ended') return undefined;
  const counts = countStandings(taskRows(state));
  return { event: 'ended', why: event.why, pending: event.pending, counts, spent: state.spent };
}

function newsOfTask({ transition, usage }: EventMap['iteration:ended'], state: RunState): News | undefined {
  const about = needsPerson[transition];
  const record = state.iterations.at(-1);
  if (about === undefined || record?.ended === undefined) return undefined;
  // What waits for the checkout is tried again and again; that it still waits for the same is no news.
  if (about === 'held' && waitedAlready(record, state)) return undefined;
  return { event: about, record, end: record.ended, usage };
}

const needsPerson = {
  fail: 'failed',
  block: 'blocked',
  stay: 'held',
  complete: undefined,
  release: undefined,
  none: undefined,
} as const;

function waitedAlready(record: IterationRecord, state: RunState): boolean {
  const before = state.iterations.findLast((each) => each.task === record.task && each !== record);
  return before?.ended?.transition === 'stay' && hindrance(before) === hindrance(record);
}

function hindrance({ ended }: IterationRecord): string {
  return ended?.outcome.kind === 'held' ? JSON.stringify([ended.outcome.why, [...ended.outcome.paths].sort()]) : '';
}
