import type { Outcome } from '../core/outcome.ts';
import type { Claim } from '../core/task.ts';
import { noUsage } from '../core/usage.ts';
import { holdSignature } from '../git/landing/landing.ts';
import type { SettleResult } from '../queue/queue.ts';
import type { SwarmContext } from './context.ts';
import { tell } from './context.ts';
import type { KeptClaim } from './heartbeat.ts';
import type { LandingDesk, LandingResult } from './landing-desk.ts';
import { tellIfUnsettled } from './unsettled.ts';

/** Approved work that waits for the user's checkout. */
export interface Held {
  readonly claim: Claim;
  readonly title: string;
  /** Tip of the approved work. */
  readonly head: string;
  readonly approval: string | undefined;
}

/** What is in the way. */
export interface Hindrance {
  readonly paths: readonly string[];
  readonly checkout: string;
}

/** Landings that wait. They land by themselves once the user's checkout lets them. */
export interface HeldLandings {
  readonly desk: LandingDesk;
  add(held: Held, hindrance: Hindrance): Promise<void>;
  /** Tries at once, and waits on if it is still held. */
  attempt(held: Held): Promise<void>;
  /** Tries those again whose hindrance has changed; costs a few stat calls when nothing did. */
  retryChanged(): Promise<void>;
  /** After a landing of our own, which changes the checkout as well: that is no news for those who wait. */
  discount(): Promise<void>;
  /** Tries all of them, changed or not. */
  retryAll(): Promise<void>;
}

interface Waiting {
  readonly hindrance: Hindrance;
  readonly kept: KeptClaim;
  /** The state of the checkout at the last attempt. */
  readonly signature: string;
}

/** The held landings of a run. In the log, each attempt is an iteration of a worker called `held`. */
export function openHeldLandings(context: SwarmContext, desk: LandingDesk): HeldLandings {
  const waiting = new Map<Held, Waiting>();
  let busy = false;
  let attempts = 0;

  async function wait(held: Held, hindrance: Hindrance): Promise<void> {
    const kept = waiting.get(held)?.kept ?? context.heartbeat.keep(held.claim);
    waiting.set(held, { hindrance, kept, signature: await holdSignature(hindrance.checkout, hindrance.paths) });
  }

  function endWait(held: Held): void {
    waiting.get(held)?.kept.letGo();
    waiting.delete(held);
  }

  async function attempt(held: Held): Promise<void> {
    attempts += 1;
    const of = { worker: 'held', task: held.claim.task.id, iteration: attempts };
    const begun = context.clock();
    tell(context, {
      type: 'task:claimed',
      ...of,
      title: held.title,
      generation: held.claim.generation.n,
      attempt: (held.claim.task.record.attempts ?? 0) + 1,
      from: 'held',
    });
    const result = await desk.land({
      of,
      claim: held.claim.generation.n,
      title: held.title,
      head: held.head,
      base: undefined,
      approval: held.approval,
    });
    if (result.kind === 'held') await wait(held, result);
    else endWait(held);
    const settled = await settle(context, held, result);
    tell(context, {
      type: 'iteration:ended',
      ...of,
      ...settled,
      attempt: (held.claim.task.record.attempts ?? 0) + 1,
      attempts: context.config.limits.attempts,
      turns: 0,
      rounds: 0,
      usage: noUsage,
      ms: Math.round(context.clock() - begun),
    });
  }

  /** Several workers come by between their claims; one of them at a time is enough. */
  async function alone(due: () => Promise<readonly Held[]>): Promise<void> {
    if (busy || waiting.size === 0) return;
    busy = true;
    try {
      for (const held of await due()) await attempt(held);
    } finally {
      busy = false;
    }
  }

  return {
    desk,
    add: wait,
    attempt,
    retryChanged: () =>
      alone(async () => {
        const due: Held[] = [];
        for (const [held, { hindrance, signature }] of waiting) {
          if ((await holdSignature(hindrance.checkout, hindrance.paths)) !== signature) due.push(held);
        }
        return due;
      }),
    async discount() {
      for (const [held, { hindrance }] of waiting) await wait(held, hindrance);
    },
    retryAll: () => alone(() => Promise.resolve([...waiting.keys()])),
  };
}

interface Settled {
  readonly outcome: Outcome;
  readonly transition: 'complete' | 'stay' | 'release' | 'none';
}

/** Landed: complete. Still held: stays. Anything else (it conflicts by now, a check is red): back, with its rescue ref. */
async function settle(context: SwarmContext, { claim }: Held, result: LandingResult): Promise<Settled> {
  const at = context.now().toISOString();
  switch (result.kind) {
    case 'landed': {
      const record = { outcome: 'landed', commit: result.commit, at };
      return settledAs(context, claim, await context.queue.settle(claim, { kind: 'complete', record }), {
        outcome: { kind: 'landed', commit: result.commit },
        transition: 'complete',
      });
    }
    case 'held':
      return { outcome: { kind: 'held', paths: result.paths, why: result.why }, transition: 'stay' };
    case 'stale-claim':
      return stale;
    case 'nothing-to-land':
    case 'conflict':
    case 'verify-red':
    case 'verify-unavailable':
    case 'failed': {
      const feedback = `The work was approved and held back by the checkout; then it could not land (${result.kind}). It is kept: start from it.`;
      const record = { outcome: 'interrupted', feedback, at };
      return settledAs(context, claim, await context.queue.settle(claim, { kind: 'release', record }), {
        outcome: { kind: 'interrupted' },
        transition: 'release',
      });
    }
  }
}

const stale: Settled = { outcome: { kind: 'stale-claim' }, transition: 'none' };

function settledAs(context: SwarmContext, { task }: Claim, result: SettleResult, settled: Settled): Settled {
  tellIfUnsettled(context, task.id, result);
  if (result.kind === 'stale-claim') return stale;
  return result.kind === 'settled' ? settled : { ...settled, transition: 'none' };
}
