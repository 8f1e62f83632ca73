import type { Agent, Pool } from '../config/schema-agents.ts';
import { reviewerOf } from '../config/schema.ts';
import type { FailureKind } from '../core/failure.ts';
import { agentName } from '../core/run-state.ts';
import type { SwarmContext } from './context.ts';
import { named } from './enter.ts';

/** Whether a task that is claimed now could be worked on and reviewed. */
export type Askable =
  | { readonly kind: 'askable' }
  /** Not before `until` (milliseconds since the epoch), or a new login. */
  | { readonly kind: 'shut'; readonly agent: Agent; readonly why: FailureKind; readonly until: number }
  /** Not in this run; `why` is one line. */
  | { readonly kind: 'hopeless'; readonly why: string };

/** Looks whether somebody of the pool's chain, and somebody of its reviewer's, can be asked. Of two limits the later one counts. */
export async function askable(context: SwarmContext, pool: Pool): Promise<Askable> {
  const reviewer = reviewerOf(context.config, pool);
  const work = await stateOf(context, [pool, ...pool.fallback]);
  const review = reviewer === undefined ? work : await stateOf(context, [reviewer, ...reviewer.fallback]);
  if (work.kind === 'hopeless') return work;
  if (review.kind === 'hopeless') return { kind: 'hopeless', why: `nobody can review: ${review.why}` };
  if (work.kind === 'askable') return review;
  return review.kind === 'shut' && review.until > work.until ? review : work;
}

/** A chain is as good as its best agent. */
async function stateOf(context: SwarmContext, chain: readonly Agent[]): Promise<Askable> {
  const looks = await Promise.all(
    chain.map(async (agent) => ({ agent, state: await context.health.look(named(agent)) })),
  );
  if (looks.some(({ state }) => state.kind === 'open' || state.kind === 'full')) return { kind: 'askable' };
  const [soonest] = looks
    .flatMap(({ agent, state }) => (state.kind === 'cooling' ? [{ agent, why: state.why, until: state.until }] : []))
    .sort((a, b) => a.until - b.until);
  if (soonest !== undefined) return { kind: 'shut', ...soonest };
  const why = looks.map(({ agent, state }) => `${agentName(agent)}: ${'detail' in state ? state.detail : ''}`);
  return { kind: 'hopeless', why: why.join('; ') };
}
