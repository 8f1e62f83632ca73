import { describe, expect, it } from 'vitest';
import { renderCleanup } from '../../src/ui/cleanup.ts';
import type { CleanupItem } from '../../src/ui/cleanup.ts';

describe('renderCleanup', () => {
  it('shows one line a thing, long names on a line of their own, and counts', () => {
    expect(renderCleanup({ items, dryRun: false }, plain)).toBe(
      [
        '  free  worktree   builders-1  nothing in it was unkept',
        '  keep  branch     oompa/20261120T140159-k3f9/builders-1-i12',
        '                     holds work that is neither on main nor rescued',
        '  fail  rescue     refs/oompa/rescue/add-login/x-builders-1-i1',
        '                     it moved meanwhile, and was not what had been looked at',
        'freed 1 worktree; kept 1 branch; could not free 1 rescue ref',
        '',
      ].join('\n'),
    );
  });

  it('says of a dry run that it did nothing, and how to do it', () => {
    const screen = renderCleanup({ items, dryRun: true }, plain);
    expect(screen).toContain('would free 1 worktree; would keep 1 branch');
    expect(screen).toMatch(/\nNothing was changed; do it without --dry-run\.\n$/);
  });

  it('says so when there is nothing', () => {
    expect(renderCleanup({ items: [], dryRun: false }, plain)).toBe('Nothing to free.\n');
  });

  it('never cuts a name, and keeps the reasons within the width', () => {
    const lines = renderCleanup({ items, dryRun: false }, { color: false, columns: 60 }).split('\n');
    expect(lines.join('\n')).toContain('oompa/20261120T140159-k3f9/builders-1-i12');
    expect(lines.filter((line) => line.length > 60 && !line.includes('oompa/'))).toEqual([]);
  });
});

const plain = { color: false, columns: 80 };

const items: readonly CleanupItem[] = [
  { kind: 'worktree', name: 'builders-1', action: 'freed', why: 'nothing in it was unkept' },
  {
    kind: 'branch',
    name: 'oompa/20261120T140159-k3f9/builders-1-i12',
    action: 'kept',
    why: 'holds work that is neither on main nor rescued',
  },
  {
    kind: 'rescue',
    name: 'refs/oompa/rescue/add-login/x-builders-1-i1',
    action: 'failed',
    why: 'it moved meanwhile, and was not what had been looked at',
  },
];
