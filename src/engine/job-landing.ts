import type { Fact, Feedback } from '../core/iteration.ts';
import { unreachable } from '../core/unreachable.ts';
import { mergeMain } from '../git/worktree/work.ts';
import type { SwarmContext } from './context.ts';
import { tell } from './context.ts';
import type { Job } from './job.ts';
import { placeOf } from './job.ts';
import type { LandingResult } from './landing-desk.ts';

/** Asks the landing desk; what it says becomes a fact of the iteration. */
export async function tryLanding(context: SwarmContext, job: Job): Promise<Fact> {
  if (job.head === undefined) throw new Error('internal error: a landing before any commit');
  const { title } = job.claim.task;
  const result = await job.landings.desk.land({
    of: job.of,
    claim: job.claim.generation.n,
    title,
    head: job.head,
    base: job.base,
    approval: job.approval,
  });
  if (result.kind === 'landed') await job.landings.discount();
  if (result.kind === 'held') {
    await job.landings.add({ claim: job.claim, title, head: job.head, approval: job.approval }, result);
  }
  return factOf(context, job, result);
}

/** Merges main into the worktree, conflict markers and all; from now on that main is the work's base. */
export async function mergeMainIn(context: SwarmContext, job: Job): Promise<Fact> {
  const place = placeOf(job);
  const { tip: main, distrust } = await context.guard.main.check();
  if (main === undefined) return ended(`the branch ${context.main} is gone`);
  if (distrust !== undefined) return { kind: 'ended', outcome: { kind: 'interrupted' } };
  const merged = await mergeMain(place.slot, main);
  if (merged.kind === 'failed') return ended(merged.detail);
  job.base = main;
  return { kind: 'main-merged' };
}

function factOf(context: SwarmContext, job: Job, result: LandingResult): Fact {
  switch (result.kind) {
    case 'landed':
      return { kind: 'ended', outcome: { kind: 'landed', commit: result.commit } };
    case 'held':
      return { kind: 'ended', outcome: { kind: 'held', paths: result.paths, why: result.why } };
    case 'nothing-to-land':
      return { kind: 'unchanged', proposed: [] };
    case 'stale-claim':
      return { kind: 'ended', outcome: { kind: 'stale-claim' } };
    case 'failed':
      return ended(result.why);
    case 'verify-unavailable':
      return context.shutdown.stopping.aborted
        ? { kind: 'ended', outcome: { kind: 'interrupted' } }
        : { kind: 'ended', outcome: result };
    case 'conflict':
      tell(context, { type: 'landing:conflicted', ...job.of, paths: result.paths });
      return { kind: 'conflicted', feedback: conflictFeedback(context, result.paths) };
    case 'verify-red': {
      const text = `\`${result.command}\` failed on main plus this change, twice. The end of its output:\n\n${result.output}`;
      const feedback = { source: 'verify', text } as const;
      tell(context, { type: 'work:sent-back', ...job.of, feedback });
      return { kind: 'verify-red', feedback };
    }
    default:
      return unreachable(result);
  }
}

function conflictFeedback(context: SwarmContext, paths: readonly string[]): Feedback {
  return {
    source: 'conflict',
    text: `The work conflicts with ${context.main} in:\n${paths.map((path) => `- ${path}`).join('\n')}`,
  };
}

function ended(why: string): Fact {
  return { kind: 'ended', outcome: { kind: 'git-failed', why } };
}
