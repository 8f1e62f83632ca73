import { setTimeout as sleep } from 'node:timers/promises';
import type { Claim } from '../core/task.ts';
import type { Usage } from '../core/usage.ts';
import type { SwarmContext } from './context.ts';
import { tell } from './context.ts';

/**
 * The shop floor: hands claims to idle workers, knows when nobody works any more, and closes when the queue is dry.
 * Waiting here forks no process and asks no model.
 */
export interface Floor {
  /** The next claim; undefined once the run takes no more work. Waits as long as work may still come. */
  nextClaim(worker: string): Promise<Claim | undefined>;
  /** Runs `work` as work in progress: while there is any, the queue can still grow. */
  during<T>(work: () => Promise<T>): Promise<T>;
  /** A pause that a stop cuts short. */
  pause(ms: number): Promise<void>;
  /** Why the floor closed; undefined while it is open or closed by a stop. */
  closed(): 'dry' | 'limit-reached' | undefined;
}

/** What the floor asks of the rest of the run. */
export interface FloorHooks {
  /** Called when the queue is dry and nobody works; true when new tasks came. */
  refill(): Promise<boolean>;
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
  let closed: 'dry' | 'limit-reached' | undefined;
  let refilling: Promise<boolean> | undefined;
  const begun = context.clock();
  const bell = createBell(context.shutdown.draining);

  const close = (why: 'dry' | 'limit-reached') => {
    closed ??= why;
    bell.ring();
  };

  async function during<T>(work: () => Promise<T>): Promise<T> {
    busy += 1;
    try {
      return await work();
    } finally {
      busy -= 1;
      bell.ring();
    }
  }

  /** Nobody works and nothing is ready: one refill for all idle workers together. */
  async function refillOnce(): Promise<void> {
    refilling ??= during(() => hooks.refill()).finally(() => {
      refilling = undefined;
    });
    if (!(await refilling) && busy === 0) close('dry');
  }

  return {
    during,
    closed: () => closed,
    async pause(ms) {
      await sleep(ms, undefined, { signal: context.shutdown.draining }).catch(() => undefined);
    },
    async nextClaim(worker) {
      let waiting = false;
      while (closed === undefined && !context.shutdown.draining.aborted) {
        if (isOverBudget(context, hooks.spent(), context.clock() - begun)) {
          close('limit-reached');
          break;
        }
        await hooks.betweenClaims();
        const woken = bell.next();
        const result = await context.queue.claim({ run: context.log.id, worker });
        if (result.kind === 'claimed') return result.claim;
        if (busy === 0 && (result.kind === 'dry' || !(await othersWork(context)))) {
          await refillOnce();
          continue;
        }
        if (!waiting) {
          const why =
            result.kind === 'dry'
              ? 'nothing is pending while others work'
              : `${String(result.pending)} pending, none ready yet`;
          tell(context, { type: 'worker:waiting', worker, why });
          waiting = true;
        }
        await context.queue.changed(lookAgainMs, woken);
      }
      return undefined;
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
