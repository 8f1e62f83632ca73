import { describe, expect, it } from 'vitest';
import { addUsage, noUsage, subtractUsage } from '../../src/core/usage.ts';

describe('the sum of two usages', () => {
  it('has all of both', () => {
    const one = { input: 100, cached: 60, output: 20, costUsd: 0.25 };
    expect(addUsage(one, { input: 10, cached: 5, output: 2, costUsd: 0.5 })).toEqual({
      input: 110,
      cached: 65,
      output: 22,
      costUsd: 0.75,
    });
  });

  it('names a cost or a cache only when one side does', () => {
    expect(addUsage({ input: 1, output: 2 }, { input: 3, output: 4 })).toStrictEqual({ input: 4, output: 6 });
    expect(addUsage(noUsage, { input: 3, cached: 2, output: 4 })).toStrictEqual({ input: 3, cached: 2, output: 4 });
    expect(addUsage(noUsage, { input: 3, output: 4, costUsd: 0 })).toStrictEqual({ input: 3, output: 4, costUsd: 0 });
  });
});

describe('the difference of two usages', () => {
  it('is what was used since', () => {
    const later = { input: 400, cached: 240, output: 80, costUsd: 0.75 };
    expect(subtractUsage(later, { input: 200, cached: 120, output: 40, costUsd: 0.5 })).toEqual({
      input: 200,
      cached: 120,
      output: 40,
      costUsd: 0.25,
    });
  });

  it('is never below zero, and names nothing that the later one does not', () => {
    const earlier = { input: 200, cached: 120, output: 40, costUsd: 0.5 };
    expect(subtractUsage({ input: 100, output: 20 }, earlier)).toStrictEqual({ input: 0, output: 0 });
    expect(subtractUsage({ input: 300, output: 60, costUsd: 0.25 }, earlier)).toStrictEqual({
      input: 100,
      output: 20,
      costUsd: 0,
    });
  });
});
