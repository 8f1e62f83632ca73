import type { AgentRole, AskingEvents, FailureNote, Of } from './asking-events.ts';
import type { Feedback, PromptKind } from './iteration.ts';
import type { Fate, Outcome } from './outcome.ts';
import type { MainTaken } from './trespass.ts';
import type { Usage } from './usage.ts';

/** A worker as the run log introduces it. */
export interface WorkerInfo {
  readonly name: string;
  readonly pool: string;
  readonly harness: string;
  readonly model?: string;
}

/**
 * Every event of a run, `noun:verb`, written after the act that it tells of.
 * `events.jsonl` holds one a line with `at` (ISO 8601, UTC) and `type`; all views are folds of these.
 */
export interface EventMap extends AskingEvents {
  'run:started': {
    readonly run: string;
    readonly version: string;
    readonly pid: number;
    readonly host: string;
    readonly branch: string;
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
  'run:draining': { readonly why: string };
  'run:ended': { readonly why: RunEnd; readonly pending: number };

  'worker:started': { readonly worker: string };
  /** Nothing is ready: `waiting` pending tasks wait for others. */
  'worker:waiting': { readonly worker: string; readonly why: string };
  'worker:stopped': { readonly worker: string; readonly why: string };

  'task:unreadable': {
    readonly path: string;
    readonly line: number;
    readonly column: number;
    readonly message: string;
  };
  'task:recovered': { readonly task: string; readonly how: 'completed' | 'released' | 'held' };
  'task:claimed': Of & {
    readonly title: string;
    readonly generation: number;
    readonly attempt: number;
    /** `held`: approved work that waits in `current/` is tried again. */
    readonly from: 'pending' | 'held';
  };
  'task:added': { readonly task: string; readonly title: string; readonly by: string };
  'task:refused': {
    readonly path: string;
    readonly line: number;
    readonly column: number;
    readonly message: string;
    readonly by: string;
  };

  'worktree:ready': Of & { readonly branch: string; readonly base: string; readonly ms: number };
  'setup:ended': Of & { readonly command: string; readonly passed: boolean; readonly ms: number };

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

  'work:committed': Of & {
    readonly commit: string;
    readonly files: readonly string[];
    readonly added: number;
    readonly deleted: number;
  };
  'work:sent-back': Of & { readonly feedback: Feedback };
  'work:rescued': Of & { readonly ref: string; readonly commit: string };

  'review:started': Of & { readonly round: number; readonly reviewer: string; readonly maxRounds?: number };
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
    readonly usage: Usage;
    readonly ms: number;
  };

  /** The checks of other runs on this machine come first. */
  'verify:waiting': Of & { readonly why: string };
  'verify:started': Of & { readonly command: string; readonly tree: string };
  'verify:ended': Of & {
    readonly command: string;
    readonly tree: string;
    readonly result: 'passed' | 'failed' | 'could-not-run';
    readonly detail: string;
    readonly ms: number;
  };

  'landing:intended': Of & { readonly commit: string; readonly from: string };
  'landing:landed': Of & { readonly commit: string; readonly title: string; readonly ms: number };
  'landing:held': Of & { readonly commit: string; readonly paths: readonly string[]; readonly why: string };
  'landing:conflicted': Of & { readonly paths: readonly string[] };

  'iteration:ended': Of & {
    readonly outcome: Outcome;
    readonly transition: Fate['transition'];
    readonly attempt: number;
    readonly attempts: number;
    readonly turns: number;
    readonly rounds: number;
    readonly usage: Usage;
    readonly ms: number;
  };

  /** An agent changed files in a checkout of the user's. For a planner, `task` is empty. */
  'checkout:touched': Of & {
    readonly role: AgentRole;
    readonly checkout: string;
    readonly paths: readonly string[];
    readonly why: string;
  };
  /** An agent moved main itself: nothing is built on that any more. `kept`: the ref that keeps the commit. */
  'main:taken': MainTaken & {
    readonly branch: string;
    readonly from: string;
    readonly to: string;
    readonly kept?: string;
  };
  /** A stash entry that was not the agent's vanished while it worked. */
  'stash:kept': Of & { readonly ref: string; readonly commit: string; readonly message: string };

  'planner:started': { readonly worker: string; readonly pending: number };
  'planner:ended': { readonly worker: string; readonly added: number; readonly done: boolean; readonly why: string };

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
