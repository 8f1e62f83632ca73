import type { IterationName } from './facts.ts';

/** Something that is not proven. `commits` = what the user accepts, having looked at it; none where nothing can be accepted. */
export type Problem =
  /** Nothing leads to these commits of an iteration any more. Oldest first. */
  | {
      readonly kind: 'work-lost';
      readonly commits: readonly string[];
      readonly of: IterationName;
      /** The ref that has to lead to the last of them. */
      readonly ref: string;
      /** Whether git still has the last of them. */
      readonly present: boolean;
    }
  /** A landing that the log tells of is on main no more. */
  | {
      readonly kind: 'landing-gone';
      readonly commits: readonly string[];
      readonly task: string;
      readonly run: string;
      readonly branch: string;
      readonly present: boolean;
    }
  | {
      readonly kind: 'landed-twice';
      readonly commits: readonly string[];
      readonly task: string;
      readonly claim: string;
    }
  /** An agent has put this commit on main itself, or taken it out of there. */
  | {
      readonly kind: 'taken';
      readonly how: 'added' | 'removed';
      readonly commits: readonly string[];
      readonly branch: string;
      readonly by: string;
      readonly run: string;
      readonly at: string;
    }
  /** What a turn committed is itself one of main's steps, and not a part of a landing. */
  | {
      readonly kind: 'work-on-main';
      readonly commits: readonly string[];
      readonly branch: string;
      readonly of: IterationName;
    }
  /** Its trailers name a run of this workspace, whose log knows nothing of it. */
  | {
      readonly kind: 'landing-unrecorded';
      readonly commits: readonly string[];
      readonly task: string;
      readonly run: string;
      readonly branch: string;
    }
  /** One task in two states, or with two endings. */
  | {
      readonly kind: 'task-doubled';
      readonly commits: readonly string[];
      readonly task: string;
      readonly paths: readonly string[];
    }
  /** A completed task without a landing on main. */
  | {
      readonly kind: 'completion-unproven';
      readonly commits: readonly string[];
      readonly task: string;
      readonly path: string;
      readonly why: 'no-commit' | 'not-on-main' | 'not-its-landing' | 'unreadable';
    }
  /** Refs lead to objects that are not there. */
  | { readonly kind: 'objects-missing'; readonly commits: readonly string[]; readonly objects: readonly string[] }
  /** git could not do what the proof needs. */
  | { readonly kind: 'git-trouble'; readonly commits: readonly string[]; readonly detail: string };

/** Something that is in order, or will be by itself, and that a person should know. */
export type Note =
  /** These runs go on: what they are at is not at its end yet. */
  | { readonly kind: 'live'; readonly runs: readonly string[] }
  /** Work on branches of runs that are gone: the next start keeps it on rescue refs. */
  | { readonly kind: 'left-on-branches'; readonly count: number }
  /** Squashed commits that git has removed since: their landings are on main, and can't be compared any more. */
  | { readonly kind: 'squashed-and-gone'; readonly count: number }
  | { readonly kind: 'accepted'; readonly commits: readonly string[] }
  | { readonly kind: 'by-hand'; readonly tasks: readonly string[] }
  | {
      readonly kind: 'unreadable';
      readonly path: string;
      readonly line: number;
      readonly column: number;
      readonly message: string;
    }
  /** Claimed and not landed, and no state folder has a file of that name. */
  | { readonly kind: 'task-gone'; readonly tasks: readonly string[] }
  /** Its landing is on main, and its file still in `current/`. */
  | { readonly kind: 'landed-in-current'; readonly tasks: readonly string[] }
  /** Landed by more than one claim: somebody has put the task back after it landed. */
  | { readonly kind: 'landed-again'; readonly task: string; readonly commits: readonly string[] }
  /** Landings whose runs have no log here: they were pulled, or their logs are gone. */
  | { readonly kind: 'foreign-landings'; readonly count: number }
  | { readonly kind: 'without-log'; readonly runs: readonly string[] }
  /** Claim refs whose task is not claimed. */
  | { readonly kind: 'stale-fences'; readonly tasks: readonly string[] }
  | { readonly kind: 'branch-gone'; readonly branch: string };
