import type { IterationRecord, RunState, WorkerState } from './run-state.ts';
import { agentName } from './run-state.ts';
import type { Usage } from './usage.ts';
import { addUsage, noUsage } from './usage.ts';

/** Where a task that a run claimed stands now, as far as the run's log tells. */
export type Standing =
  | 'landed'
  /** Its work was new tasks. */
  | 'proposed'
  /** Approved, but the user's checkout is in the way. */
  | 'held'
  /** Waits for its owner's answer. */
  | 'asks'
  | 'failed'
  /** Pending again. */
  | 'back'
  /** Somebody else owns it by now. */
  | 'lost'
  /** In the middle of an iteration: still, or when the run was cut off. */
  | 'open';

/** One task of a run; sums are over all iterations that the run gave it. */
export interface TaskRow {
  readonly task: string;
  readonly title: string;
  readonly standing: Standing;
  /** The last one that took it. */
  readonly worker: string;
  readonly attempt: number;
  readonly turns: number;
  readonly rounds: number;
  /** From claims to outcomes; an open iteration counts up to the log's last event. */
  readonly ms: number;
  readonly usage: Usage;
  /** On main when landed, else the last commit of the work. */
  readonly commit: string | undefined;
  readonly rescue: string | undefined;
  readonly iterations: readonly IterationRecord[];
  readonly last: IterationRecord;
}

/** One worker of a run. */
export interface WorkerRow {
  readonly worker: WorkerState;
  readonly iterations: number;
  readonly landed: number;
  /** By its reviewer: the approach, or the last allowed round. */
  readonly rejected: number;
  readonly failed: number;
  readonly turns: number;
  /** Time in iterations and in planning. */
  readonly busyMs: number;
  /** 0 to 1, of the time between the worker's start and its end. */
  readonly busy: number;
  readonly usage: Usage;
}

/** One harness and model, and what it was used for. */
export interface AgentRow {
  readonly agent: string;
  readonly turns: number;
  readonly reviews: number;
  readonly failed: number;
  readonly ms: number;
  readonly usage: Usage;
}

/** The tasks that the run claimed, in the order of their first claims' ends; open ones last. */
export function taskRows(state: RunState): TaskRow[] {
  const byTask = new Map<string, [IterationRecord, ...IterationRecord[]]>();
  for (const record of allIterations(state)) {
    const earlier = byTask.get(record.task);
    if (earlier === undefined) byTask.set(record.task, [record]);
    else earlier.push(record);
  }
  return [...byTask.values()].map((records) => taskRow(state, records));
}

/** The workers, in the order of the config. */
export function workerRows(state: RunState): WorkerRow[] {
  const records = allIterations(state);
  return state.workers.map((worker) =>
    workerRow(
      state,
      worker,
      records.filter((record) => record.worker === worker.name),
    ),
  );
}

/** What really ran, most used first. */
export function agentRows(state: RunState): AgentRow[] {
  return agentRowsOf([...allIterations(state), { turns: state.planning.turns, reviews: [] }]);
}

/** The same of some iterations. */
export function agentRowsOf(iterations: readonly Pick<IterationRecord, 'turns' | 'reviews'>[]): AgentRow[] {
  const rows = new Map<string, AgentRow>();
  const add = (agent: string, part: Omit<AgentRow, 'agent'>): void => {
    const row = rows.get(agent) ?? { agent, turns: 0, reviews: 0, failed: 0, ms: 0, usage: noUsage };
    rows.set(agent, {
      agent,
      turns: row.turns + part.turns,
      reviews: row.reviews + part.reviews,
      failed: row.failed + part.failed,
      ms: row.ms + part.ms,
      usage: addUsage(row.usage, part.usage),
    });
  };
  for (const { turns, reviews } of iterations) {
    for (const turn of turns) {
      add(agentName(turn), {
        turns: 1,
        reviews: 0,
        failed: turn.ending === 'failed' ? 1 : 0,
        ms: turn.ms,
        usage: turn.usage,
      });
    }
    for (const { reviewer, verdict, ms, usage } of reviews) {
      add(reviewer, { turns: 0, reviews: 1, failed: verdict === 'failed' ? 1 : 0, ms, usage });
    }
  }
  return [...rows.values()].sort((a, b) => b.turns + b.reviews - (a.turns + a.reviews));
}

/** The last iteration of each task, in the order of their ends: cheap enough to be asked for every frame of a long run. */
export function lastIterations(state: RunState): IterationRecord[] {
  const byTask = new Map<string, IterationRecord>();
  for (const record of allIterations(state)) {
    byTask.delete(record.task);
    byTask.set(record.task, record);
  }
  return [...byTask.values()];
}

/** Ended ones in order, then the open ones. */
export function allIterations(state: RunState): IterationRecord[] {
  return [...state.iterations, ...state.workers.flatMap(({ iteration }) => iteration ?? [])];
}

/** Tokens and cost of the turns and reviews of an iteration so far. */
export function usageOf({ turns, reviews }: Pick<IterationRecord, 'turns' | 'reviews'>): Usage {
  return [...turns, ...reviews].reduce((sum, { usage }) => addUsage(sum, usage), noUsage);
}

/** Milliseconds between two times of a log, never negative; 0 when one is missing. */
export function msBetween(from: string | undefined, to: string | undefined): number {
  if (from === undefined || to === undefined) return 0;
  return Math.max(0, Date.parse(to) - Date.parse(from));
}

/** Where the task of this iteration stands after it. */
export function standingOf({ ended, landing, held }: Pick<IterationRecord, 'ended' | 'landing' | 'held'>): Standing {
  if (ended === undefined) return landing !== undefined ? 'landed' : held !== undefined ? 'held' : 'open';
  switch (ended.transition) {
    case 'complete':
      return ended.outcome.kind === 'proposed' ? 'proposed' : 'landed';
    case 'stay':
      return 'held';
    case 'block':
      return 'asks';
    case 'fail':
      return 'failed';
    case 'release':
      return 'back';
    case 'none':
      return 'lost';
    default:
      // A word of a newer version: where the task stands is not known.
      ended.transition satisfies never;
      return 'open';
  }
}

function taskRow(state: RunState, records: readonly [IterationRecord, ...IterationRecord[]]): TaskRow {
  const last = records.at(-1) ?? records[0];
  const sum = (count: (record: IterationRecord) => number) =>
    records.reduce((total, record) => total + count(record), 0);
  return {
    task: last.task,
    title: last.title,
    standing: standingOf(last),
    worker: last.worker,
    attempt: last.attempt,
    turns: sum(({ turns }) => turns.length),
    rounds: sum(roundsOf),
    ms: sum((record) => msOf(state, record)),
    usage: records.reduce((total, record) => addUsage(total, usageOf(record)), noUsage),
    commit: last.landing?.commit ?? last.held?.commit ?? last.work?.commit,
    rescue: last.rescue,
    iterations: records,
    last,
  };
}

/** Reviewers that were asked because another one failed are in the same round. */
function roundsOf({ reviews }: IterationRecord): number {
  return new Set(reviews.map(({ round }) => round)).size;
}

function msOf(state: RunState, { claimedAt, ended }: IterationRecord): number {
  return ended?.ms ?? msBetween(claimedAt, state.lastAt);
}

function workerRow(state: RunState, worker: WorkerState, records: readonly IterationRecord[]): WorkerRow {
  const count = (matches: (record: IterationRecord) => boolean) => records.filter(matches).length;
  const planned = state.planning.turns.filter((turn) => turn.worker === worker.name);
  const planningMs = planned.reduce((total, { ms }) => total + ms, 0);
  const busyMs = records.reduce((total, record) => total + msOf(state, record), planningMs);
  const span = msBetween(worker.startedAt ?? state.head?.at, worker.stoppedAt ?? state.end?.at ?? state.lastAt);
  return {
    worker,
    iterations: records.length,
    landed: count((record) => standingOf(record) === 'landed'),
    rejected: count(wasRejected),
    failed: count(
      (record) => ['failed', 'back'].includes(standingOf(record)) && !wasRejected(record) && !wasStopped(record),
    ),
    turns: records.reduce((total, { turns }) => total + turns.length, planned.length),
    busyMs,
    busy: span === 0 ? 0 : Math.min(1, busyMs / span),
    usage: records.reduce(
      (total, record) => addUsage(total, usageOf(record)),
      usageOf({ turns: planned, reviews: [] }),
    ),
  };
}

function wasRejected({ ended }: IterationRecord): boolean {
  return ended?.outcome.kind === 'rejected' || ended?.outcome.kind === 'rounds-exhausted';
}

function wasStopped({ ended }: IterationRecord): boolean {
  return ended?.outcome.kind === 'interrupted';
}
