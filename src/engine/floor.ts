import { setTimeout as sleep } from 'node:timers/promises';
import type { RunEnd } from '../core/event.ts';
import type { Claim } from '../core/task.ts';
import type { Usage } from '../core/usage.ts';
import type { ClaimResult } from '../queue/queue.ts';
import type { SwarmContext } from './context.ts';
import { tell } from './context.ts';
import { hasRoom } from './disk-gate.ts';

/**
 * The shop floor: hands claims to idle workers, knows when nobody works any more, and closes when the queue is dry.
 * Waiting here forks no process and asks no model.
 */
export interface Floor {
  /** Claims the next task and performs it; undefined once the run takes no more work. Waits as long as work may still come. */
  work<T>(worker: string, perform: (claim: Claim) => Promise<T>): Promise<T | undefined>;
  /** Runs `work` as work in progress: while there is any, the queue can still grow. */
  during<T>(work: () => Promise<T>): Promise<T>;
  /** A pause that a stop cuts short. */
  pause(ms: number): Promise<void>;
  /** Why the floor closed; undefined while it is open or closed by a stop. */
  closed(): FloorEnd | undefined;
}

/** Why a floor takes no more work. */
export type FloorEnd = Extract<RunEnd, 'dry' | 'limit-reached' | 'main-taken'>;

/** What the floor asks of the rest of the run. */
export interface FloorHooks {
  /** Called when the queue is dry and nobody works; true when new tasks came. */
  refill(): Promise<boolean>;
  /** Called when nothing is ready: tasks of runs that give no sign of life come back. True when some did. */
  reclaim(): Promise<boolean>;
  /** Called between claims: landings that wait for the user's checkout. */
  betweenClaims(): Promise<void>;
  /** All that the run has used so far. */
  spent(): Usage;
}

/** How long an idle worker waits at most before it looks again, in milliseconds. */
const lookAgainMs = 2000;

/** Opens the floor of a run. */
export function openFloor(context: SwarmContext, hooks: FloorHooks): Floor {
  let busy = 0;
  let looking = 0;
  let ended = 0;
  let closed: FloorEnd | undefined;
  let refilling: Promise<boolean> | undefined;
  const begun = context.clock();
  const bell = createBell(context.shutdown.draining);

  const close = (why: FloorEnd) => {
    closed ??= why;
    bell.ring();
  };

  async function during<T>(work: () => Promise<T>): Promise<T> {
    busy += 1;
    return finish(work);
  }

  async function finish<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } finally {
      busy -= 1;
      ended += 1;
      bell.ring();
    }
  }

  /** One look at the queue. What is claimed counts as work from the same moment on. */
  async function look(worker: string): Promise<ClaimResult> {
    looking += 1;
    try {
      await hooks.betweenClaims();
      const result = await context.queue.claim({ run: context.log.id, worker });
      if (result.kind === 'claimed') busy += 1;
      return result;
    } finally {
      looking -= 1;
    }
  }

  /** Whoever still looks or works, or has ended something since `before`, may have changed the queue. */
  const isQuiet = (before: number) => busy === 0 && looking === 0 && ended === before;

  /** Nobody works and nothing is ready: one refill for all idle workers together. */
  async function refillOnce(before: number): Promise<void> {
    refilling ??= refill().finally(() => {
      refilling = undefined;
    });
    if (!(await refilling) && isQuiet(before)) close('dry');
  }

  /** Rings only when there is something new: idle workers that are woken for nothing would look, and keep each other awake. */
  async function refill(): Promise<boolean> {
    busy += 1;
    const refilled = await hooks.refill().finally(() => {
      busy -= 1;
    });
    if (refilled) bell.ring();
    return refilled;
  }

  async function nextClaim(worker: string): Promise<Claim | undefined> {
    let waiting = false;
    while (closed === undefined && !context.shutdown.draining.aborted) {
      if (isOverBudget(context, hooks.spent(), context.clock() - begun)) {
        close('limit-reached');
        break;
      }
      if (!context.guard.main.isTrusted()) {
        close('main-taken');
        break;
      }
      if (!(await hasRoom(context, worker))) break;
      const before = ended;
      const woken = bell.next();
      const result = await look(worker);
      if (result.kind === 'claimed') return result.claim;
      if (result.kind === 'unavailable') {
        // Neither dry nor a reason to plan: as soon as the disk takes claims again, it goes on.
        if (!waiting) tell(context, { type: 'worker:waiting', worker, why: `for the disk: ${result.why}` });
        waiting = true;
        // Not for news of the queue: the attempt itself moved a file there and back, and would wake us at once, for ever.
        await sleep(lookAgainMs, undefined, { signal: woken }).catch(() => undefined);
        continue;
      }
      if (await hooks.reclaim()) continue;
      const others = isQuiet(before) && result.kind === 'waiting' && (await othersWork(context));
      if (!others && isQuiet(before)) {
        await refillOnce(before);
        continue;
      }
      if (!waiting && (others || busy > 0)) {
        const why =
          result.kind === 'dry'
            ? 'for others: nothing is pending'
            : `for others: ${String(result.pending)} pending, none ready yet`;
        tell(context, { type: 'worker:waiting', worker, why });
        waiting = true;
      }
      await context.queue.changed(lookAgainMs, woken);
    }
    return undefined;
  }

  return {
    during,
    closed: () => closed,
    async pause(ms) {
      await sleep(ms, undefined, { signal: context.shutdown.draining }).catch(() => undefined);
    },
    async work(worker, perform) {
      const claim = await nextClaim(worker);
      return claim === undefined ? undefined : finish(() => perform(claim));
    },
  };
}

/** Whether a task lies in `current/` that another run works on: it may free what ours wait for. */
async function othersWork(context: SwarmContext): Promise<boolean> {
  const { tasks } = await context.queue.list();
  return tasks.some(
    ({ state, owner, task }) =>
      state === 'current' && owner !== undefined && owner.run !== context.log.id && task.record.outcome !== 'held',
  );
}

function isOverBudget(context: SwarmContext, spent: Usage, ranMs: number): boolean {
  const { max_cost_usd: cost, max_tokens: tokens, max_runtime: runtime } = context.config.limits;
  return (
    (cost !== undefined && (spent.costUsd ?? 0) >= cost) ||
    (tokens !== undefined && spent.input + spent.output >= tokens) ||
    (runtime !== undefined && ranMs >= runtime)
  );
}

/** Wakes all who wait; `next()` is a signal that is aborted by the next ring, or by `also`. */
function createBell(also: AbortSignal): { ring(): void; next(): AbortSignal } {
  let current = new AbortController();
  return {
    ring() {
      current.abort();
      current = new AbortController();
    },
    next: () => AbortSignal.any([current.signal, also]),
  };
}
