import type { RunEnd, WorkerInfo } from '../core/event.ts';
import { eventFormat } from '../core/event.ts';
import { sweepBranches } from '../git/rescue/rescue.ts';
import { liveRunIds } from '../runs/read-runs.ts';
import type { SwarmContext } from './context.ts';
import { tell } from './context.ts';
import { openFloor } from './floor.ts';
import type { FloorEnd } from './floor.ts';
import { openHeldLandings } from './held.ts';
import type { HeldLandings } from './held.ts';
import { openLandingDesk } from './landing-desk.ts';
import { openPlanner } from './planner.ts';
import { openReclaim } from './reclaim.ts';
import { recover } from './recovery.ts';
import { openVerifier } from './verifier.ts';
import { runWorker } from './worker.ts';
import type { Worker } from './worker.ts';

/** One run from start to end: puts right what an earlier one left, then lets planner and workers do until the queue is dry. */
export async function runSwarm(context: SwarmContext): Promise<RunEnd> {
  const workers = workersOf(context);
  const landings = openHeldLandings(context, openLandingDesk(context, openVerifier(context)));
  const planner = openPlanner(context);
  const floor = openFloor(context, {
    refill: () => planner.plan(),
    reclaim: openReclaim(context),
    betweenClaims: () => landings.retryChanged(),
  });
  await tellStart(context, workers);
  sayWhenStopping(context);
  await recover(context, landings);

  const firstPlanning = floor.during(() => planner.plan());
  const parts = await Promise.allSettled([
    tellUnreadable(context),
    firstPlanning,
    ...workers.map((worker) => runWorker(context, floor, landings, worker)),
  ]);
  const bug = parts.find((part) => part.status === 'rejected');
  const why = await endOf(context, floor.closed(), landings);
  await leaveFolders(context, bug === undefined);
  tell(context, { type: 'run:ended', why, pending: (await context.queue.counts()).pending });
  if (bug !== undefined) throw bug.reason;
  return why;
}

/**
 * Worktrees stay for the next run, on no branch; the branches of this one go as far as main or a rescue ref has their work.
 * After a bug (`isTidy` false) nothing is touched: what is in the worktrees may not have been kept.
 */
async function leaveFolders(context: SwarmContext, isTidy: boolean): Promise<void> {
  const { worktrees, repository, refs, objects, main, log } = context;
  await worktrees.close(isTidy ? await objects.resolve(`refs/heads/${main}`) : undefined);
  if (!isTidy) return;
  await sweepBranches(repository, { prefix: `oompa/${log.id}/`, refs });
}

function sayWhenStopping(context: SwarmContext): void {
  const { draining, stopping } = context.shutdown;
  const say = (why: string) => () => {
    tell(context, { type: 'run:draining', why });
  };
  draining.addEventListener('abort', say('agents finish their turn; Ctrl-C again ends them now'), {
    once: true,
  });
  stopping.addEventListener('abort', say('agents are ended now, their work is kept'), { once: true });
}

/** `<pool>-<n>` for every pool, in the order of the config. */
export function workersOf(context: Pick<SwarmContext, 'config'>): Worker[] {
  return context.config.workers.flatMap((pool) =>
    Array.from({ length: pool.count }, (_, index) => ({ name: `${pool.name}-${String(index + 1)}`, pool })),
  );
}

async function tellStart(context: SwarmContext, workers: readonly Worker[]): Promise<void> {
  const { limits } = context.config;
  const beside = (await liveRunIds(context.repository.root)).filter((id) => id !== context.log.id);
  tell(context, {
    type: 'run:started',
    schema: eventFormat,
    run: context.log.id,
    version: context.version,
    pid: process.pid,
    host: context.host,
    branch: context.main,
    base: (await context.objects.resolve(`refs/heads/${context.main}`)) ?? '',
    workers: workers.map(infoOf),
    pending: (await context.queue.counts()).pending,
    ...(beside.length === 0 ? {} : { beside }),
    ...(limits.max_cost_usd === undefined ? {} : { maxCostUsd: limits.max_cost_usd }),
    ...(limits.max_tokens === undefined ? {} : { maxTokens: limits.max_tokens }),
  });
}

/** Reads every task file, which takes a while for very many: workers do not wait for it. */
async function tellUnreadable(context: SwarmContext): Promise<void> {
  for (const { path, line, column, message } of (await context.queue.list()).unreadable) {
    tell(context, { type: 'task:unreadable', path, line, column, message });
  }
}

function infoOf({ name, pool }: Worker): WorkerInfo {
  return { name, pool: pool.name, harness: pool.harness, ...(pool.model === undefined ? {} : { model: pool.model }) };
}

async function endOf(context: SwarmContext, closed: FloorEnd | undefined, landings: HeldLandings): Promise<RunEnd> {
  if (context.shutdown.stopping.aborted) return 'interrupted';
  await landings.retryAll();
  if (context.shutdown.draining.aborted) return 'drained';
  if (closed !== undefined) return closed;
  const { pending } = await context.queue.counts();
  if (pending === 0) return 'dry';
  return context.config.workers.every(({ iterations }) => iterations !== undefined)
    ? 'iterations-done'
    : 'workers-stopped';
}
