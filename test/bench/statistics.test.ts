import { describe, expect, it } from 'vitest';
import { median, ratio, ratioSpread, steadyMs } from './statistics.ts';

describe('median', () => {
  it('is the middle value, whatever the order', () => {
    expect(median([9, 1, 5])).toBe(5);
  });

  it('is the mean of the two middle values of an even count', () => {
    expect(median([4, 1, 2, 100])).toBe(3);
  });

  it('is not a number when there is nothing', () => {
    expect(median([])).toBeNaN();
  });
});

describe('steadyMs', () => {
  it('leaves the warm-up out', () => {
    expect(steadyMs([1000, 5000, 5010, 5020, 5030], 2)).toBe(10);
  });

  it('takes completions in any order', () => {
    expect(steadyMs([30, 10, 20], 1)).toBe(10);
  });

  it('is not a number when nothing completed after the warm-up', () => {
    expect(steadyMs([1, 2], 2)).toBeNaN();
  });
});

describe('ratio', () => {
  it('compares each round with itself', () => {
    expect(ratio([20, 200, 30], [10, 100, 10])).toBe(2);
  });

  it('tells how far the rounds lie apart', () => {
    expect(ratioSpread([20, 200, 30], [10, 100, 10])).toEqual({ min: 2, max: 3 });
  });
});
