import { agentName } from './run-state.ts';
import type { Usage } from './usage.ts';

/** What a model costs, as in the config: US dollars for a million tokens. */
export interface Price {
  readonly input: number;
  /** As `input` when left out. */
  readonly cached_input?: number;
  readonly output: number;
}

/** Prices by the name of the model. */
export type Prices = Readonly<Record<string, Price>>;

/** A harness and its model. */
interface PricedAgent {
  readonly harness: string;
  readonly model?: string;
}

/** The part of the config that says who is asked, what that costs, and what it may cost. */
export interface PricedConfig {
  readonly limits: CostLimit & { readonly task?: CostLimit; readonly turn?: CostLimit };
  readonly workers: readonly (Asked & {
    readonly limits?: CostLimit;
    readonly reviewer?: 'none' | Asked;
  })[];
  readonly reviewer?: Asked;
  readonly planner?: Asked;
  readonly prices: Prices;
}

interface CostLimit {
  readonly max_cost_usd?: number;
}

type Asked = PricedAgent & { readonly fallback: readonly PricedAgent[] };

/** The usage with its cost: the CLI's own where it reported one, else by the price of the model, else none. */
export function withCost(usage: Usage, prices: Prices, model: string | undefined): Usage {
  const price = priceOf(prices, model);
  if (usage.costUsd !== undefined || price === undefined) return usage;
  return { ...usage, costUsd: costOf(usage, price) };
}

/** The agents whose cost nobody knows and a `max_cost_usd` would have to count. `reportsCost`: whether that CLI tells it. */
export function unpricedAgents(
  config: PricedConfig,
  reportsCost: (harness: string) => boolean,
): readonly PricedAgent[] {
  const unpriced = counted(config).filter(
    ({ harness, model }) => !reportsCost(harness) && priceOf(config.prices, model) === undefined,
  );
  return [...new Map(unpriced.map((agent) => [agentName(agent), agent])).values()];
}

/** `` `max_cost_usd` can't count codex gpt-5.3: it reports tokens only; add it under `prices` ``: for doctor and the start. */
export function unpricedWords(agent: { readonly harness: string; readonly model?: string }): string {
  const remedy = agent.model === undefined ? 'name its `model`, and add that under `prices`' : 'add it under `prices`';
  return `\`max_cost_usd\` can't count ${agentName(agent)}: it reports tokens only; ${remedy}`;
}

/** Those that some budget of money counts: a pool's own budget only its workers and their reviewers. */
function counted({ limits, workers, reviewer, planner }: PricedConfig): PricedAgent[] {
  const all = [limits, limits.task, limits.turn].some(isSet);
  const pools = workers.filter((pool) => all || isSet(pool.limits));
  const asked = pools.flatMap((pool) => [pool, pool.reviewer ?? reviewer ?? 'none']);
  return [...asked, ...(all && planner !== undefined ? [planner] : [])].flatMap((each) =>
    each === 'none' ? [] : [each, ...each.fallback],
  );
}

function isSet(limit: CostLimit | undefined): boolean {
  return limit?.max_cost_usd !== undefined;
}

/** Under the name as it is in the config, or what is behind its last `/`: `openrouter/moonshot/kimi-k2.5` is `kimi-k2.5`. */
function priceOf(prices: Prices, model: string | undefined): Price | undefined {
  if (model === undefined) return undefined;
  const name = [model, model.slice(model.lastIndexOf('/') + 1)].find((each) => Object.hasOwn(prices, each));
  return name === undefined ? undefined : prices[name];
}

/** US dollars. */
function costOf({ input, cached = 0, output }: Usage, price: Price): number {
  const { cached_input: cachedInput = price.input } = price;
  return ((input - cached) * price.input + cached * cachedInput + output * price.output) / 1e6;
}
