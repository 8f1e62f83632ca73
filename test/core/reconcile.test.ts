import { describe, expect, it } from 'vitest';
import type { Found, Verdict } from '../../src/core/reconcile.ts';
import { abandonedMs, judge } from '../../src/core/reconcile.ts';

/** What is found, the verdict on it, and whether it is as it should be. */
type Row = readonly [found: Found, verdict: Verdict, fine: boolean];

const task = { kind: 'task', name: 'a' } as const;
const worktree = { kind: 'worktree', name: 'builders-1', mayHoldWork: true, whole: true } as const;
const branch = { kind: 'branch', name: 'oompa/r/builders-1-i1', checkedOut: false, kept: false } as const;
const fence = { kind: 'fence', name: 'a', oid: '1' } as const;
const lock = { kind: 'lock', name: 'a.lock', path: '/w/a.lock' } as const;
const temporary = { kind: 'temporary', name: 'a.tmp', path: '/w/a.tmp', ageMs: 0 } as const;

const rows: readonly Row[] = [
  [{ ...task, fate: 'live' }, 'live', true],
  [{ ...task, fate: 'completed' }, 'finish', false],
  [{ ...task, fate: 'released' }, 'put-back', false],
  [{ ...task, fate: 'held' }, 'held', false],
  [{ ...task, fate: 'failed', detail: 'no space' }, 'keep', false],
  [{ kind: 'landed', name: 'a', path: 'tasks/pending/a.yaml', commit: '1234567890' }, 'finish', false],
  [{ kind: 'unreadable', name: 'tasks/pending/a.yaml:1:1', message: 'not YAML' }, 'keep', false],
  [{ ...fence, holder: 'live' }, 'live', true],
  [{ ...fence, holder: 'held' }, 'held', true],
  [{ ...fence, holder: 'unknown' }, 'live', true],
  [{ ...fence, holder: 'gone' }, 'prune', false],
  [{ ...worktree, holder: 'live' }, 'live', true],
  [{ ...worktree, holder: 'live', mayHoldWork: false, whole: false }, 'live', true],
  [{ ...worktree, holder: 'gone' }, 'rescue', false],
  [{ ...worktree, holder: 'gone', whole: false }, 'rescue', false],
  [{ ...worktree, holder: 'gone', mayHoldWork: false }, 'prune', false],
  [{ ...worktree, holder: 'unknown' }, 'rescue', false],
  [{ ...worktree, holder: 'pool' }, 'rescue', false],
  [{ ...worktree, holder: 'pool', mayHoldWork: false }, 'keep', true],
  [{ ...worktree, holder: 'pool', mayHoldWork: false, whole: false }, 'prune', false],
  [{ kind: 'aside', name: 'builders-1.git-found-1', what: 'git-data' }, 'keep', false],
  [{ kind: 'aside', name: 'builders-1.stuck-1', what: 'stuck' }, 'keep', false],
  [{ ...branch, holder: 'live' }, 'live', true],
  [{ ...branch, holder: 'live', kept: true }, 'live', true],
  [{ ...branch, holder: 'gone' }, 'rescue', false],
  [{ ...branch, holder: 'unknown' }, 'rescue', false],
  [{ ...branch, holder: 'gone', kept: true }, 'prune', false],
  [{ ...branch, holder: 'gone', checkedOut: true }, 'keep', true],
  [{ kind: 'process', name: '123', run: 'r' }, 'end', false],
  [{ ...lock, of: 'oompa', holder: 'live' }, 'live', true],
  [{ ...lock, of: 'oompa', holder: 'gone' }, 'prune', false],
  [{ ...lock, of: 'git', ours: true, ageMs: 1000 }, 'live', true],
  [{ ...lock, of: 'git', ours: true, ageMs: 3_600_000 }, 'prune', false],
  [{ ...lock, of: 'git', ours: false, ageMs: 1000 }, 'live', true],
  [{ ...lock, of: 'git', ours: false, ageMs: 3_600_000 }, 'keep', false],
  [{ ...temporary, holder: 'live', ageMs: abandonedMs * 2 }, 'live', true],
  [{ ...temporary, holder: 'gone' }, 'prune', false],
  [{ ...temporary, holder: 'unknown', ageMs: abandonedMs - 1 }, 'live', true],
  [{ ...temporary, holder: 'unknown', ageMs: abandonedMs }, 'prune', false],
];

describe('the verdict', () => {
  it.each(rows)('on %j is %s', (found, verdict, fine) => {
    expect(judge(found)).toMatchObject({ found, verdict, fine });
  });

  it('says why, in one line', () => {
    for (const [found] of rows) expect(judge(found).why).toMatch(/^[^\n]{5,}$/);
  });

  it('never ends, moves or removes what a living process has', () => {
    for (const [found] of rows) {
      const isLive = ('holder' in found && found.holder === 'live') || ('fate' in found && found.fate === 'live');
      if (isLive) expect(judge(found)).toMatchObject({ verdict: 'live', fine: true });
    }
  });

  it('never prunes what may hold work that is kept nowhere (P6)', () => {
    for (const [found] of rows) {
      const mayHoldWork = (found.kind === 'worktree' && found.mayHoldWork) || (found.kind === 'branch' && !found.kept);
      if (mayHoldWork) expect(judge(found).verdict).not.toBe('prune');
    }
  });

  it('on what only a person can put right says how', () => {
    expect(judge({ ...lock, of: 'git', ours: false, ageMs: 3_600_000 }).why).toContain('rm /w/a.lock');
    expect(judge({ ...task, fate: 'held' }).why).toContain('oompa land');
    expect(judge({ ...task, fate: 'failed', detail: 'no space' }).why).toContain('no space');
  });
});
