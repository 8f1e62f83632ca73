import { existsSync } from 'node:fs';
import { fateOf } from '../core/outcome.ts';
import type { Outcome } from '../core/outcome.ts';
import { begin, next } from '../core/iteration.ts';
import type { Fact, Move, Step } from '../core/iteration.ts';
import { unreachable } from '../core/unreachable.ts';
import { errorCode } from '../system/files.ts';
import { commitWork } from './commit.ts';
import type { SwarmContext } from './context.ts';
import { tell } from './context.ts';
import type { Job } from './job.ts';
import { placeOf } from './job.ts';
import { mergeMainIn, tryLanding } from './job-landing.ts';
import { preparePlace } from './place.ts';
import { reviewWork } from './review.ts';
import { settleTask } from './settle.ts';
import { workTurn } from './work-turn.ts';

/**
 * One claimed task, from claim to outcome: a place to work in, then step by step what `core/iteration.ts` asks for,
 * until it asks to settle. Each step is an act here and a fact there.
 */
export async function performIteration(context: SwarmContext, job: Job): Promise<Outcome> {
  const { task } = job.claim;
  tell(context, {
    type: 'task:claimed',
    ...job.of,
    title: task.title,
    generation: job.claim.generation.n,
    attempt: (task.record.attempts ?? 0) + 1,
    from: 'pending',
  });
  const outcome = await work(context, job).catch(unexpected);
  const fate = fateOf(outcome, task.record.attempts ?? 0, context.config.limits.attempts);
  return settleTask(context, job, outcome, fate);
}

/** One iteration's bug must not take the work of the others with it; an error of the operating system's is no bug. */
function unexpected(error: unknown): Outcome {
  const why = error instanceof Error ? error.message : String(error);
  return { kind: errorCode(error) === undefined ? 'internal-error' : 'disk-failed', why };
}

async function work(context: SwarmContext, job: Job): Promise<Outcome> {
  const prepared = await preparePlace(context, job);
  if (prepared.kind === 'failed') return prepared.outcome;
  job.place = prepared.place;
  job.base = prepared.place.base;

  let move = begin(job.limits, { answered: job.session !== undefined });
  while (move.step.kind !== 'settle') {
    if (context.shutdown.draining.aborted) move = heldBack(move, context.shutdown.stopping.aborted);
    job.state = move.state;
    if (move.step.kind === 'settle') break;
    move = next(move.state, await perform(context, job, move.step));
  }
  job.state = move.state;
  return move.step.outcome;
}

async function perform(context: SwarmContext, job: Job, step: Exclude<Step, { kind: 'settle' }>): Promise<Fact> {
  switch (step.kind) {
    case 'turn':
      // Without it no agent can be started, which would look as if the CLI were broken.
      return existsSync(placeOf(job).folder) ? workTurn(context, job, step) : worktreeGone;
    case 'commit':
      return commitWork(context, job);
    case 'review':
      return reviewWork(context, job, step.round);
    case 'land':
      return tryLanding(context, job);
    case 'merge-main':
      return mergeMainIn(context, job);
    default:
      return unreachable(step);
  }
}

const worktreeGone: Fact = { kind: 'ended', outcome: { kind: 'git-failed', why: 'the worktree was deleted' } };

/** While a run drains, what is ready may still land, but no further agent is started; when it is stopped, nothing is begun. */
function heldBack(move: Move, isStopped: boolean): Move {
  const { kind } = move.step;
  if (kind === 'settle' || (!isStopped && (kind === 'commit' || kind === 'land'))) return move;
  return { ...move, step: { kind: 'settle', outcome: { kind: 'interrupted' } } };
}
