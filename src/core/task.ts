/** The five state folders under `tasks/`; a task file is in exactly one of them. */
export const taskStates = ['pending', 'current', 'complete', 'failed', 'blocked'] as const;

/** Where a task file lies. */
export type TaskState = (typeof taskStates)[number];

/** What a person (or a planner) wrote, read from one task file. */
export interface Task {
  /** The file's name without its ending: letters, digits, `.`, `_` and `-`, not starting with a dot. */
  readonly id: string;
  readonly title: string;
  readonly description: string;
  readonly acceptance: readonly string[];
  /** Globs, relative to the workspace, of what the task may touch; empty = anything. */
  readonly files: readonly string[];
  /** Ids that must be complete before this task is ready. */
  readonly dependsOn: readonly string[];
  /** Lower first; 0 when the file names none. */
  readonly priority: number;
  /** What oompa noted in the file under its one key, `oompa:`. */
  readonly record: TaskRecord;
}

/** The `oompa:` block of a task file. Every key is optional; keys are written in this order. */
export interface TaskRecord {
  readonly created_by?: string;
  readonly outcome?: string;
  /** Attempts used so far; an interrupted or infrastructure ending uses none. */
  readonly attempts?: number;
  readonly by?: string;
  readonly run?: string;
  readonly rounds?: number;
  readonly commit?: string;
  /** Who approved work that is held, for the trailer of its landing. */
  readonly approval?: string;
  /** Why the last attempt ended, with the reviewer's words: what the next worker starts from. */
  readonly feedback?: string;
  /** The ref that keeps the work of the last attempt. */
  readonly rescue?: string;
  /** What the agent asked its owner (blocked tasks). */
  readonly question?: string;
  /** What the owner answered; goes into the next prompt. */
  readonly answer?: string;
  /** The conversation in which it was asked (blocked tasks, and until the next attempt ends). */
  readonly session?: KeptSession;
  /** ISO 8601, UTC. */
  readonly at?: string;
}

/** An agent's session that a task goes on in, where it still exists. Every key but `model` and the totals is there. */
export interface KeptSession {
  readonly harness: string;
  readonly model?: string;
  /** In the CLI's own words; `isSessionId` holds. */
  readonly id: string;
  /** The worker whose worktree it belongs to: CLIs resume a session only in the folder where it began. */
  readonly worker: string;
  /** The session's running totals, for CLIs whose figures grow over it: tokens, and US dollars. */
  readonly input?: number;
  readonly output?: number;
  readonly cost_usd?: number;
}

/** Whether a CLI may be handed this as the id of a session: no blanks, and nothing that it would take for an option. */
export function isSessionId(id: string): boolean {
  return /^[^\s\p{Cc}-][^\s\p{Cc}]{0,199}$/u.test(id);
}

/** One claim of one task. `n` grows by one with every claim of the task and never repeats; `token` is random. */
export interface Generation {
  readonly n: number;
  readonly token: string;
}

/** What a worker holds while it works on a task. */
export interface Claim {
  readonly task: Task;
  readonly generation: Generation;
}

const idPattern = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,99}$/;

/** Why `id` cannot be a task's id, or undefined when it can. The id becomes a file name and a part of git refs. */
export function badTaskId(id: string): string | undefined {
  if (id === '') return 'is empty';
  if (id.length > 100) return 'is longer than 100 characters';
  if (!idPattern.test(id)) return 'may hold only letters, digits, ".", "_" and "-", and starts with a letter or digit';
  if (id.includes('..')) return 'may not hold ".."';
  if (id.endsWith('.') || id.endsWith('.lock')) return 'may not end in "." or ".lock"';
  return undefined;
}
