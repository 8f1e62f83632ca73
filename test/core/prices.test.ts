import { describe, expect, it } from 'vitest';
import { configSchema } from '../../src/config/schema.ts';
import { unpricedAgents, withCost } from '../../src/core/prices.ts';

const prices = {
  'gpt-5.3': { input: 2, cached_input: 0.2, output: 10 },
  'moonshot/kimi-k2.5': { input: 1, output: 4 },
  'kimi-k2.5': { input: 100, output: 100 },
};
const usage = { input: 1_000_000, cached: 400_000, output: 100_000 };

describe('the cost of a turn', () => {
  it.each([
    ['gpt-5.3', 0.6 * 2 + 0.4 * 0.2 + 0.1 * 10],
    ['openai/gpt-5.3', 0.6 * 2 + 0.4 * 0.2 + 0.1 * 10],
    ['moonshot/kimi-k2.5', 1 + 0.4],
    ['openrouter/moonshot/kimi-k2.5', 110],
  ])('comes from the price of %s', (model, cost) => {
    expect(withCost(usage, prices, model).costUsd).toBeCloseTo(cost, 9);
  });

  it('is that of the whole input where nothing came from the cache', () => {
    expect(withCost({ input: 1_000_000, output: 0 }, prices, 'gpt-5.3').costUsd).toBe(2);
  });

  it.each(['gpt-5.4', 'gpt', 'constructor', 'x/toString', '', undefined])('is not invented for %s', (model) => {
    expect(withCost(usage, prices, model)).toEqual(usage);
  });

  it('is what the CLI says where it says one', () => {
    expect(withCost({ ...usage, costUsd: 0.07 }, prices, 'gpt-5.3').costUsd).toBe(0.07);
  });
});

describe('the agents that a budget of money cannot count', () => {
  const reportsCost = (harness: string) => harness === 'claude';
  const unpriced = (config: object) =>
    unpricedAgents(configSchema(['claude', 'codex', 'gemini']).parse(config), reportsCost).map(
      ({ harness, model }) => `${harness} ${model ?? '?'}`,
    );
  const codex = { harness: 'codex', model: 'gpt-5.3' };
  const workers = [
    { name: 'a', ...codex, fallback: [{ harness: 'claude' }, { harness: 'gemini' }] },
    { name: 'b', harness: 'claude', reviewer: { harness: 'codex', model: 'gpt-6' } },
    { name: 'c', ...codex, reviewer: 'none' },
  ];
  const reviewer = { harness: 'gemini', model: 'flash' };

  it('are all whose CLI reports no cost and whose model has no price, each once', () => {
    const config = { workers, reviewer, planner: { harness: 'codex', model: 'mini' }, limits: { max_cost_usd: 1 } };
    const all = ['codex gpt-5.3', 'gemini ?', 'gemini flash', 'codex gpt-6', 'codex mini'];
    expect(unpriced(config)).toEqual(all);
    expect(unpriced({ ...config, prices: { 'gpt-5.3': { input: 1, output: 1 } } })).toEqual(all.slice(1));
  });

  it('are those of a pool when only that has a budget of money', () => {
    const [a, b, c] = workers;
    expect(unpriced({ workers: [a, { ...b, limits: { max_cost_usd: 1 } }, c], reviewer })).toEqual(['codex gpt-6']);
  });

  it.each([{ max_tokens: 5 }, { task: { max_tokens: 5 } }])('are none without one: %j', (limits) => {
    expect(unpriced({ workers, reviewer, limits })).toEqual([]);
  });

  it.each([{ task: { max_cost_usd: 5 } }, { turn: { max_cost_usd: 5 } }])('count for %j', (limits) => {
    expect(unpriced({ workers, reviewer, limits })).toContain('codex gpt-5.3');
  });
});
