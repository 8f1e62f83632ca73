import { describe, expect, it } from 'vitest';
import { judgeCommits, squashesToCompare } from '../../../src/core/audit/commits.ts';
import type { Standing } from '../../../src/core/audit/commits.ts';
import type { AuditFacts } from '../../../src/core/audit/facts.ts';
import { facts, file, iteration, landing, run } from './facts.ts';

const of = iteration();
const key = 'r1 builders-1 1';
const rescue = 'refs/oompa/rescue/a/r1-builders-1-i1';
const made = run({ commits: [{ commit: 'work', of }] });
const offMain = new Map([
  ['tip', ['work']],
  ['work', ['base']],
]);
const there = { present: new Set(['work']), offMain };
const on = (ref: string) => ({ ...there, refs: [{ ref, oid: 'tip' }] });
const squash = landing('squash', { parents: ['base'] });
const landedBy = (worker: string) => [{ commit: 'squash', of: iteration({ worker }), landed: true }];

describe('a commit that a turn made', () => {
  const table: [Standing, string, AuditFacts][] = [
    ['main', 'is on main', facts({ runs: [made], git: { present: new Set(['work']) } })],
    [
      'squashed',
      'has landed as one commit',
      facts({ runs: [made], git: { ...there, squashed: new Map([['tip', 'x']]) } }),
    ],
    [
      'squashed',
      'has landed as one commit, and git has removed it since',
      facts({ runs: [{ ...made, landings: landedBy('builders-1') }], onMain: [squash] }),
    ],
    [
      'squashed',
      'was held, has landed as one commit later, and git has removed it since',
      facts({ runs: [{ ...made, landings: landedBy('held'), outcomes: new Map([[key, 'held']]) }], onMain: [squash] }),
    ],
    [
      'queued',
      'is on the branch of a live iteration',
      facts({ runs: [{ ...made, life: 'live' }], git: on('refs/heads/oompa/r1/builders-1-i1') }),
    ],
    ['queued', 'is on no ref yet, in a live run', facts({ runs: [{ ...made, life: 'live' }], git: there })],
    [
      'queued',
      'is approved and held',
      facts({ runs: [made], git: on(rescue), files: [file({ state: 'current', outcome: 'held', rescue })] }),
    ],
    [
      'rejected',
      'was rejected and is kept',
      facts({ runs: [{ ...made, outcomes: new Map([[key, 'rejected']]) }], git: on(rescue) }),
    ],
    [
      'rejected',
      'ran out of rounds and is kept',
      facts({ runs: [{ ...made, outcomes: new Map([[key, 'rounds-exhausted']]) }], git: on(rescue) }),
    ],
    ['rescued', 'is on a rescue ref', facts({ runs: [made], git: on(rescue) })],
    [
      'branch',
      'is on a branch of a run that is gone',
      facts({ runs: [made], git: on('refs/heads/oompa/r1/builders-1-i1') }),
    ],
    ['branch', 'is on a branch of the user', facts({ runs: [made], git: { ...there, elsewhere: new Set(['work']) } })],
    ['freed', 'was given up', facts({ runs: [made], git: there, freed: [{ ref: 'any', commit: 'tip' }] })],
    ['freed', 'was given up and is gone', facts({ runs: [made], freed: [{ ref: rescue, commit: 'tip' }] })],
    [
      'freed',
      'was given up under a later name and is gone',
      facts({
        runs: [made],
        freed: [{ ref: 'refs/oompa/rescue/found/oompa-r1-builders-1-i1-builders-1-i0.2', commit: 'x' }],
      }),
    ],
    ['accepted', 'is lost, and the user lets it go', facts({ runs: [made], accepted: new Set(['work']) })],
    ['lost', 'is on no ref', facts({ runs: [made], git: there })],
    ['lost', 'is gone', facts({ runs: [made] })],
    [
      'lost',
      'is gone, and another iteration was given up',
      facts({ runs: [made], freed: [{ ref: 'refs/oompa/rescue/a/r1-builders-1-i11', commit: 'x' }] }),
    ],
    [
      'lost',
      'is there, and what has landed as one commit has another content',
      facts({ runs: [{ ...made, landings: landedBy('builders-1') }], onMain: [squash], git: there }),
    ],
    ['unknown', 'may be anywhere when git cannot tell', facts({ runs: [made], git: { offMain: undefined } })],
  ];

  it.each(table)('is %s when it %s', (standing, _when, given) => {
    const { counts, problems } = judgeCommits(given);
    expect(Object.entries(counts).filter(([, count]) => count > 0)).toEqual([[standing, 1]]);
    expect(problems.map(({ kind }) => kind)).toEqual(standing === 'lost' ? ['work-lost'] : []);
  });

  it('is counted once, however many have recorded it, and the best proof counts', () => {
    const again = run({ id: 'r2', commits: [{ commit: 'work', of: iteration({ run: 'r2' }) }] });
    const { counts } = judgeCommits(facts({ runs: [made, again], git: on(rescue) }));
    expect(counts).toMatchObject({ rescued: 1, lost: 0 });
  });

  it('is named with those of its iteration when it is lost, under a name that no other work has', () => {
    const commits = ['one', 'two'].map((commit) => ({ commit, of, ref: rescue }));
    const git = { ...there, refs: [{ ref: rescue, oid: 'other' }] };
    expect(judgeCommits(facts({ runs: [run({ commits })], git })).problems).toEqual([
      { kind: 'work-lost', commits: ['one', 'two'], of, ref: `${rescue}.2`, present: false },
    ]);
  });

  it('is said to be on a branch only, so that somebody keeps it, when its run is gone', () => {
    const given = facts({ runs: [made], git: on('refs/heads/oompa/r1/builders-1-i1') });
    expect(judgeCommits(given).notes).toEqual([{ kind: 'left-on-branches', count: 1 }]);
  });
});

describe('what has to be compared with a squash', () => {
  const landings = landedBy('builders-1');
  const commits = ['work', 'tip'].map((commit) => ({ commit, of }));
  const mains = [{ branch: 'main', tip: 'squash', since: 'base', commits: [squash] }];

  it('is the last commit of each iteration of the task that is off main', () => {
    const pairs = squashesToCompare([run({ commits, landings })], { mains, offMain });
    expect(pairs).toEqual([{ tip: 'tip', landing: 'squash' }]);
  });

  it('is nothing when the landing was a merge, or of another task', () => {
    const merged = [{ branch: 'main', tip: 'squash', since: 'base', commits: [landing('squash')] }];
    expect(squashesToCompare([run({ commits, landings })], { mains: merged, offMain })).toEqual([]);
    const other = [{ commit: 'squash', of: iteration({ task: 'b' }), landed: true }];
    expect(squashesToCompare([run({ commits, landings: other })], { mains, offMain })).toEqual([]);
  });
});
