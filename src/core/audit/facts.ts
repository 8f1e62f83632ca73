import type { Outcome } from '../outcome.ts';
import type { RunLife } from '../run-state.ts';
import type { TaskState } from '../task.ts';

/** Everything that an audit is made of: what the run logs tell, what lies in `tasks/`, and what git has. */
export interface AuditFacts {
  /** Oldest first. */
  readonly runs: readonly RecordedRun[];
  /** Runs whose folder has no log any more. */
  readonly withoutLog: readonly string[];
  /** Every task file, the unreadable ones too. */
  readonly files: readonly TaskFile[];
  readonly git: GitFacts;
  /** What agents have done to main themselves, as `.oompa/taken.json` has it. */
  readonly taken: readonly TakenCommit[];
  /** Rescue refs that the user had removed by `oompa cleanup --force`. */
  readonly freed: readonly FreedRef[];
  /** Commits of findings that the user has looked at. */
  readonly accepted: ReadonlySet<string>;
}

/** Which iteration of which run. */
export interface IterationName {
  readonly run: string;
  readonly worker: string;
  readonly task: string;
  /** 1, 2, 3 … for each worker of a run. */
  readonly iteration: number;
}

/** One run, as far as its log matters here. */
export interface RecordedRun {
  readonly id: string;
  readonly life: RunLife;
  /** The branch that its work lands on, and the tip of that at its start; undefined when its log was torn before that. */
  readonly branch: string | undefined;
  readonly base: string | undefined;
  /** Turns of workers; reviews and plannings apart. */
  readonly turns: number;
  /** In the order of the log. */
  readonly commits: readonly RecordedCommit[];
  readonly landings: readonly RecordedLanding[];
  /** What its agents have done to main themselves; whether that was accepted, no log tells. */
  readonly taken: readonly TakenCommit[];
  /** How iterations ended, by `iterationKey`. */
  readonly outcomes: ReadonlyMap<string, Outcome['kind']>;
  /** The tasks that it claimed, with the number of the last claim. */
  readonly claimed: ReadonlyMap<string, number>;
}

/** A commit that holds what a turn made. */
export interface RecordedCommit {
  readonly commit: string;
  readonly of: IterationName;
  /** The rescue ref that it was kept on. */
  readonly ref?: string;
}

/** A commit that was to be main's next one. */
export interface RecordedLanding {
  readonly commit: string;
  readonly of: IterationName;
  /** False: the log tells of the intent only. */
  readonly landed: boolean;
}

/** A task file: where it lies, and what oompa has noted in it. */
export interface TaskFile {
  readonly id: string;
  readonly state: TaskState;
  /** Relative to the workspace. */
  readonly path: string;
  /** Why it can't be read, with line and column; the rest is then unknown. */
  readonly unreadable?: { readonly line: number; readonly column: number; readonly message: string };
  readonly outcome?: string;
  readonly commit?: string;
  readonly rescue?: string;
}

/** What git knows of all this. */
export interface GitFacts {
  /** Those of the commits asked for that are in the object store. */
  readonly present: ReadonlySet<string>;
  /** The branches that work has landed on. */
  readonly mains: readonly MainHistory[];
  /**
   * Parents by commit: everything that leads up to the commits asked for and to oompa's refs and is on none of the `mains`.
   * Undefined when git could not walk there.
   */
  readonly offMain: ReadonlyMap<string, readonly string[]> | undefined;
  /** Those of the commits asked for that another ref leads to: a branch, a tag or a HEAD that is not oompa's. */
  readonly elsewhere: ReadonlySet<string>;
  /** oompa's own refs: `refs/oompa/…` and `refs/heads/oompa/…`. */
  readonly refs: readonly { readonly ref: string; readonly oid: string }[];
  /** Work that has landed as one commit with just this content: landing by tip of the work. */
  readonly squashed: ReadonlyMap<string, string>;
  /** Objects that refs lead to and that are not there: `blob 0123…`. */
  readonly missing: readonly string[];
  /** What git could not do, each in one line. */
  readonly troubles: readonly string[];
}

/** A branch that work has landed on. */
export interface MainHistory {
  readonly branch: string;
  /** Undefined when the branch is gone. */
  readonly tip: string | undefined;
  /** Where the oldest recorded run began; undefined: the list below begins with the first commit of all. */
  readonly since: string | undefined;
  /** What has come since, side branches too; newest first. */
  readonly commits: readonly MainCommit[];
}

/** A commit on main, with what its trailers say. */
export interface MainCommit {
  readonly commit: string;
  readonly parents: readonly string[];
  readonly task?: string;
  readonly claim?: string;
  readonly run?: string;
}

/** What an agent has done to main itself. */
export interface TakenCommit {
  /** `added`: the commit must not be one of main's own steps. `removed`: it was main's tip, and must be in main's history. */
  readonly how: 'added' | 'removed';
  readonly commit: string;
  /** The worker. */
  readonly by: string;
  readonly run: string;
  /** ISO 8601, UTC. */
  readonly at: string;
  /** Whether the user has looked at it and lets it stay. */
  readonly accepted: boolean;
}

/** A rescue ref that is gone on purpose. */
export interface FreedRef {
  readonly ref: string;
  readonly commit: string;
}

/** The same text for the same iteration. */
export function iterationKey({ run, worker, iteration }: Omit<IterationName, 'task'>): string {
  return `${run} ${worker} ${String(iteration)}`;
}

/** The rescue ref that belongs to an iteration. */
export function rescueRefOf({ run, worker, task, iteration }: IterationName): string {
  return `refs/oompa/rescue/${task}/${run}-${worker}-i${String(iteration)}`;
}
