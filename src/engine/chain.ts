import { setTimeout as sleep } from 'node:timers/promises';
import type { Agent } from '../config/schema-agents.ts';
import type { AgentRole } from '../core/asking-events.ts';
import type { Failure } from '../core/failure.ts';
import type { Outcome } from '../core/outcome.ts';
import { retryAfter } from '../core/retry.ts';
import type { Tries } from '../core/retry.ts';
import { agentName } from '../core/run-state.ts';
import type { Turn } from '../harness/turn.ts';
import type { Grant } from './budgets.ts';
import type { SwarmContext } from './context.ts';
import { tell } from './context.ts';
import { enter } from './enter.ts';

/** Who is asked, one after the other, until one brings a result. */
export interface Chain<T> {
  readonly role: AgentRole;
  readonly of: { readonly worker: string; readonly task: string; readonly iteration: number };
  /** Whose budget its turns count in; the planner belongs to no pool. */
  readonly pool?: string;
  readonly agents: readonly Agent[];
  /** The first one to ask; those before it come last. */
  readonly from: number;
  /** Ends the agent at once. */
  readonly signal: AbortSignal;
  /** Takes one turn of an agent. */
  take(turn: ChainTurn): Promise<Taken<T>>;
}

/** One turn that a chain asks for. */
export interface ChainTurn {
  readonly agent: Agent;
  /** Its place in the chain. */
  readonly link: number;
  /** 1, 2, 3 … over the whole chain. */
  readonly try: number;
  /** The session of the try before is of no use. */
  readonly fresh: boolean;
  readonly grant: Grant;
}

/** A turn, and what it comes to. */
export interface Taken<T> {
  readonly turn: Turn;
  readonly reply:
    | { readonly kind: 'result'; readonly result: T }
    /** It answered, and the answer can't be used: asking it again would be shopping for another one. */
    | { readonly kind: 'unusable'; readonly why: string }
    | { readonly kind: 'failed'; readonly failure: Failure };
}

/** Why one agent of a chain brought no result. */
export interface Trouble {
  /** `claude sonnet`. */
  readonly agent: string;
  readonly why: string;
  /** Missing where it answered, and the answer could not be used. */
  readonly failure?: Failure;
}

/** How asking a chain ended. */
export type ChainEnd<T> =
  | { readonly kind: 'result'; readonly result: T; readonly link: number }
  /** Nobody brought a result. */
  | { readonly kind: 'none'; readonly troubles: readonly [Trouble, ...Trouble[]] }
  | { readonly kind: 'stopped' }
  | { readonly kind: 'over-budget'; readonly outcome: Extract<Outcome, { kind: 'over-budget' }> };

/**
 * Asks a chain. A turn without a result is tried again as far as the CLI's retry policy goes, then the next agent is asked;
 * a readable answer, whatever it says, ends it. An agent that stands in the chain twice is asked once.
 */
export async function askChain<T>(context: SwarmContext, chain: Chain<T>): Promise<ChainEnd<T>> {
  const links = order(chain);
  const troubles: Trouble[] = [];
  const count = { tries: 0 };
  for (const [index, link] of links.entries()) {
    const spares = links.slice(index + 1).map(({ agent }) => agent);
    const end = await askLink(context, chain, { ...link, spares, count });
    if (end.kind !== 'trouble') return end;
    troubles.push(end.trouble);
    const [next] = spares;
    if (next === undefined) break;
    const { agent, why } = end.trouble;
    tell(context, { type: 'chain:advanced', ...chain.of, role: chain.role, agent, to: agentName(next), why });
  }
  const [first, ...rest] = troubles;
  if (first === undefined) throw new Error('internal error: a chain without agents');
  return { kind: 'none', troubles: [first, ...rest] };
}

/** What an iteration comes to when its chain was not asked to the end. */
export function cutShort(end: Extract<ChainEnd<never>, { kind: 'stopped' | 'over-budget' }>): Outcome {
  return end.kind === 'over-budget' ? end.outcome : { kind: 'interrupted' };
}

interface Link {
  readonly agent: Agent;
  readonly link: number;
}

/** Every agent once, from the one that works now on, then those before it. */
function order<T>({ agents, from }: Chain<T>): Link[] {
  const links = agents.map((agent, link) => ({ agent, link }));
  const rotated = [...links.slice(from), ...links.slice(0, from)];
  const names = rotated.map(({ agent }) => agentName(agent));
  return rotated.filter((_, index) => names.indexOf(names[index] ?? '') === index);
}

interface LinkToAsk extends Link {
  /** Who would be asked next. */
  readonly spares: readonly Agent[];
  /** Shared by all links of the chain. */
  readonly count: { tries: number };
}

type LinkEnd<T> = Exclude<ChainEnd<T>, { kind: 'none' }> | { readonly kind: 'trouble'; readonly trouble: Trouble };

/** Asks one agent, again and again as far as that is worth it. */
async function askLink<T>(context: SwarmContext, chain: Chain<T>, asked: LinkToAsk): Promise<LinkEnd<T>> {
  const { agent, link, spares, count } = asked;
  const name = agentName(agent);
  const about = { ...chain.of, role: chain.role, agent: name };
  let tries: Tries = { made: 0, freshened: false, backoffMs: context.config.retry.backoff };
  for (let fresh = false; ;) {
    const entry = await enter(context, chain, { agent, spares });
    if (entry.kind === 'closed') return trouble(name, entry.failure);
    if (entry.kind !== 'entered') return entry;
    count.tries += 1;
    const { reply } = await entry.during((grant) => chain.take({ agent, link, try: count.tries, fresh, grant }));
    if (reply.kind === 'result') {
      if (tries.made > 0 || tries.freshened) tell(context, { type: 'retry:succeeded', ...about, try: count.tries });
      return { kind: 'result', result: reply.result, link };
    }
    if (reply.kind === 'unusable') return { kind: 'trouble', trouble: { agent: name, why: reply.why } };
    const { failure } = reply;
    if (failure.kind === 'stopped') return { kind: 'stopped' };
    const over = failure.kind === 'over-budget' ? entry.passed() : undefined;
    if (over !== undefined) return { kind: 'over-budget', outcome: over };
    const plan = retryAfter(context.harness(agent.harness).retry, failure, tries);
    if (plan.kind === 'advance' || (await entry.isBetterAsked(plan.afterMs))) return trouble(name, failure);
    tries = { ...tries, ...(plan.fresh ? { freshened: true } : { made: tries.made + 1 }) };
    fresh = plan.fresh;
    const { kind, detail } = failure;
    const planned = { failure: { kind, detail }, try: count.tries + 1, afterMs: plan.afterMs };
    tell(context, { type: 'retry:planned', ...about, ...planned });
    // Whoever enters waits for a time that was named, too, and leaves when a spare can be asked meanwhile.
    const isLong = failure.retryAfterMs !== undefined && plan.afterMs > context.config.retry.patience;
    if (!(await pause(context, chain, isLong ? 0 : plan.afterMs))) return { kind: 'stopped' };
  }
}

function trouble(agent: string, failure: Failure): { readonly kind: 'trouble'; readonly trouble: Trouble } {
  return { kind: 'trouble', trouble: { agent, why: `${failure.kind}: ${failure.detail}`, failure } };
}

/** False when the run is asked to stop meanwhile: nothing new is begun then. */
async function pause<T>(context: SwarmContext, { signal }: Chain<T>, ms: number): Promise<boolean> {
  const until = AbortSignal.any([signal, context.shutdown.draining]);
  if (until.aborted) return false;
  if (ms === 0) return true;
  return sleep(ms, true, { signal: until }).catch(() => false);
}
