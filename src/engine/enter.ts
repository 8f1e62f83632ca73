import { setTimeout as sleep } from 'node:timers/promises';
import type { Agent } from '../config/schema-agents.ts';
import type { Failure, FailureKind } from '../core/failure.ts';
import { limitWords } from '../core/limit-words.ts';
import { agentName } from '../core/run-state.ts';
import { unreachable } from '../core/unreachable.ts';
import { noUsage } from '../core/usage.ts';
import type { Turn } from '../harness/turn.ts';
import type { Lease } from '../health/health.ts';
import type { Grant, OverBudget } from './budgets.ts';
import type { Chain } from './chain.ts';
import type { SwarmContext } from './context.ts';
import { tell } from './context.ts';

/** Leave to begin a turn: its agent's limits and all budgets have room for it. */
export type Entry =
  | {
      readonly kind: 'entered';
      /** Takes the turn. However that ends, what it took is given back, and the others are told how it went. */
      during<T extends { readonly turn: Turn }>(take: (grant: Grant) => Promise<T>): Promise<T>;
      /** Which budget ended the turn: see `Grant`. */
      passed: Grant['passed'];
      /** Whether this agent is not to be asked again: it is out of the run, or a spare can be asked while it, after so many milliseconds, still can't. */
      isBetterAsked(afterMs: number): Promise<boolean>;
    }
  /** This agent can't be asked, or not for long; somebody else can. */
  | { readonly kind: 'closed'; readonly failure: Failure }
  | { readonly kind: 'over-budget'; readonly outcome: OverBudget }
  | { readonly kind: 'stopped' };

interface Candidate {
  readonly agent: Agent;
  readonly spares: readonly Agent[];
}

/** Waits until a turn may begin: for its agent's limits, and for money that other turns have reserved. */
export async function enter(context: SwarmContext, chain: Chain<unknown>, candidate: Candidate): Promise<Entry> {
  const signal = AbortSignal.any([chain.signal, context.shutdown.draining]);
  for (;;) {
    const shut = await longShut(context, candidate);
    if (shut !== undefined) return { kind: 'closed', failure: shut };
    const admission = await admit(context, { of: chain.of, signal }, candidate);
    if (admission.kind === 'elsewhere') continue;
    if (admission.kind !== 'admitted') return admission;
    const { lease } = admission;
    const reserved = context.budgets.reserve({ task: chain.of.task, pool: chain.pool, agent: candidate.agent });
    if (reserved.kind === 'granted') return entered(context, candidate, lease, reserved.grant);
    // Before anything else, so that no end of a turn is missed.
    const changed = reserved.kind === 'wait' ? context.budgets.changed(signal) : Promise.resolve(false);
    await lease.abandoned();
    if (reserved.kind === 'over-budget') return reserved;
    const why = `for room in the budget of the ${reserved.what}: others may use what is left`;
    tell(context, { type: 'limit:waiting', ...waiterOf(chain), agent: agentName(candidate.agent), why });
    if (!(await changed)) return { kind: 'stopped' };
  }
}

function waiterOf({ of: { worker, task } }: Chain<unknown>) {
  return { worker, task };
}

function entered(context: SwarmContext, { agent, spares }: Candidate, lease: Lease, grant: Grant): Entry {
  async function leave({ ending, usage, durationMs }: Turn): Promise<void> {
    grant.settle(usage, durationMs);
    if (ending.kind === 'answered') return lease.succeeded();
    if (ending.failure.kind === 'stopped' || ending.failure.kind === 'over-budget') return lease.abandoned();
    const change = await lease.failed(ending.failure);
    if (change !== undefined) tell(context, { type: 'agent:limited', agent: agentName(agent), ...change });
  }

  /** The disk or git failed beside the turn: a place that is never given back would keep all others waiting for ever. */
  async function abandon(error: unknown): Promise<never> {
    grant.settle(noUsage, 0);
    await lease.abandoned();
    throw error;
  }

  return {
    kind: 'entered',
    passed: () => grant.passed(),
    async during(take) {
      const taken = await take(grant).catch(abandon);
      await leave(taken.turn);
      return taken;
    },
    async isBetterAsked(afterMs) {
      const state = await context.health.look(named(agent));
      const now = context.now().getTime();
      const until = Math.max(now + afterMs, state.kind === 'cooling' ? state.until : now);
      return state.kind === 'out' || (isLong(context, until) && (await anyAskable(context, spares)));
    },
  };
}

/** Why this agent is not waited for: its limit lasts longer than the config's patience, and a spare can be asked. */
async function longShut(context: SwarmContext, { agent, spares }: Candidate): Promise<Failure | undefined> {
  const state = await context.health.look(named(agent));
  if (state.kind !== 'cooling' || !isLong(context, state.until)) return undefined;
  return (await anyAskable(context, spares)) ? { kind: state.why, detail: state.detail } : undefined;
}

function isLong(context: SwarmContext, until: number): boolean {
  return until - context.now().getTime() > context.config.retry.patience;
}

/** Whether one of them can be asked, now or as soon as a turn of it has ended. */
async function anyAskable(context: SwarmContext, agents: readonly Agent[]): Promise<boolean> {
  for (const agent of agents) {
    const { kind } = await context.health.look(named(agent));
    if (kind === 'open' || kind === 'full') return true;
  }
  return false;
}

/** Waits for the agent. `elsewhere`: its limit has turned out to last long, and by now a spare can be asked. */
async function admit(context: SwarmContext, { of, signal }: Waiter, { agent, spares }: Candidate): Promise<Admission> {
  const leaving = new AbortController();
  const over = new AbortController();
  const admission = await context.health.admit(named(agent), {
    signal: AbortSignal.any([signal, leaving.signal]),
    onWait: ({ why, until }) => {
      tellWaiting(context, of, { agent, why, until });
      if (until === undefined || !isLong(context, until)) return;
      void whenAskable(context, spares, over.signal).then((can) => {
        if (can) leaving.abort();
      });
    },
  });
  over.abort();
  switch (admission.kind) {
    case 'admitted':
      return admission;
    case 'out':
      return { kind: 'closed', failure: { kind: admission.why, detail: admission.detail } };
    case 'stopped':
      return { kind: signal.aborted ? 'stopped' : 'elsewhere' };
    default:
      return unreachable(admission);
  }
}

type Admission =
  | { readonly kind: 'admitted'; readonly lease: Lease }
  | { readonly kind: 'closed'; readonly failure: Failure }
  | { readonly kind: 'stopped' }
  | { readonly kind: 'elsewhere' };

interface Waiter {
  readonly of: Chain<unknown>['of'];
  readonly signal: AbortSignal;
}

/** How often somebody who waits long looks whether a spare can be asked by now, in milliseconds. */
const lookAgainMs = 5000;

/** False when the signal is aborted before. */
async function whenAskable(context: SwarmContext, agents: readonly Agent[], signal: AbortSignal): Promise<boolean> {
  while (agents.length > 0 && !signal.aborted) {
    if (await anyAskable(context, agents)) return true;
    await sleep(lookAgainMs, undefined, { signal }).catch(() => undefined);
  }
  return false;
}

/** Says what somebody waits for; `task` is empty before a claim. */
export function tellWaiting(
  context: SwarmContext,
  { worker, task }: { readonly worker: string; readonly task: string },
  {
    agent,
    why,
    until,
  }: { readonly agent: Agent; readonly why: FailureKind | 'full'; readonly until: number | undefined },
): void {
  const name = agentName(agent);
  const end = until === undefined ? {} : { until: new Date(until).toISOString() };
  tell(context, { type: 'limit:waiting', worker, task, agent: name, why: limitWords(name, why), ...end });
}

/** An agent as its health is kept. */
export function named(agent: Agent): { readonly key: string; readonly harness: string } {
  return { key: agentName(agent), harness: agent.harness };
}
