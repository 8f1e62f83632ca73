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
  | { readonly kind: 'dry' }
  /** The disk takes no claim (it is full, say); the task is where it was. `why` is one line, with what to do. */
  | { readonly kind: 'unavailable'; readonly why: string };

/** The transitions out of `current/`; no others exist. */
export type Settlement =
  | { readonly kind: 'complete'; readonly record: TaskRecord }
  | { readonly kind: 'release'; readonly record: TaskRecord }
  | { readonly kind: 'fail'; readonly record: TaskRecord }
  | { readonly kind: 'block'; readonly record: TaskRecord };

/** What settling, renewing or noting gave. */
export type SettleResult =
  /** It is done; or it was done before, by the same call. */
  | { readonly kind: 'settled' }
  /** Somebody else owns the task by now, or nobody; nothing was changed. */
  | { readonly kind: 'stale-claim' }
  /** The disk does not take it; the task stays where it was, claimed. `why` is one line, with what to do. */
  | { readonly kind: 'failed'; readonly why: string };

/** What recovery works with. */
export interface RecoverOptions {
  /**
   * The commit on main that names this task and this claim (any claim when there is no generation): then its work is done,
   * whatever the file says. `unknown` = main could not be read: such a task is left alone.
   */
  readonly landedCommit?: (
    id: string,
    generation: Generation | undefined,
  ) => Promise<string | undefined | { readonly unknown: string }>;
  /** What is noted in the file of a task that goes back: where its work was found and is kept, for instance. */
  readonly recordFor?: (id: string) => TaskRecord | undefined;
  /** Gives the same answer and changes nothing. */
  readonly dryRun?: true;
}

/** What recovery found for one file in `current/`, and did. */
export type Recovered =
  /** Somebody works on it, or is changing it this moment: left alone. No owner when it is only just being claimed. */
  | { readonly kind: 'live'; readonly id: string; readonly owner?: Owner }
  /** Its landing is on main: moved to `complete/`. */
  | { readonly kind: 'completed'; readonly id: string; readonly commit: string }
  /** Moved back to `pending/`; it keeps its attempts. */
  | { readonly kind: 'released'; readonly id: string }
  /** Its approved work waits for the user's checkout: it stays, for `adopt`. */
  | { readonly kind: 'held'; readonly id: string }
  /** It could not be put right; it stays. `why` is one line, with what to do. */
  | { readonly kind: 'failed'; readonly id: string; readonly why: string };

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
  | { readonly kind: 'wrong-state'; readonly state: TaskState }
  /** The disk does not take it; the task stays where it was. `why` is one line, with what to do. */
  | { readonly kind: 'failed'; readonly why: string };

/**
 * The port to a task queue. The file backend is the default; any backend must pass the same conformance tests.
 * One transition is atomic: its result says who won.
 */
export interface Queue {
  list(): Promise<QueueListing>;
  counts(): Promise<QueueCounts>;
  /** Takes the first ready task for `owner`; those whose session its worker has come first within their priority. */
  claim(owner: Owner): Promise<ClaimResult>;
  /** Whether the claim still holds: nobody has taken it over, even if its lease has run out. */
  holds(claim: Claim): Promise<boolean>;
  /** Begins the lease of a claim anew. Works after the lease has run out too, as long as nobody has taken the task over. */
  renew(claim: Claim): Promise<SettleResult>;
  /** Moves a claimed task on, without the session that it had unless `record` brings one; stale claims change nothing. The same settlement twice is settled, until the next claim. */
  settle(claim: Claim, settlement: Settlement): Promise<SettleResult>;
  /** Merges `record` into the file of a task that stays claimed (a held landing). */
  note(claim: Claim, record: TaskRecord): Promise<SettleResult>;
  /** Claims a task that lies in `current/` and whose owner is gone: held landings of an ended run. */
  adopt(id: string, owner: Owner): Promise<ClaimResult>;
  /** Puts right what owners that are gone left in `current/`: one answer for each file there. */
  recover(options: RecoverOptions): Promise<Recovered[]>;
  add(draft: Draft): Promise<AddResult>;
  /** failed|blocked → pending; `record` is merged into the file's `oompa:` block (an answer, for instance); attempts start again. */
  requeue(id: string, record: TaskRecord): Promise<RequeueResult>;
  /** Resolves when the folders may have changed, or after at most `ms`; `signal` ends the wait. Never the truth: look again. */
  changed(ms: number, signal: AbortSignal): Promise<void>;
  close(): void;
}

/** What taking the fence of a task away from its owner gave. */
export type RevokeResult =
  | { readonly kind: 'revoked' }
  /** A landing is under way in a living process, be it a paused one; nothing was changed. */
  | { readonly kind: 'landing' }
  | { readonly kind: 'failed'; readonly why: string };

/** The fence around landings: kept where main is, so that a stale worker cannot land. The calls throw only on bugs. */
export interface Fence {
  /** Called after the claim file is in place; `note` is the absolute path of the claim note. */
  raise(id: string, generation: Generation, note: string): Promise<void>;
  /** Called when the task leaves `current/` in any other way than by landing. */
  lower(id: string): Promise<void>;
  /** Called before a task is taken from an owner that is gone: once it is revoked, that owner can't land. Never waits. */
  revoke(id: string, options: { readonly dryRun: boolean }): Promise<RevokeResult>;
}
