import type { Pool } from '../config/schema-agents.ts';
import { reviewerOf } from '../config/schema.ts';
import { isInfrastructure } from '../core/failure.ts';
import type { FailureKind } from '../core/failure.ts';
import type { Outcome } from '../core/outcome.ts';
import type { Claim } from '../core/task.ts';
import { noUsage } from '../core/usage.ts';
import { unreachable } from '../core/unreachable.ts';
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

/** How many iterations in a row may fail for reasons that have nothing to do with the task. */
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
  for (let iteration = 1; iteration <= (worker.pool.iterations ?? Infinity); iteration += 1) {
    const outcome = await floor.work(worker.name, (claim) =>
      whileKept(context, claim, (lost) =>
        performIteration(context, newJob(context, landings, { worker, claim, iteration, lost })),
      ),
    );
    if (outcome === undefined) return whyNoClaim[floor.closed() ?? 'stopping'];
    const ailment = ailmentOf(outcome);
    strikes = ailment === undefined ? 0 : strikes + 1;
    if (ailment === undefined) continue;
    if (isFinal(ailment.kind) || strikes >= maxStrikes) return `${worker.pool.harness}: ${ailment.detail}`;
    if (ailment.kind !== 'surroundings' && isInfrastructure(ailment.kind)) await floor.pause(5000 * 2 ** strikes);
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

const whyNoClaim = {
  dry: 'the queue is dry',
  'limit-reached': 'a limit of the run is reached',
  'main-taken': 'main was moved by an agent',
  stopping: 'the run is stopping',
} as const;

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
      links: 1 + worker.pool.fallback.length,
    },
    landings,
    of: { worker: worker.name, task: claim.task.id, iteration },
    signal: AbortSignal.any([context.shutdown.stopping, lost]),
    startedAt: context.clock(),
    place: undefined,
    state: undefined,
    base: '',
    session: undefined,
    head: undefined,
    files: [],
    usage: noUsage,
    approval: undefined,
  };
}

/** What ails the worker itself, when the outcome says nothing about the task. */
function ailmentOf(
  outcome: Outcome,
): { readonly kind: FailureKind | 'surroundings'; readonly detail: string } | undefined {
  if (outcome.kind === 'agent-failed') return outcome.failure;
  if (outcome.kind === 'setup-failed' || outcome.kind === 'disk-failed' || outcome.kind === 'internal-error')
    return { kind: 'surroundings', detail: outcome.why };
  return undefined;
}

/** Ailments that waiting does not heal. */
function isFinal(kind: FailureKind | 'surroundings'): boolean {
  switch (kind) {
    case 'not-installed':
    case 'spawn-failed':
    case 'auth':
    case 'quota':
    case 'model-unknown':
      return true;
    case 'rate-limited':
    case 'overloaded':
    case 'network':
    case 'context-full':
    case 'session-gone':
    case 'session-in-use':
    case 'permission-denied':
    case 'state-locked':
    case 'attach-unreachable':
    case 'no-output':
    case 'no-final-message':
    case 'output-too-large':
    case 'timeout':
    case 'silent':
    case 'stopped':
    case 'crashed':
    case 'unknown':
    case 'surroundings':
      return false;
    default:
      return unreachable(kind);
  }
}
