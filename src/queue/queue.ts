import type { Claim, Generation, Task, TaskRecord, TaskState } from '../core/task.ts';

/** A task and where it lies. */
export interface QueuedTask {
  readonly task: Task;
  readonly state: TaskState;
  /** Path of the file, relative to the workspace. */
  readonly path: string;
  /** Who works on it; current tasks only. */
  readonly owner?: Owner;
  /** When it was claimed, ISO 8601, UTC; current tasks only. */
  readonly since?: string;
}

/** Who holds a claim. */
export interface Owner {
  readonly run: string;
  readonly worker: string;
}

/** A task file that cannot be read: it stays where it is, is never claimed and stops nobody else. */
export interface UnreadableTask {
  readonly state: TaskState;
  readonly path: string;
  readonly line: number;
  readonly column: number;
  readonly message: string;
}

/** Everything in the queue. Pending tasks come in the order in which they would be claimed. */
export interface QueueListing {
  readonly tasks: readonly QueuedTask[];
  readonly unreadable: readonly UnreadableTask[];
}

/** How many task files lie in each state folder, unreadable ones included. */
export type QueueCounts = Readonly<Record<TaskState, number>>;

/** What a claim attempt gave. */
export type ClaimResult =
  | { readonly kind: 'claimed'; readonly claim: Claim }
  /** Pending tasks exist, but each waits for another task or for files that a running one touches. */
  | { readonly kind: 'waiting'; readonly pending: number }
  /** No readable task is pending. */
  | { readonly kind: 'dry' };

/** The transitions out of `current/`; no others exist. */
export type Settlement =
  | { readonly kind: 'complete'; readonly record: TaskRecord }
  | { readonly kind: 'release'; readonly record: TaskRecord }
  | { readonly kind: 'fail'; readonly record: TaskRecord }
  | { readonly kind: 'block'; readonly record: TaskRecord };

/** What settling, renewing or noting gave. `stale-claim`: somebody else owns the task by now, or nobody; nothing was changed. */
export type SettleResult = { readonly kind: 'settled' } | { readonly kind: 'stale-claim' };

/** A new task: what the file shall hold. `text` is the whole file when a person or an agent wrote it. */
export interface Draft {
  /** The wished id; a free one near it is taken when it exists in any state. */
  readonly id: string;
  readonly text: string;
  readonly record: TaskRecord;
  /** `.yaml`, `.json` or `.md`: how `text` is to be read. */
  readonly extension: string;
}

/** What adding gave. */
export type AddResult =
  | { readonly kind: 'added'; readonly task: Task }
  | { readonly kind: 'refused'; readonly message: string; readonly line: number; readonly column: number };

/** What requeueing gave. */
export type RequeueResult =
  | { readonly kind: 'requeued' }
  | { readonly kind: 'not-found' }
  /** Only failed and blocked tasks can go back. */
  | { readonly kind: 'wrong-state'; readonly state: TaskState };

/**
 * The port to a task queue. The file backend is the default; any backend must pass the same conformance tests.
 * One transition is atomic: its result says who won.
 */
export interface Queue {
  list(): Promise<QueueListing>;
  counts(): Promise<QueueCounts>;
  /** Takes the first ready task for `owner`. */
  claim(owner: Owner): Promise<ClaimResult>;
  /** Whether the claim still holds. */
  holds(claim: Claim): Promise<boolean>;
  /** Moves a claimed task on; stale claims change nothing. */
  settle(claim: Claim, settlement: Settlement): Promise<SettleResult>;
  /** Merges `record` into the file of a task that stays claimed (a held landing). */
  note(claim: Claim, record: TaskRecord): Promise<SettleResult>;
  /** Claims a task that lies in `current/` and whose owner is gone: held landings of an ended run. */
  adopt(id: string, owner: Owner): Promise<ClaimResult>;
  add(draft: Draft): Promise<AddResult>;
  /** failed|blocked → pending; `record` is merged into the file's `oompa:` block (an answer, for instance); attempts start again. */
  requeue(id: string, record: TaskRecord): Promise<RequeueResult>;
  /** Resolves when the folders may have changed, or after at most `ms`; `signal` ends the wait. Never the truth: look again. */
  changed(ms: number, signal: AbortSignal): Promise<void>;
  close(): void;
}

/** The fence around landings: kept where main is, so that a stale worker cannot land. Both calls throw only on bugs. */
export interface Fence {
  /** Called after the claim file is in place; `note` is the absolute path of the claim note. */
  raise(id: string, generation: Generation, note: string): Promise<void>;
  /** Called when the task leaves `current/` in any other way than by landing. */
  lower(id: string): Promise<void>;
}
