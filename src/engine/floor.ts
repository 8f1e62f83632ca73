import { setTimeout as sleep } from 'node:timers/promises';
import type { RunEnd } from '../core/event.ts';
import type { Claim } from '../core/task.ts';
import type { ClaimResult } from '../queue/queue.ts';
import type { SwarmContext } from './context.ts';
import { tell } from './context.ts';
import { askable } from './askable.ts';
import { hasRoom } from './disk-gate.ts';
import { tellWaiting } from './enter.ts';
import type { Worker } from './worker.ts';

/**
 * The shop floor: hands claims to idle workers, knows when nobody works any more, and closes when the queue is dry.
 * Waiting here forks no process and asks no model.
 */
export interface Floor {
  /** Claims the next task and performs it. Waits as long as work may still come. */
  work<T>(worker: Worker, perform: (claim: Claim) => Promise<T>): Promise<Worked<T>>;
  /** Runs `work` as work in progress: while there is any, the queue can still grow. */
  during<T>(work: () => Promise<T>): Promise<T>;
  /** A pause that a stop cuts short. */
  pause(ms: number): Promise<void>;
  /** Why the floor closed; undefined while it is open or closed by a stop. */
  closed(): FloorEnd | undefined;
}

/** What came of asking for work. */
export type Worked<T> =
  | { readonly kind: 'done'; readonly task: string; readonly result: T }
  /** The run takes no more work, or the pool of this worker has used what it may. */
  | { readonly kind: 'closed' }
  /** Nobody can do this worker's work in this run; `why` is one line. */
  | { readonly kind: 'hopeless'; readonly why: string };

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
}

/** How long an idle worker waits at most before it looks again, in milliseconds. */
const lookAgainMs = 2000;

/** The same for a worker whose agents have met a limit: a new login ends that early. */
const askAgainMs = 5000;

/** Opens the floor of a run. */
export function openFloor(context: SwarmContext, hooks: FloorHooks): Floor {
  let busy = 0;
  let looking = 0;
  let ended = 0;
  let closed: FloorEnd | undefined;
  let refilling: Promise<boolean> | undefined;
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

  async function nextClaim({ name: worker, pool }: Worker): Promise<Claim | Exclude<Worked<never>, { kind: 'done' }>> {
    let waiting = false;
    let shutUntil: number | undefined;
    while (closed === undefined && !context.shutdown.draining.aborted) {
      const spent = context.budgets.exhausted(pool);
      if (spent !== undefined) {
        // A pool that has used what it may leaves the queue to the others.
        if (spent.scope === 'run') close('limit-reached');
        break;
      }
      if (!context.guard.main.isTrusted()) {
        close('main-taken');
        break;
      }
      if (!(await hasRoom(context, worker))) break;
      const before = ended;
      const woken = bell.next();
      const able = await askable(context, pool);
      if (able.kind === 'hopeless') return able;
      // What nobody can work on now stays where others find it.
      if (able.kind === 'shut' && (await context.queue.counts()).pending > 0) {
        if (shutUntil !== able.until) tellWaiting(context, { worker, task: '' }, able);
        shutUntil = able.until;
        // No agent is needed for what only waits for the user's checkout.
        await hooks.betweenClaims();
        const ms = Math.min(askAgainMs, Math.max(0, able.until - context.now().getTime()));
        await sleep(ms, undefined, { signal: woken }).catch(() => undefined);
        continue;
      }
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
    return { kind: 'closed' };
  }

  return {
    during,
    closed: () => closed,
    async pause(ms) {
      await sleep(ms, undefined, { signal: context.shutdown.draining }).catch(() => undefined);
    },
    async work(worker, perform) {
      const claim = await nextClaim(worker);
      return 'kind' in claim
        ? claim
        : { kind: 'done', task: claim.task.id, result: await finish(() => perform(claim)) };
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
