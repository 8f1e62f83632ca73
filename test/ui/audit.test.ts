import { describe, expect, it } from 'vitest';
import { auditOf } from '../../src/core/audit.ts';
import type { Audit } from '../../src/core/audit.ts';
import type { Note, Problem } from '../../src/core/audit/finding.ts';
import { renderAudit } from '../../src/ui/audit.ts';
import { facts, iteration } from '../core/audit/facts.ts';

const plain = { color: false, columns: 80 };
const oid = '0123456789abcdef0123456789abcdef01234567';
const commits = [oid];
const of = iteration({ run: '20261120T140159-k3f9', task: 'add-login', iteration: 3 });
const empty = auditOf(facts());

function screen(audit: Partial<Audit>, io = plain): string {
  return renderAudit({ ...empty, ...audit }, io);
}

describe('the screen of oompa audit', () => {
  it('says in five lines what was proven, and that nothing is lost', () => {
    expect(
      screen({
        runs: 3,
        turns: 40,
        commits: { ...empty.commits, main: 180, squashed: 12, rescued: 20 },
        tasks: { pending: 10, current: 0, complete: 40, failed: 8, blocked: 0 },
        completed: { landed: 38, proposed: 1, byHand: 1, unproven: 0 },
        mains: [{ branch: 'main', since: oid, commits: 41, landings: 38, unproven: 0, own: 3 }],
      }),
    ).toBe(
      [
        '  ok    212 commits of 40 turns in 3 runs: 180 on main, 12 squashed, 20 rescued',
        '  ok    58 task files, each task in one state: 10 pending, 40 complete, 8 failed',
        '  ok    40 completed tasks: 38 landed, 1 proposed others, 1 by hand',
        '  ok    main since 0123456: 38 landings, 3 of your own',
        '  ok    every object that a ref leads to is there',
        'nothing is lost',
        '',
      ].join('\n'),
    );
  });

  it('has few words for a workspace where nothing has been', () => {
    expect(screen({}).split('\n').slice(0, 3)).toEqual([
      '  ok    0 commits of 0 turns in 0 runs',
      '  ok    no task files',
      '  ok    0 completed tasks',
    ]);
  });

  it('names a problem under the line that it breaks, and then what to type', () => {
    const ref = 'refs/oompa/rescue/add-login/20261120T140159-k3f9-builders-1-i3';
    const problems: Problem[] = [{ kind: 'work-lost', commits, of, ref, present: true }];
    const lines = screen({ problems }).split('\n');
    expect(lines.slice(0, 5)).toEqual([
      '  fail  0 commits of 0 turns in 0 runs',
      '        add-login: 1 commit of builders-1, iteration 3 of run',
      '        20261120T140159-k3f9, up to 0123456, on no ref',
      `          keep it: git update-ref ${ref} 0123456`,
      '          let it go: oompa audit --accept 0123456',
    ]);
    expect(lines.slice(-2)).toEqual(['1 problem', '']);
  });

  const rest: Problem[] = [
    { kind: 'work-lost', commits, of, ref: 'refs/x', present: false },
    { kind: 'landing-gone', commits, task: 'a', run: 'r1', branch: 'main', present: true },
    { kind: 'landing-gone', commits, task: 'a', run: 'r1', branch: 'main', present: false },
    { kind: 'landed-twice', commits: [oid, oid], task: 'a', claim: '1' },
    { kind: 'taken', how: 'added', commits, branch: 'main', by: 'builders-1', run: 'r1', at: 'then' },
    { kind: 'taken', how: 'removed', commits, branch: 'main', by: 'builders-1', run: 'r1', at: 'then' },
    { kind: 'work-on-main', commits, branch: 'main', of },
    { kind: 'landing-unrecorded', commits, task: 'a', run: 'r1', branch: 'main' },
    { kind: 'task-doubled', commits: [], task: 'a', paths: ['tasks/pending/a.yaml', 'tasks/failed/a.yaml'] },
    { kind: 'completion-unproven', commits: [], task: 'a', path: 'tasks/complete/a.yaml', why: 'no-commit' },
    { kind: 'completion-unproven', commits, task: 'a', path: 'tasks/complete/a.yaml', why: 'not-on-main' },
    { kind: 'completion-unproven', commits, task: 'a', path: 'tasks/complete/a.yaml', why: 'not-its-landing' },
    { kind: 'completion-unproven', commits: [], task: 'a', path: 'tasks/complete/a.yaml', why: 'unreadable' },
    { kind: 'objects-missing', commits: [], objects: [`blob ${oid}`] },
    { kind: 'git-trouble', commits: [], detail: 'the history of main could not be read: bad object' },
  ];

  it.each(rest)('fails one line and gives a command for $kind, $why $how', (problem) => {
    const lines = screen({ problems: [problem] }).split('\n');
    expect(lines.filter((line) => line.startsWith('  fail'))).toHaveLength(1);
    expect(lines.some((line) => /^ {10}.*: (git|oompa|diff|mv) /.test(line))).toBe(true);
    expect(lines.at(-2)).toBe('1 problem');
  });

  const notes: Note[] = [
    { kind: 'live', runs: ['r1'] },
    { kind: 'left-on-branches', count: 2 },
    { kind: 'squashed-and-gone', count: 1 },
    { kind: 'accepted', commits },
    { kind: 'by-hand', tasks: ['a', 'b', 'c', 'd', 'e', 'f', 'g'] },
    {
      kind: 'unreadable',
      path: 'tasks/pending/a.yaml',
      line: 4,
      column: 1,
      message: 'a tab cannot begin a line of YAML',
    },
    { kind: 'task-gone', tasks: ['a'] },
    { kind: 'landed-in-current', tasks: ['a'] },
    { kind: 'landed-again', task: 'a', commits: [oid, oid] },
    { kind: 'foreign-landings', count: 3 },
    { kind: 'without-log', runs: ['r1'] },
    { kind: 'stale-fences', tasks: ['a'] },
    { kind: 'branch-gone', branch: 'dev' },
  ];

  it.each(notes)('says $kind in a line of its own, which is no problem', (note) => {
    const lines = screen({ notes: [note] }).split('\n');
    expect(lines.filter((line) => line.startsWith('  note  '))).toHaveLength(1);
    expect(lines.at(-2)).toBe('nothing is lost');
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(80);
  });

  it('colours what words say already', () => {
    expect(screen({ problems: rest.slice(0, 1) }, { color: true, columns: 80 })).toContain('\u001b[31mfail\u001b[39m');
  });
});
