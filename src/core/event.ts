import type { AskingEvents, FailureNote, Of } from './asking-events.ts';
import type { Feedback, PromptKind } from './iteration.ts';
import type { Fate, Outcome } from './outcome.ts';
import type { TrespassEvents } from './trespass-events.ts';
import type { Usage } from './usage.ts';

/** A worker as the run log introduces it. */
export interface WorkerInfo {
  readonly name: string;
  readonly pool: string;
  readonly harness: string;
  readonly model?: string;
}

/**
 * The version of the event format. What readers may rely on: every line is one JSON object with `at` and `type`; what is
 * required is there, and means the same for good; `run:started` names the version, and comes before any worker begins.
 * New events, new fields and new words of a closed list keep the number: pass over what you do not know, and a last line
 * that is cut off. Anything else is another version.
 */
export const eventFormat = 1;

/**
 * Every event of a run, `noun:verb`, written after the act that it tells of.
 * `events.jsonl` holds one a line with `at` (ISO 8601, UTC) and `type`; all views are folds of these.
 * The published JSON Schema (`oompa schema events`) is made of these types and comments.
 */
export interface EventMap extends AskingEvents, TrespassEvents {
  /** The head of a run, before any worker begins. */
  'run:started': {
    /** The version of the event format, a whole number; missing in logs older than the first version. */
    readonly schema?: number;
    /** The run's id. */
    readonly run: string;
    /** The version of oompa. */
    readonly version: string;
    readonly pid: number;
    readonly host: string;
    /** What work lands on. */
    readonly branch: string;
    /** The commit at its tip. */
    readonly base: string;
    readonly workers: readonly WorkerInfo[];
    /** Pending tasks at the start. */
    readonly pending: number;
    /** Other runs that are live in this workspace: they share its queue. */
    readonly beside?: readonly string[];
    /** What the config allows this run to spend. */
    readonly maxCostUsd?: number;
    readonly maxTokens?: number;
  };
  /** Nothing new is begun; what is at work ends its turn. */
  'run:draining': { readonly why: string };
  /** The end of a run, unless it was killed. `pending`: tasks that are left. */
  'run:ended': { readonly why: RunEnd; readonly pending: number };

  /** It looks for work from now on. */
  'worker:started': { readonly worker: string };
  /** Nothing is ready: `waiting` pending tasks wait for others. */
  'worker:waiting': { readonly worker: string; readonly why: string };
  /** It claims nothing more in this run. */
  'worker:stopped': { readonly worker: string; readonly why: string };

  /** A task file that nobody can claim before it is mended. */
  'task:unreadable': {
    readonly path: string;
    readonly line: number;
    readonly column: number;
    readonly message: string;
  };
  /** What an ended run had left in `current/` found its place. */
  'task:recovered': { readonly task: string; readonly how: 'completed' | 'released' | 'held' };
  /** An iteration begins. */
  'task:claimed': Of & {
    readonly title: string;
    /** Grows with every claim of the task, in any run. */
    readonly generation: number;
    /** 1, 2, 3 … up to `limits.attempts`. */
    readonly attempt: number;
    /** `held`: approved work that waits in `current/` is tried again. */
    readonly from: 'pending' | 'held';
  };
  /** An agent proposed a task, and it is in the queue. */
  'task:added': { readonly task: string; readonly title: string; readonly by: string };
  /** An agent proposed a task that can't be taken. */
  'task:refused': {
    readonly path: string;
    readonly line: number;
    readonly column: number;
    readonly message: string;
    readonly by: string;
  };

  /** The iteration has its worktree, on a branch of its own made of `base`. */
  'worktree:ready': Of & { readonly branch: string; readonly base: string; readonly ms: number };
  /** A `setup` command was run in the worktree. */
  'setup:ended': Of & { readonly command: string; readonly passed: boolean; readonly ms: number };

  /** An agent process is at work for the worker. */
  'turn:started': Of & {
    readonly turn: number;
    /** 2, 3 … when the turn is tried again; missing the first time. */
    readonly try?: number;
    readonly prompt: PromptKind;
    readonly session: 'fresh' | 'resumed';
    readonly harness: string;
    readonly model?: string;
  };
  /** What the agent says or does now; at most one a second for each turn. */
  'turn:said': Of & { readonly turn: number; readonly text: string };
  /** The agent process has ended, and everything that it started. */
  'turn:ended': Of & {
    readonly turn: number;
    readonly try?: number;
    readonly harness: string;
    readonly model?: string;
    readonly ending: 'answered' | 'failed';
    /** Its final message was complete, but it did not exit, and was ended. */
    readonly recovered?: true;
    /** The signal's kind, when there was one. */
    readonly signal?: string;
    readonly failure?: FailureNote;
    /** First line of the final message, cut. */
    readonly said?: string;
    readonly usage: Usage;
    readonly ms: number;
  };

  /** oompa committed what the agent did. `added`, `deleted`: lines. */
  'work:committed': Of & {
    readonly commit: string;
    readonly files: readonly string[];
    readonly added: number;
    readonly deleted: number;
  };
  /** The agent has something to repair. */
  'work:sent-back': Of & { readonly feedback: Feedback };
  /** Work that did not land is kept on a ref. */
  'work:rescued': Of & { readonly ref: string; readonly commit: string };

  /** A reviewer is asked. `reviewer`: harness and model. */
  'review:started': Of & { readonly round: number; readonly reviewer: string; readonly maxRounds?: number };
  /** A reviewer has said something, or nothing. */
  'review:ended': Of & {
    readonly round: number;
    readonly reviewer: string;
    readonly verdict: 'approved' | 'needs-changes' | 'rejected' | 'ambiguous' | 'failed';
    /** First sentence of the review, or why there is no verdict. */
    readonly summary: string;
    /** Why there is no review; `failed` only. */
    readonly failure?: FailureNote;
    readonly try?: number;
    /** Path of the review log, relative to the run's folder. */
    readonly log: string;
    /** What was reviewed. */
    readonly commit?: string;
    /** Path of what changed since the round before, of all the work in the first, relative to the run's folder. */
    readonly diff?: string;
    readonly usage: Usage;
    readonly ms: number;
  };

  /** The checks of other runs on this machine come first. */
  'verify:waiting': Of & { readonly why: string };
  /** A check of the user's is run on the tree that would land. */
  'verify:started': Of & { readonly command: string; readonly tree: string };
  /** The check has ended. */
  'verify:ended': Of & {
    readonly command: string;
    readonly tree: string;
    readonly result: 'passed' | 'failed' | 'could-not-run';
    readonly detail: string;
    readonly ms: number;
  };

  /** Main is about to move from one commit to the other: what a restart needs to know. */
  'landing:intended': Of & { readonly commit: string; readonly from: string };
  /** The work is on main. */
  'landing:landed': Of & { readonly commit: string; readonly title: string; readonly ms: number };
  /** The user's checkout is in the way of approved work, which waits. */
  'landing:held': Of & { readonly commit: string; readonly paths: readonly string[]; readonly why: string };
  /** The work and main have both changed these. */
  'landing:conflicted': Of & { readonly paths: readonly string[] };

  /** An iteration is over, its task settled. */
  'iteration:ended': Of & {
    readonly outcome: Outcome;
    /** What became of the task file; `stay`: it waits in `current/`; `none`: somebody else owns it. */
    readonly transition: Fate['transition'];
    readonly attempt: number;
    /** `limits.attempts`. */
    readonly attempts: number;
    readonly turns: number;
    readonly rounds: number;
    /** Of all its turns and reviews. */
    readonly usage: Usage;
    readonly ms: number;
  };

  /** The planner is asked for more tasks; `pending` are left. */
  'planner:started': { readonly worker: string; readonly pending: number };
  /** The planner added so many; with `done` it will not be asked again. */
  'planner:ended': { readonly worker: string; readonly added: number; readonly done: boolean; readonly why: string };

  /** Something that a person should know of, and that ended nothing. */
  'problem:seen': { readonly message: string };
}

/** Why a run ended. */
export type RunEnd =
  /** Nothing is pending any more, or nothing that can become ready. */
  | 'dry'
  /** Every worker did its `iterations`. */
  | 'iterations-done'
  /** No worker could go on. */
  | 'workers-stopped'
  | 'drained'
  | 'interrupted'
  | 'limit-reached'
  /** An agent moved main itself; the user has to look at that first. */
  | 'main-taken';

/** The name of an event. */
export type EventType = keyof EventMap;

/** One event before it is stamped with its time. */
export type NewEvent = { [T in EventType]: { readonly type: T } & EventMap[T] }[EventType];

/** One line of `events.jsonl`. */
export type RunEvent = NewEvent & { readonly at: string };
