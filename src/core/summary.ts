import { agentRows, msBetween, taskRows, workerRows } from './run-tables.ts';
import { failureCounts } from './failure-table.ts';
import type { FailureRow } from './failure-table.ts';
import type { AdvanceRecord, IterationRecord, RetryRecord, RunState } from './run-state.ts';
import { agentName } from './run-state.ts';
import type { Standing, TaskRow, WorkerRow } from './run-tables.ts';
import type { Usage } from './usage.ts';

/** The shape of `summary.json`: a fold of the events, rewritten as the run goes. Times are ISO 8601, UTC; `ms` are milliseconds. */
export interface Summary {
  readonly run: string;
  readonly version: string;
  readonly branch: string;
  /** Main when the run started, and as far as the run moved it. */
  readonly base: string;
  readonly main: string;
  readonly started_at: string;
  /** Null while the run goes on, and for ever when it was cut off. */
  readonly ended_at: string | null;
  readonly ended_because: string | null;
  readonly ms: number;
  readonly pending: number;
  /** How many of `tasks` stand where. */
  readonly counts: Readonly<Record<Standing, number>>;
  readonly spent: SpentSummary;
  readonly tasks: readonly TaskSummary[];
  readonly workers: readonly WorkerSummary[];
  /** What really ran, by harness and model. */
  readonly agents: readonly AgentSummary[];
  /** Failed turns and reviews by kind. */
  readonly failures: readonly FailureRow[];
  readonly problems: readonly string[];
}

/** Tokens and US dollars; `cost_usd` is null when no CLI reported a cost. */
export interface SpentSummary {
  readonly tokens_in: number;
  readonly tokens_out: number;
  readonly cost_usd: number | null;
}

/** One task; sums are over all its iterations in this run. */
export interface TaskSummary extends SpentSummary {
  readonly id: string;
  readonly title: string;
  readonly standing: Standing;
  /** Outcome of the last iteration; null while it goes on. */
  readonly outcome: string | null;
  readonly failure: { readonly kind: string; readonly detail: string } | null;
  readonly worker: string;
  readonly attempt: number;
  readonly rounds: number;
  readonly turns: number;
  readonly ms: number;
  readonly commit: string | null;
  readonly rescue: string | null;
  readonly question: string | null;
  readonly iterations: readonly IterationSummary[];
}

/** One iteration of a task. `reviews` have paths relative to the run's folder. */
export interface IterationSummary {
  readonly worker: string;
  readonly iteration: number;
  readonly outcome: string | null;
  readonly turns: readonly {
    agent: string;
    ending: string;
    signal: string | null;
    failure: string | null;
    ms: number;
  }[];
  readonly reviews: readonly {
    round: number;
    reviewer: string;
    verdict: string;
    summary: string;
    log: string;
    ms: number;
  }[];
  readonly checks: readonly { command: string; result: string; ms: number }[];
  /** Further tries of turns and reviews, and the steps along their chains. */
  readonly retries: readonly RetryRecord[];
  readonly advances: readonly AdvanceRecord[];
}

/** One worker, and what it does now. */
export interface WorkerSummary extends SpentSummary {
  readonly name: string;
  readonly doing: string;
  readonly task: string | null;
  readonly iterations: number;
  readonly landed: number;
  readonly rejected: number;
  readonly failed: number;
  readonly turns: number;
  readonly busy_ms: number;
  /** 0 to 1. */
  readonly busy: number;
}

/** One harness and model. */
export interface AgentSummary extends SpentSummary {
  readonly agent: string;
  readonly turns: number;
  readonly reviews: number;
  readonly failed: number;
  readonly ms: number;
}

/** The summary of a run as far as its log goes. */
export function summarise(state: RunState): Summary {
  const tasks = taskRows(state);
  return {
    run: state.head?.run ?? '',
    version: state.head?.version ?? '',
    branch: state.head?.branch ?? '',
    base: state.head?.base ?? '',
    main: state.main ?? '',
    started_at: state.head?.at ?? '',
    ended_at: state.end?.at ?? null,
    ended_because: state.end?.why ?? null,
    ms: msBetween(state.head?.at, state.end?.at ?? state.lastAt),
    pending: state.pending,
    counts: countStandings(tasks),
    spent: spent(state.spent),
    tasks: tasks.map(taskSummary),
    workers: workerRows(state).map(workerSummary),
    agents: agentRows(state).map(({ usage, ...row }) => ({ ...row, ...spent(usage) })),
    failures: failureCounts(state),
    problems: state.problems.map(({ message }) => message),
  };
}

/** How many tasks stand where. */
export function countStandings(tasks: readonly Pick<TaskRow, 'standing'>[]): Record<Standing, number> {
  const counts = { landed: 0, proposed: 0, held: 0, asks: 0, failed: 0, back: 0, lost: 0, open: 0 };
  for (const { standing } of tasks) counts[standing]++;
  return counts;
}

function taskSummary(row: TaskRow): TaskSummary {
  const outcome = row.last.ended?.outcome;
  return {
    id: row.task,
    title: row.title,
    standing: row.standing,
    outcome: outcome?.kind ?? null,
    failure: outcome?.kind === 'agent-failed' ? outcome.failure : null,
    worker: row.worker,
    attempt: row.attempt,
    rounds: row.rounds,
    turns: row.turns,
    ms: row.ms,
    ...spent(row.usage),
    commit: row.commit ?? null,
    rescue: row.rescue ?? null,
    question: outcome?.kind === 'needs-input' ? outcome.question : null,
    iterations: row.iterations.map(iterationSummary),
  };
}

function iterationSummary(record: IterationRecord): IterationSummary {
  return {
    worker: record.worker,
    iteration: record.iteration,
    outcome: record.ended?.outcome.kind ?? null,
    turns: record.turns.map((turn) => ({
      agent: agentName(turn),
      ending: turn.ending,
      signal: turn.signal ?? null,
      failure: turn.failure?.kind ?? null,
      ms: turn.ms,
    })),
    reviews: record.reviews.map(({ round, reviewer, verdict, summary, log, ms }) => ({
      round,
      reviewer,
      verdict,
      summary,
      log,
      ms,
    })),
    checks: record.checks.map(({ command, result, ms }) => ({ command, result, ms })),
    retries: record.retries,
    advances: record.advances,
  };
}

function workerSummary(row: WorkerRow): WorkerSummary {
  return {
    name: row.worker.name,
    doing: row.worker.doing.kind,
    task: row.worker.iteration?.task ?? null,
    iterations: row.iterations,
    landed: row.landed,
    rejected: row.rejected,
    failed: row.failed,
    turns: row.turns,
    busy_ms: row.busyMs,
    busy: Math.round(row.busy * 100) / 100,
    ...spent(row.usage),
  };
}

function spent({ input, output, costUsd }: Usage): SpentSummary {
  return { tokens_in: input, tokens_out: output, cost_usd: costUsd ?? null };
}
