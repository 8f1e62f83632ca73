import { describe, expect, test } from 'vitest';
import { takingsIn } from '../../../src/git/guard/main-history.ts';
import type { MainMove, Traces } from '../../../src/git/guard/main-history.ts';

const nothing: Traces = { own: [], users: [], main: [] };

function move(commits: readonly string[], keepsAll = true): MainMove {
  const steps = [...commits].reverse().map((commit) => ({ commit, run: '' }));
  return { from: 'base', to: commits.at(-1) ?? 'older', steps, keepsAll };
}

const log = (...lines: readonly (readonly [from: string, to: string, what: string])[]) =>
  lines.map(([from, to, what]) => ({ from, to, what }));

describe('a commit on main', () => {
  test('is a landing’s when oompa put it there', () => {
    expect(takingsIn(move(['l']), new Set(['l']), { ...nothing, users: [log(['x', 'base', 'commit: x'])] })).toEqual(
      [],
    );
  });

  test.each(['commit: fix', 'commit (amend): fix', 'commit (merge): fix', 'rebase (pick): fix', 'cherry-pick: fix'])(
    'is an agent’s when it was made in a worktree of oompa’s (%s)',
    (what) => {
      const own = [{ slot: 'builders-2', log: log(['base', 'c', what]) }];
      expect(takingsIn(move(['c']), new Set(), { ...nothing, own })).toEqual([
        { how: 'added', commit: 'c', slot: 'builders-2' },
      ]);
    },
  );

  test.each(['merge main: Fast-forward', 'reset: moving to main', 'rebase (start): checkout main', 'checkout: moving'])(
    'is not an agent’s when it only came by there (%s)',
    (what) => {
      const own = [{ slot: 'builders-1', log: log(['base', 'c', what]) }];
      expect(takingsIn(move(['c']), new Set(), { ...nothing, own })).toEqual([]);
    },
  );

  test('is its owner’s when a checkout of main knows it, or what came on top of it in the same go', () => {
    const users = [log(['base', 'b', 'pull: Fast-forward'])];
    expect(takingsIn(move(['a', 'b']), new Set(), { ...nothing, users })).toEqual([]);
  });

  test('is an agent’s when the ref was moved under the checkout, also when a landing came on top of it', () => {
    const users = [log(['base', 'l', 'merge l: Fast-forward'])];
    expect(takingsIn(move(['c', 'l']), new Set(['l']), { ...nothing, users })).toEqual([
      { how: 'added', commit: 'c', slot: undefined },
    ]);
  });

  test('is an agent’s when main is checked out nowhere and plumbing put it there', () => {
    const main = log(['base', 'c', '']);
    expect(takingsIn(move(['c']), new Set(), { ...nothing, main })).toEqual([
      { how: 'added', commit: 'c', slot: undefined },
    ]);
    expect(takingsIn(move(['c']), new Set(), { ...nothing, main: log(['base', 'c', 'fetch: fast-forward']) })).toEqual(
      [],
    );
  });

  test('is nobody’s doing that can be told when no log is kept', () => {
    expect(takingsIn(move(['c']), new Set(), nothing)).toEqual([]);
    expect(takingsIn(move([], false), new Set(), nothing)).toEqual([]);
  });
});

describe('main that went back', () => {
  test('was taken back by an agent in whose worktree it happened', () => {
    const own = [{ slot: 'builders-1', log: log(['base', 'older', 'reset: moving to HEAD~1']) }];
    expect(takingsIn(move([], false), new Set(), { ...nothing, own })).toEqual([
      { how: 'removed', commit: 'base', slot: 'builders-1' },
    ]);
  });

  test('was taken back by its owner when that was the last thing done in a checkout of main', () => {
    const users = [log(['base', 'older', 'reset: moving to HEAD~1'])];
    expect(takingsIn(move([], false), new Set(), { ...nothing, users })).toEqual([]);
  });

  test('was taken back behind its owner’s back when the checkout has been there, but not last', () => {
    const users = [log(['x', 'older', 'commit: x'], ['older', 'base', 'commit: y'])];
    expect(takingsIn(move([], false), new Set(), { ...nothing, users })).toEqual([
      { how: 'removed', commit: 'base', slot: undefined },
    ]);
  });
});
