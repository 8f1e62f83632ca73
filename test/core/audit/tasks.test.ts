import { describe, expect, it } from 'vitest';
import { auditOf } from '../../../src/core/audit.ts';
import type { AuditFacts, TaskFile } from '../../../src/core/audit/facts.ts';
import { facts, file, iteration, landing, run } from './facts.ts';

const landed = { outcome: 'landed', commit: 'x' };
const recorded = run({ landings: [{ commit: 'x', of: iteration(), landed: true }] });
const unreadable = { line: 2, column: 1, message: 'a tab cannot begin a line of YAML' };

function withFile(of: Partial<TaskFile>, rest: Parameters<typeof facts>[0] = {}): AuditFacts {
  return facts({ runs: [recorded], onMain: [landing('x')], files: [file(of)], ...rest });
}

describe('a completed task', () => {
  const gone = { present: new Set<string>(), offMain: new Map<string, string[]>() };
  const table: [string, string, AuditFacts][] = [
    ['landed', 'main has its landing', withFile(landed)],
    ['landed', 'main has a landing of it, and the file names none', withFile({ outcome: 'landed' })],
    [
      'landed',
      'it landed before the oldest log',
      withFile({ outcome: 'landed', commit: 'old' }, { git: { present: new Set(['old', 'x']) } }),
    ],
    ['proposed', 'it only proposed others', withFile({ outcome: 'proposed' })],
    ['byHand', 'oompa has noted nothing in it', withFile({})],
    ['byHand', 'it was moved there after it had failed', withFile({ outcome: 'rejected' })],
    ['no-commit', 'neither the file nor main names a landing', withFile({ id: 'b', outcome: 'landed' })],
    ['not-on-main', 'its landing is not on main', withFile(landed, { runs: [], onMain: [], git: gone })],
    ['not-its-landing', 'the commit is a landing of another task', withFile({ id: 'b', ...landed })],
    [
      'not-its-landing',
      "the commit is the user's own",
      withFile(landed, { runs: [], onMain: [{ commit: 'x', parents: ['base'] }] }),
    ],
    ['unreadable', 'its file cannot be read', withFile({ unreadable })],
  ];

  it.each(table)('is %s when %s', (verdict, _when, given) => {
    const { completed, problems } = auditOf(given);
    const isWell = verdict in completed;
    const counts = { landed: 0, proposed: 0, byHand: 0, unproven: 0 };
    expect(completed).toEqual({ ...counts, [isWell ? verdict : 'unproven']: 1 });
    expect(problems.map((problem) => ('why' in problem ? problem.why : problem.kind))).toEqual(isWell ? [] : [verdict]);
  });

  it('is not judged when git cannot tell', () => {
    const given = withFile(landed, { git: { offMain: undefined, troubles: ['broken'] } });
    expect(auditOf(given).problems).toEqual([{ kind: 'git-trouble', commits: [], detail: 'broken' }]);
  });
});

describe('a task', () => {
  it('with two files is a problem, and nothing more is said of them', () => {
    const files = [file(landed), file({ state: 'pending', unreadable })];
    const { problems, notes, tasks } = auditOf(facts({ files }));
    expect(problems).toEqual([
      { kind: 'task-doubled', commits: [], task: 'a', paths: ['tasks/complete/a.yaml', 'tasks/pending/a.yaml'] },
    ]);
    expect(notes).toEqual([]);
    expect(tasks).toEqual({ pending: 1, current: 0, complete: 1, failed: 0, blocked: 0 });
  });

  it('that cannot be read is named', () => {
    expect(auditOf(facts({ files: [file({ state: 'pending', unreadable })] }))).toMatchObject({
      problems: [],
      notes: [{ kind: 'unreadable', path: 'tasks/pending/a.yaml', line: 2 }],
    });
  });

  it('that was claimed, has not landed and has no file any more is named', () => {
    const claimed = new Map([
      ['a', 1],
      ['b', 1],
    ]);
    const given = facts({ runs: [{ ...recorded, claimed }], onMain: [landing('x')] });
    expect(auditOf(given).notes).toEqual([{ kind: 'task-gone', tasks: ['b'] }]);
  });

  it('whose last claim has landed and that is still in current is named, unless a run is live', () => {
    const current = file({ state: 'current' });
    const claimed = (n: number) => [{ ...recorded, claimed: new Map([['a', n]]) }];
    const given = { onMain: [landing('x')], files: [current] };
    expect(auditOf(facts({ ...given, runs: claimed(1) })).notes).toEqual([{ kind: 'landed-in-current', tasks: ['a'] }]);
    expect(auditOf(facts({ ...given, runs: claimed(2) })).notes).toEqual([]);
    const live = claimed(1).map((each) => ({ ...each, life: 'live' as const }));
    expect(auditOf(facts({ ...given, runs: live })).notes).toEqual([{ kind: 'live', runs: ['r1'] }]);
  });

  it('that is not claimed has no claim ref, unless a run is live', () => {
    const git = { refs: ['a', 'b'].map((id) => ({ ref: `refs/oompa/claims/${id}`, oid: 'o' })) };
    const files = [file({ state: 'current' }), file({ id: 'b', state: 'pending' })];
    expect(auditOf(facts({ git, files })).notes).toEqual([{ kind: 'stale-fences', tasks: ['b'] }]);
    expect(auditOf(facts({ git, files, runs: [run({ life: 'live' })] })).notes).toEqual([
      { kind: 'live', runs: ['r1'] },
    ]);
  });
});
