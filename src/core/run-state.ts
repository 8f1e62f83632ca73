import type { AgentRole } from './asking-events.ts';
import type { EventMap, RunEnd, WorkerInfo } from './event.ts';
import type { FailureKind } from './failure.ts';
import type { Feedback, PromptKind } from './iteration.ts';
import type { Fate, Outcome } from './outcome.ts';
import type { Usage } from './usage.ts';
import { noUsage } from './usage.ts';

/** Everything that any view of a run needs, folded from its events by `foldRun`. Plain data; times are ISO 8601, UTC. */
export interface RunState {
  /** Undefined until `run:started` was seen. */
  readonly head: RunHead | undefined;
  /** When the last event was written. */
  readonly lastAt: string | undefined;
  /** Why the run takes no new tasks any more. */
  readonly draining: string | undefined;
  readonly end: { readonly at: string; readonly why: RunEnd } | undefined;
  /** The tip of main as far as this run moved it. */
  readonly main: string | undefined;
  /** Pending tasks, counted from the start's figure: edits by hand while the run goes are not in it. */
  readonly pending: number;
  readonly workers: readonly WorkerState[];
  /** Those that have ended, in order. */
  readonly iterations: readonly IterationRecord[];
  readonly planning: {
    readonly rounds: number;
    readonly added: number;
    /** Turns of planners belong to no task. */
    readonly turns: readonly (TurnRecord & { readonly worker: string })[];
  };
  readonly added: readonly EventMap['task:added'][];
  readonly recovered: readonly EventMap['task:recovered'][];
  readonly badFiles: readonly BadFile[];
  readonly problems: readonly { readonly at: string; readonly message: string }[];
  /** What became known of the limits of agents, in order. */
  readonly limited: readonly EventMap['agent:limited'][];
  readonly budgets: readonly EventMap['budget:reached'][];
  /** Turns, reviews and planning together. */
  readonly spent: Usage;
}

/**
 * Whether a run goes on. The log alone can't tell `crashed` (no end, and its process is gone) from `live`: who reads it
 * looks for the process. `starting`: it has a record, and its process has written nothing yet.
 */
export type RunLife = 'starting' | 'live' | 'ended' | 'crashed';

/** Whether the run has a process, as far as can be known. */
export function goesOn(life: RunLife): boolean {
  return life === 'live' || life === 'starting';
}

/** What `run:started` said. */
export type RunHead = EventMap['run:started'] & { readonly at: string };

/** A task file that could not be read, or a proposed one that was refused (`by` its planner). */
export type BadFile = EventMap['task:unreadable'] & { readonly by?: string };

/** One worker. */
export interface WorkerState extends WorkerInfo {
  readonly startedAt: string | undefined;
  readonly stoppedAt: string | undefined;
  readonly doing: Doing;
  /** When it began with what it does now. */
  readonly since: string | undefined;
  /** The iteration in progress. */
  readonly iteration: IterationRecord | undefined;
  /** The last thing that its agent said or did in this iteration. */
  readonly said: string | undefined;
}

/** What a worker does now. */
export type Doing =
  | { readonly kind: 'idle' }
  | { readonly kind: 'waiting'; readonly why: string }
  | { readonly kind: 'planning' }
  /** Making the worktree, running `setup`. */
  | { readonly kind: 'preparing' }
  | { readonly kind: 'turn'; readonly turn: number; readonly agent: string; readonly prompt: PromptKind }
  | { readonly kind: 'committing' }
  | {
      readonly kind: 'review';
      readonly round: number;
      readonly maxRounds: number | undefined;
      readonly reviewer: string;
    }
  | { readonly kind: 'verify'; readonly command: string }
  /** Approved: waits for its place in the landing queue, or moves main. */
  | { readonly kind: 'landing' }
  /** Between two steps. */
  | { readonly kind: 'between' }
  | { readonly kind: 'stopped'; readonly why: string };

/** One claimed task from claim to outcome. */
export interface IterationRecord {
  readonly worker: string;
  readonly task: string;
  readonly iteration: number;
  readonly title: string;
  readonly attempt: number;
  readonly claimedAt: string;
  readonly branch: string | undefined;
  readonly base: string | undefined;
  /** What really ran, in order. */
  readonly turns: readonly TurnRecord[];
  readonly reviews: readonly ReviewRecord[];
  readonly checks: readonly CheckRecord[];
  readonly retries: readonly RetryRecord[];
  readonly advances: readonly AdvanceRecord[];
  readonly sentBack: readonly Feedback[];
  readonly work:
    { readonly commit: string; readonly files: number; readonly added: number; readonly deleted: number } | undefined;
  readonly landing: { readonly commit: string; readonly title: string; readonly at: string } | undefined;
  readonly held: { readonly commit: string; readonly paths: readonly string[]; readonly why: string } | undefined;
  readonly conflicts: number;
  /** The ref that keeps work which is not on main. */
  readonly rescue: string | undefined;
  /** Undefined while it goes on, or when the run was cut off in it. */
  readonly ended: IterationEnd | undefined;
}

/** What `iteration:ended` said. */
export interface IterationEnd {
  readonly at: string;
  readonly outcome: Outcome;
  readonly transition: Fate['transition'];
  /** `limits.attempts`. */
  readonly attempts: number;
  readonly ms: number;
}

/** One turn that has ended. */
export type TurnRecord = Pick<
  EventMap['turn:ended'],
  'turn' | 'try' | 'harness' | 'model' | 'ending' | 'recovered' | 'signal' | 'failure' | 'said' | 'usage' | 'ms'
>;

/** One review that has ended. `log` and `diff` are relative to the run's folder. */
export type ReviewRecord = Pick<
  EventMap['review:ended'],
  'round' | 'try' | 'reviewer' | 'verdict' | 'summary' | 'failure' | 'log' | 'commit' | 'diff' | 'usage' | 'ms'
>;

/** One further try of a turn. */
export interface RetryRecord {
  readonly role: AgentRole;
  readonly agent: string;
  /** Why there was one. */
  readonly failure: FailureKind;
  readonly try: number;
  /** It brought a result. */
  readonly succeeded: boolean;
}

/** One step along a chain. */
export interface AdvanceRecord {
  readonly role: AgentRole;
  readonly from: string;
  readonly to: string;
  readonly why: string;
}

/** One verify command that has ended. */
export type CheckRecord = Pick<EventMap['verify:ended'], 'command' | 'tree' | 'result' | 'detail' | 'ms'>;

/** A run of which nothing is known yet. */
export const emptyRun: RunState = {
  head: undefined,
  lastAt: undefined,
  draining: undefined,
  end: undefined,
  main: undefined,
  pending: 0,
  workers: [],
  iterations: [],
  planning: { rounds: 0, added: 0, turns: [] },
  added: [],
  recovered: [],
  badFiles: [],
  problems: [],
  limited: [],
  budgets: [],
  spent: noUsage,
};

/** A worker of which only the name and its harness are known. */
export function newWorker(info: WorkerInfo): WorkerState {
  return {
    ...info,
    startedAt: undefined,
    stoppedAt: undefined,
    doing: { kind: 'idle' },
    since: undefined,
    iteration: undefined,
    said: undefined,
  };
}

/** An iteration at its claim. */
export function newIteration(
  claim: Pick<EventMap['task:claimed'], 'worker' | 'task' | 'iteration' | 'title' | 'attempt'>,
  at: string,
): IterationRecord {
  return {
    worker: claim.worker,
    task: claim.task,
    iteration: claim.iteration,
    title: claim.title,
    attempt: claim.attempt,
    claimedAt: at,
    branch: undefined,
    base: undefined,
    turns: [],
    reviews: [],
    checks: [],
    retries: [],
    advances: [],
    sentBack: [],
    work: undefined,
    landing: undefined,
    held: undefined,
    conflicts: 0,
    rescue: undefined,
    ended: undefined,
  };
}

/** The harness and its model, as logs name them: `claude sonnet`. */
export function agentName({ harness, model }: { readonly harness: string; readonly model?: string }): string {
  return model === undefined ? harness : `${harness} ${model}`;
}
