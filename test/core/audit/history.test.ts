import { describe, expect, it } from 'vitest';
import { auditOf, problemsNaming } from '../../../src/core/audit.ts';
import type { AuditFacts, MainCommit, TakenCommit } from '../../../src/core/audit/facts.ts';
import { facts, iteration, landing, run } from './facts.ts';

const of = iteration();
const taken: TakenCommit = { how: 'added', commit: 'x', by: 'builders-1', run: 'r1', at: 'then', accepted: false };
const plain: MainCommit = { commit: 'x', parents: ['base'] };
const recorded = run({ landings: [{ commit: 'x', of, landed: true }] });

/** The problems and notes, in short. */
function found(given: AuditFacts): string[] {
  const { problems, notes } = auditOf(given);
  return [...problems, ...notes].map(({ kind }) => kind);
}

describe("one of main's own steps", () => {
  const table: [string, string[], number[], AuditFacts][] = [
    ["is the user's", [], [0, 1, 0], facts({ runs: [run()], onMain: [plain] })],
    ['is a landing that its log tells of', [], [1, 0, 0], facts({ runs: [recorded], onMain: [landing('x')] })],
    [
      'is a landing of which the log has the intent only',
      [],
      [1, 0, 0],
      facts({ runs: [run({ landings: [{ commit: 'x', of, landed: false }] })], onMain: [landing('x')] }),
    ],
    [
      'says that it landed in a run that knows nothing of it',
      ['landing-unrecorded'],
      [0, 0, 1],
      facts({ runs: [run()], onMain: [landing('x')] }),
    ],
    [
      'is a landing of another workspace',
      ['foreign-landings'],
      [1, 0, 0],
      facts({ runs: [run()], onMain: [landing('x', { run: 'r9' })] }),
    ],
    [
      'is what a turn committed',
      ['work-on-main'],
      [0, 0, 1],
      facts({ runs: [run({ commits: [{ commit: 'x', of }] })], onMain: [plain] }),
    ],
    [
      'is a landing that another turn took in and recorded',
      [],
      [1, 0, 0],
      facts({
        runs: [{ ...recorded, commits: [{ commit: 'x', of: iteration({ task: 'b' }) }] }],
        onMain: [landing('x')],
      }),
    ],
    ['was put there by an agent', ['taken'], [0, 0, 1], facts({ taken: [taken], onMain: [plain] })],
    [
      'was put there by an agent, as only its log still knows',
      ['taken'],
      [0, 0, 1],
      facts({ runs: [run({ taken: [taken] })], onMain: [plain] }),
    ],
    [
      'was put there by an agent, as its log knows too, and the user lets it stay',
      ['accepted'],
      [0, 0, 1],
      facts({ runs: [run({ taken: [taken] })], taken: [{ ...taken, accepted: true }], onMain: [plain] }),
    ],
  ];

  it.each(table)('%s: %j', (_what, kinds, [landings, own, unproven], given) => {
    expect(found(given)).toEqual(kinds);
    expect(auditOf(given).mains).toEqual([{ branch: 'main', since: 'base', commits: 1, landings, own, unproven }]);
  });

  it('counts, and a commit that came by a merge does not', () => {
    const merge = { commit: 'merge', parents: ['base', 'side'] };
    const given = facts({ runs: [run()], onMain: [merge, { commit: 'side', parents: ['base'] }] });
    expect(auditOf(given).mains).toMatchObject([{ commits: 1, own: 1 }]);
  });
});

describe('main', () => {
  it('misses a landing that the log tells of', () => {
    const given = facts({ runs: [recorded], git: { present: new Set(['x']), offMain: new Map([['x', ['base']]]) } });
    expect(auditOf(given).problems).toEqual([
      { kind: 'landing-gone', commits: ['x'], task: 'a', run: 'r1', branch: 'main', present: true },
    ]);
    expect(found(facts({ runs: [recorded] }))).toEqual(['landing-gone']);
  });

  it('misses nothing when only the intent is known, or git cannot tell', () => {
    expect(found(facts({ runs: [run({ landings: [{ commit: 'x', of, landed: false }] })] }))).toEqual([]);
    expect(found(facts({ runs: [recorded], git: { offMain: undefined, troubles: ['no'] } }))).toEqual(['git-trouble']);
  });

  it('may be gone, as long as another ref has what landed on it', () => {
    const mains = [{ branch: 'main', tip: undefined, since: 'base', commits: [] }];
    const git = { mains, present: new Set(['x']), offMain: new Map([['x', ['base']]]) };
    expect(found(facts({ runs: [recorded], git: { ...git, elsewhere: new Set(['x']) } }))).toEqual(['branch-gone']);
    expect(found(facts({ runs: [recorded], git }))).toEqual(['landing-gone', 'branch-gone']);
  });

  it('misses what an agent took out of it', () => {
    const removed = { ...taken, how: 'removed' } as const;
    expect(found(facts({ taken: [removed] }))).toEqual(['taken']);
    expect(found(facts({ taken: [removed], git: { present: new Set(['x']) } }))).toEqual([]);
    expect(found(facts({ taken: [{ ...removed, accepted: true }] }))).toEqual(['accepted']);
  });
});

describe('a task that landed twice (P2)', () => {
  const second = { commit: 'y', of, landed: true };
  const runs = [run({ landings: [{ commit: 'x', of, landed: true }, second] })];
  const twice = (claim: string, by = 'r1') => [landing('y', { parents: ['x'], claim, run: by }), landing('x')];

  it('is a problem for the same claim', () => {
    const { problems } = auditOf(facts({ runs, onMain: twice('1') }));
    expect(problems).toEqual([{ kind: 'landed-twice', commits: ['x', 'y'], task: 'a', claim: '1' }]);
  });

  it('is only said for another claim: somebody has put it back', () => {
    const { problems, notes } = auditOf(facts({ runs, onMain: twice('2') }));
    expect([problems, notes]).toEqual([[], [{ kind: 'landed-again', task: 'a', commits: ['y', 'x'] }]]);
  });

  it('is no problem when the other one is of another workspace, which counts for itself', () => {
    const given = facts({ runs: [recorded], onMain: twice('1', 'r9') });
    expect(found(given)).toEqual(['landed-again', 'foreign-landings']);
  });
});

describe('accepting', () => {
  it('takes a problem away once all its commits are accepted, and says so', () => {
    const given = { runs: [run()], onMain: [landing('x')] };
    expect(found(facts({ ...given, accepted: new Set(['y']) }))).toEqual(['landing-unrecorded']);
    const { problems, notes } = auditOf(facts({ ...given, accepted: new Set(['x']) }));
    expect([problems, notes]).toEqual([[], [{ kind: 'accepted', commits: ['x'] }]]);
  });

  it('finds problems by the first digits of a commit', () => {
    const { problems } = auditOf(facts({ runs: [run()], onMain: [landing('abcd')] }));
    expect(problemsNaming(problems, 'abc')).toEqual(problems);
    expect(problemsNaming(problems, 'bcd')).toEqual([]);
  });

  it('cannot take away what is about no commit', () => {
    const git = { missing: ['blob 1'], troubles: ['fsck: no'] };
    expect(found(facts({ git, accepted: new Set(['blob 1']) }))).toEqual(['objects-missing', 'git-trouble']);
  });
});
