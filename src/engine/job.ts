import type { Pool, Reviewer } from '../config/schema-agents.ts';
import type { IterationLimits, IterationState } from '../core/iteration.ts';
import { promptValues } from '../core/prompt.ts';
import type { PromptValues } from '../core/prompt.ts';
import type { Claim } from '../core/task.ts';
import type { Usage } from '../core/usage.ts';
import type { Session } from '../harness/harness.ts';
import type { SwarmContext } from './context.ts';
import type { HeldLandings } from './held.ts';
import type { Place } from './place.ts';

/** One iteration in progress: what was claimed, by whom, and what is known so far. Written only by its own iteration. */
export interface Job {
  readonly claim: Claim;
  readonly pool: Pool;
  readonly reviewer: Reviewer | undefined;
  readonly limits: IterationLimits;
  readonly landings: HeldLandings;
  /** The part that every event of this iteration carries. */
  readonly of: { readonly worker: string; readonly task: string; readonly iteration: number };
  /** Aborted when the run is stopped at once, or when the claim is somebody else's by now: agents are ended. */
  readonly signal: AbortSignal;
  /** `context.clock()` at the claim. */
  readonly startedAt: number;
  /** Set once the worktree is ready. */
  place: Place | undefined;
  state: IterationState | undefined;
  /** Merge base of main and the work: where it started, or main's tip as last merged into it. */
  base: string;
  /** The agent of the chain that works now; its place in it. */
  link: number;
  /** That agent's session, as long as it can be resumed. */
  session: Session | undefined;
  /** The work as last committed. */
  head: string | undefined;
  /** The work as the last round of review saw it, and the commit of main that it was based on. */
  reviewed: { readonly head: string; readonly base: string } | undefined;
  /** What the work touches, as last committed. */
  files: readonly string[];
  usage: Usage;
  /** Reviewer and rounds of the approval, for the landing's trailer. */
  approval: string | undefined;
}

/** The place of a job that has one; anything else is a bug in the order of steps. */
export function placeOf(job: Job): Place {
  if (job.place === undefined) throw new Error('internal error: a step was performed before the worktree was ready');
  return job.place;
}

/** The work of a job that has been committed; anything else is a bug in the order of steps. */
export function headOf(job: Job): string {
  if (job.head === undefined) throw new Error('internal error: a review before any commit');
  return job.head;
}

/** The values of a job's prompt tokens. */
export function promptValuesOf(context: SwarmContext, job: Job): PromptValues {
  const { branch } = placeOf(job);
  return promptValues(job.claim.task, { worker: job.of.worker, run: context.log.id, branch, main: context.main });
}
