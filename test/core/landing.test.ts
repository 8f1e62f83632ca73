import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { blameOf, mayLand, nextVerifications } from '../../src/core/landing.ts';
import type { VerifyRun } from '../../src/core/landing.ts';

describe('the rule (P3)', () => {
  const mains = ['main-1', 'main-2', undefined];
  const verifiedTrees: string[][] = [[], ['tree'], ['other'], ['tree', 'other']];
  const pairs = mains.flatMap((currentMain) => verifiedTrees.map((trees) => ({ currentMain, trees })));

  it.each(pairs)(
    'for a candidate on main-1 with main at $currentMain and green trees $trees',
    ({ currentMain, trees }) => {
      const ruling = mayLand({ candidate: { main: 'main-1', tree: 'tree' }, currentMain, verified: new Set(trees) });
      const expected = currentMain !== 'main-1' ? 'rebuild' : trees.includes('tree') ? 'yes' : 'verify-first';
      expect(ruling).toEqual({ kind: expected });
    },
  );

  it('says yes only to a green tree on the very tip of main', () => {
    const oid = fc.constantFrom('a', 'b', 'c');
    fc.assert(
      fc.property(oid, oid, oid, fc.array(oid), (main, tree, currentMain, trees) => {
        const ruling = mayLand({ candidate: { main, tree }, currentMain, verified: new Set(trees) });
        expect(ruling.kind === 'yes').toBe(main === currentMain && trees.includes(tree));
      }),
    );
  });
});

describe('the blame', () => {
  const results = ['green', 'red', 'could-not-run'] as const;
  const pairs = results.flatMap((first) => results.map((second) => ({ first, second })));

  it.each(pairs)('of a change alone after $first, then $second', ({ first, second }) => {
    const runs: VerifyRun[] = [first, second].map((result) => ({ tree: 't', changes: ['a'], result }));
    const reds = [first, second].filter((result) => result === 'red').length;
    expect(blameOf('a', runs)).toBe(['innocent', 'suspect', 'blamed'][reds]);
  });

  it.each(pairs)('falls on nobody for runs with another change in them: $first, then $second', ({ first, second }) => {
    const together: VerifyRun[] = [first, second].map((result) => ({ tree: 't', changes: ['a', 'b'], result }));
    const others: VerifyRun[] = [first, second].map((result) => ({ tree: 'u', changes: ['b'], result }));
    expect(blameOf('a', [...together, ...others])).toBe('innocent');
  });
});

describe('the first planner', () => {
  const waiting = [
    { id: 'a', tree: 'tree-a' },
    { id: 'b', tree: 'tree-b' },
  ];
  const run = (id: string, result: VerifyRun['result']): VerifyRun => ({ tree: `tree-${id}`, changes: [id], result });
  const first = [{ tree: 'tree-a', changes: ['a'] }];
  const second = [{ tree: 'tree-b', changes: ['b'] }];

  it.each([
    ['takes the first', [], [], 1, first],
    ['takes one, however many slots there are', [], [], 4, first],
    ['takes none without a slot', [], [], 0, []],
    ['takes none while one is being tested', [], ['tree-a'], 4, []],
    ['waits for the first to land once it is green', [run('a', 'green')], [], 1, []],
    ['tests the first again after one red run', [run('a', 'red')], [], 1, first],
    [
      'tests the first again when it could not run',
      [run('a', 'could-not-run'), run('a', 'could-not-run')],
      [],
      1,
      first,
    ],
    ['passes over the first once it is to blame', [run('a', 'red'), run('a', 'red')], [], 1, second],
    ['lets a change land that was green after all', [run('a', 'red'), run('a', 'red'), run('a', 'green')], [], 1, []],
    ['has nothing to do when all are to blame', ['a', 'a', 'b', 'b'].map((id) => run(id, 'red')), [], 1, []],
  ] as const)('%s', (_name, runs, running, slots, expected) => {
    expect(nextVerifications({ waiting, runs, running, slots })).toEqual(expected);
  });

  it('has nothing to do when nobody waits', () => {
    expect(nextVerifications({ waiting: [], runs: [], running: [], slots: 1 })).toEqual([]);
  });

  it('ends: whatever the runs give, no change is tested for ever once it was red twice', () => {
    const result = fc.constantFrom('green' as const, 'red' as const);
    fc.assert(
      fc.property(fc.array(result, { minLength: 4, maxLength: 4 }), (outcomes) => {
        const runs: VerifyRun[] = [];
        for (const outcome of outcomes) {
          const [next] = nextVerifications({ waiting, runs, running: [], slots: 1 });
          if (next !== undefined) runs.push({ ...next, result: outcome });
        }
        const reds = runs.filter((each) => each.result === 'red' && each.changes[0] === 'a').length;
        expect(reds).toBeLessThanOrEqual(2);
      }),
    );
  });
});
