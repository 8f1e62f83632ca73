import type { Pool } from '../config/schema-agents.ts';
import { reviewerOf } from '../config/schema.ts';
import { isInfrastructure } from '../core/failure.ts';
import { isLimit } from '../core/health.ts';
import type { Outcome } from '../core/outcome.ts';
import type { Claim } from '../core/task.ts';
import { noUsage } from '../core/usage.ts';
import type { SwarmContext } from './context.ts';
import { tell } from './context.ts';
import type { Floor } from './floor.ts';
import type { HeldLandings } from './held.ts';
import { performIteration } from './iteration.ts';
import type { Job } from './job.ts';

/** One worker of a pool. */
export interface Worker {
  /** `<pool>-<n>`. */
  readonly name: string;
  readonly pool: Pool;
}

/** How many iterations in a row may fail for reasons that have nothing to do with the task, limits of agents aside. */
const maxStrikes = 3;

/** Claims and works, one iteration after the other, until the floor closes or the worker can't go on. */
export async function runWorker(
  context: SwarmContext,
  floor: Floor,
  landings: HeldLandings,
  worker: Worker,
): Promise<void> {
  tell(context, { type: 'worker:started', worker: worker.name });
  const why = await iterate(context, floor, landings, worker);
  tell(context, { type: 'worker:stopped', worker: worker.name, why });
}

/** Gives why it ended. */
async function iterate(context: SwarmContext, floor: Floor, landings: HeldLandings, worker: Worker): Promise<string> {
  let strikes = 0;
  let struckBy: string | undefined;
  for (let iteration = 1; iteration <= (worker.pool.iterations ?? Infinity); iteration += 1) {
    const worked = await floor.work(worker, (claim) =>
      whileKept(context, claim, (lost) =>
        performIteration(context, newJob(context, landings, { worker, claim, iteration, lost })),
      ),
    );
    if (worked.kind === 'hopeless') return worked.why;
    if (worked.kind === 'closed') return whyNoClaim(context, floor, worker.pool);
    const ailment = ailmentOf(worked.result);
    if (ailment === undefined) strikes = 0;
    if (ailment === undefined || ailment.isLimit) continue;
    // A task that uses up all of its attempts here tells nothing new about the worker.
    const isSame = struckBy === worked.task && !ailment.passes;
    strikes += isSame ? 0 : 1;
    struckBy = worked.task;
    if (strikes >= maxStrikes) return ailment.detail;
    if (ailment.passes) await floor.pause(5000 * 2 ** strikes);
  }
  return 'it did all its iterations';
}

/** Works on a claim that is kept live meanwhile. */
async function whileKept<T>(context: SwarmContext, claim: Claim, work: (lost: AbortSignal) => Promise<T>): Promise<T> {
  const kept = context.heartbeat.keep(claim);
  try {
    return await work(kept.lost);
  } finally {
    kept.letGo();
  }
}

function whyNoClaim(context: SwarmContext, floor: Floor, pool: Pool): string {
  switch (floor.closed()) {
    case 'dry':
      return 'the queue is dry';
    case 'limit-reached':
      return 'a limit of the run is reached';
    case 'main-taken':
      return 'main was moved by an agent';
    case undefined:
      return context.budgets.exhausted(pool) === undefined
        ? 'the run is stopping'
        : 'the limits of its pool are reached';
  }
}

function newJob(
  context: SwarmContext,
  landings: HeldLandings,
  { worker, claim, iteration, lost }: { worker: Worker; claim: Claim; iteration: number; lost: AbortSignal },
): Job {
  const reviewer = reviewerOf(context.config, worker.pool);
  return {
    claim,
    pool: worker.pool,
    reviewer,
    limits: {
      maxTurns: context.config.limits.max_turns,
      maxRounds: reviewer?.max_rounds ?? 0,
    },
    landings,
    of: { worker: worker.name, task: claim.task.id, iteration },
    signal: AbortSignal.any([context.shutdown.stopping, lost]),
    startedAt: context.clock(),
    place: undefined,
    state: undefined,
    base: '',
    ...keptSession(worker, claim),
    head: undefined,
    files: [],
    usage: noUsage,
    reviewed: undefined,
    approval: undefined,
  };
}

/** The conversation in which the agent asked its question, where it is this worker's, and its agent is still in the chain. */
function keptSession({ name, pool }: Worker, { task }: Claim): Pick<Job, 'link' | 'session'> {
  const { session, answer } = task.record;
  const link = [pool, ...pool.fallback].findIndex(
    ({ harness, model }) => harness === session?.harness && model === session.model,
  );
  if (session?.worker !== name || answer === undefined || link === -1) return { link: 0, session: undefined };
  const { id, input = 0, output = 0, cost_usd: costUsd } = session;
  return { link, session: { id, totals: { input, output, ...(costUsd === undefined ? {} : { costUsd }) } } };
}

/** What ails the worker itself. */
interface Ailment {
  readonly detail: string;
  /** A limit of its agents', which the next claim waits for: no strike, however often. */
  readonly isLimit: boolean;
  /** Worth a pause. */
  readonly passes: boolean;
}

/** Undefined when the outcome is about the task. */
function ailmentOf(outcome: Outcome): Ailment | undefined {
  if (outcome.kind === 'agent-failed') {
    const { kind, detail } = outcome.failure;
    return { detail: `${kind}: ${detail}`, isLimit: isLimit(kind), passes: isInfrastructure(kind) };
  }
  if (outcome.kind === 'review-unavailable' && outcome.unreached === true) {
    return { detail: outcome.why, isLimit: true, passes: false };
  }
  if (outcome.kind === 'setup-failed') {
    return { detail: `\`${outcome.command}\` failed: ${outcome.why}`, isLimit: false, passes: true };
  }
  if (outcome.kind === 'verify-unavailable' && outcome.onMainToo === true) {
    return { detail: `\`${outcome.command}\` could not be run: ${outcome.why}`, isLimit: false, passes: true };
  }
  const isSurroundings = outcome.kind === 'disk-failed' || outcome.kind === 'internal-error';
  return isSurroundings ? { detail: outcome.why, isLimit: false, passes: false } : undefined;
}
