import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { editDistance, nearest } from '../../src/core/nearest.ts';

const keys = ['name', 'count', 'harness', 'model', 'max_pending', 'can_plan', 'reviewer', 'workers'];

describe('nearest', () => {
  it.each([
    ['harnes', 'harness'],
    ['harnness', 'harness'],
    ['ahrness', 'harness'],
    ['Harness', 'harness'],
    ['max-pending', 'max_pending'],
    ['maxPending', 'max_pending'],
    ['worker', 'workers'],
    ['modle', 'model'],
  ])('takes %s for %s', (word, meant) => expect(nearest(word, keys)).toBe(meant));

  it.each(['', '-', 'zebra', 'x', 'na', 'timeout', 'h'.repeat(5000)])('takes %j for none of the known words', (word) =>
    expect(nearest(word, keys)).toBeUndefined(),
  );

  it('prefers the closer word, and of equally close ones the first', () => {
    expect(nearest('clone', ['close', 'clones', 'clone'])).toBe('clone');
    expect(nearest('cat', ['bat', 'rat'])).toBe('bat');
  });
});

describe('editDistance', () => {
  it.each([
    ['', '', 0],
    ['', 'abc', 3],
    ['abc', '', 3],
    ['cluade', 'claude', 1],
    ['kitten', 'sitting', 3],
  ])('of %j and %j is %i', (a, b, distance) => expect(editDistance(a, b)).toBe(distance));

  it('is the same both ways, 0 only for equal words, and never above the longer length', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 12 }), fc.string({ maxLength: 12 }), (a, b) => {
        const distance = editDistance(a, b);
        expect(distance).toBe(editDistance(b, a));
        expect(distance === 0).toBe(a === b);
        expect(distance).toBeLessThanOrEqual(Math.max(a.length, b.length));
      }),
    );
  });

  it('of one removed character is 1', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1, maxLength: 12 }), fc.nat(), (word, seed) => {
        const index = seed % word.length;
        expect(editDistance(word, word.slice(0, index) + word.slice(index + 1))).toBe(1);
      }),
    );
  });
});
