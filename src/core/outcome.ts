import type { Failure } from './failure.ts';
import { isInfrastructure } from './failure.ts';
import { unreachable } from './unreachable.ts';

/** How an iteration ended: each named after what happened. */
export type Outcome =
  /** The work is on main in `commit`. */
  | { readonly kind: 'landed'; readonly commit: string }
  /** No code changed; these new tasks were proposed. */
  | { readonly kind: 'proposed'; readonly tasks: readonly string[] }
  /** Approved and verified, but the user's checkout is in the way. The work waits on its rescue ref. */
  | { readonly kind: 'held'; readonly paths: readonly string[]; readonly why: string }
  /** The reviewer says that the approach is wrong. */
  | { readonly kind: 'rejected'; readonly reason: string }
  /** The last allowed review round still wanted changes. */
  | { readonly kind: 'rounds-exhausted'; readonly rounds: number }
  /** The last allowed turn ended without a result. */
  | { readonly kind: 'turns-exhausted'; readonly turns: number }
  /** The agent said that it is done, twice, and changed nothing. */
  | { readonly kind: 'no-changes' }
  /** The agent gave up and says what is missing. */
  | { readonly kind: 'needs-followup'; readonly why: string }
  /** The agent asks its owner. */
  | { readonly kind: 'needs-input'; readonly question: string }
  /** No reviewer of the chain gave a readable verdict. */
  | {
      readonly kind: 'review-unavailable';
      readonly why: string;
      /** Nobody of the chain could be asked (limits, network, log-in): that says nothing about the task. */
      readonly unreached?: true;
    }
  /** A verify command could not be run (killed, not found, timed out): that is not red. */
  | {
      readonly kind: 'verify-unavailable';
      readonly command: string;
      readonly why: string;
      /** Nor could it on main as it is: that says nothing about the task. */
      readonly onMainToo?: true;
    }
  /** No harness of the chain brought a result. */
  | {
      readonly kind: 'agent-failed';
      readonly failure: Failure;
      /** Whose failure that is: not always the last one's that took a turn. Logs of older versions lack it. */
      readonly agent?: { readonly harness: string; readonly model?: string };
    }
  /** What the task, its pool or the run may use is used up. `limit`: US dollars, tokens or milliseconds. */
  | {
      readonly kind: 'over-budget';
      readonly scope: 'task' | 'pool' | 'run';
      readonly what: 'cost' | 'tokens' | 'runtime';
      readonly limit: number;
    }
  /** A `setup` command failed in the new worktree, which holds what main does: says nothing about the task. */
  | { readonly kind: 'setup-failed'; readonly command: string; readonly why: string }
  /** git could not make the worktree, the commit or the candidate. */
  | { readonly kind: 'git-failed'; readonly why: string }
  /** The disk failed (full, read-only, broken) where something had to be written: says nothing about the task. */
  | { readonly kind: 'disk-failed'; readonly why: string }
  /** A bug of oompa's. */
  | { readonly kind: 'internal-error'; readonly why: string }
  /** The agent changed files of a checkout of the user's, in which no agent may work. Nothing there was put back. */
  | {
      readonly kind: 'trespassed';
      readonly what: 'checkout';
      readonly checkout: string;
      readonly paths: readonly string[];
      readonly why: string;
    }
  /** The agent moved main itself. `commit`: what it put there or took off; `kept`: the ref that keeps it. */
  | {
      readonly kind: 'trespassed';
      readonly what: 'main';
      readonly commit: string;
      readonly why: string;
      readonly kept?: string;
    }
  /** Somebody else owns the task by now. */
  | { readonly kind: 'stale-claim' }
  /** The run was stopped; the work is kept. */
  | { readonly kind: 'interrupted' };

/** What becomes of the task file after an iteration. */
export interface Fate {
  readonly transition: 'complete' | 'release' | 'fail' | 'block' | 'stay' | 'none';
  /** Whether the ending counts against `limits.attempts`. */
  readonly usesAttempt: boolean;
}

/** The task's fate. `attempts` = used before this iteration; `allowed` = `limits.attempts`. */
export function fateOf(outcome: Outcome, attempts: number, allowed: number): Fate {
  const failed: Fate = { transition: attempts + 1 >= allowed ? 'fail' : 'release', usesAttempt: true };
  switch (outcome.kind) {
    case 'landed':
    case 'proposed':
      return { transition: 'complete', usesAttempt: false };
    case 'held':
      return { transition: 'stay', usesAttempt: false };
    case 'needs-input':
      return { transition: 'block', usesAttempt: false };
    case 'stale-claim':
      return { transition: 'none', usesAttempt: false };
    case 'setup-failed':
    case 'disk-failed':
    case 'interrupted':
      return { transition: 'release', usesAttempt: false };
    case 'verify-unavailable':
      return outcome.onMainToo === true ? { transition: 'release', usesAttempt: false } : failed;
    case 'review-unavailable':
      return outcome.unreached === true ? { transition: 'release', usesAttempt: false } : failed;
    case 'over-budget':
      // Another attempt at the task would be over its budget from the start; pool and run say nothing about it.
      return outcome.scope === 'task'
        ? { transition: 'fail', usesAttempt: true }
        : { transition: 'release', usesAttempt: false };
    case 'agent-failed':
      return isInfrastructure(outcome.failure.kind) ? { transition: 'release', usesAttempt: false } : failed;
    case 'git-failed':
    case 'internal-error':
    case 'rejected':
    case 'rounds-exhausted':
    case 'turns-exhausted':
    case 'no-changes':
    case 'needs-followup':
    case 'trespassed':
      return failed;
    default:
      return unreachable(outcome);
  }
}
