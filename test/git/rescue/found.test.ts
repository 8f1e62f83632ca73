import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { keepWork, sweepBranches } from '../../../src/git/rescue/rescue.ts';
import { commitAll } from '../../../src/git/worktree/work.ts';
import { lease, pool, workshop } from '../workshop.ts';

const name = { task: 't', run: 'run', worker: 'builders-1', iteration: 1 };

describe('P6: what is found in a slot', () => {
  it('counts as work when its lease is lost', async () => {
    const shop = await workshop();
    const { slot } = await shop.begin();
    await writeFile(join(slot.folder, 'new.txt'), 'precious\n');
    await shop.worktrees.close(undefined);
    await rm(`${slot.folder}.lease.json`);
    const result = await pool(shop.opened).lease('builders-1');
    expect(result).toHaveProperty('rescued');
    expect(await shop.repo.git('show', `${'rescued' in result ? (result.rescued ?? '') : ''}:new.txt`)).toBe(
      'precious',
    );
  });

  it('is left alone, and the slot is not given, when it cannot be kept', async () => {
    const shop = await workshop();
    const { slot } = await shop.begin();
    await writeFile(join(slot.folder, 'new.txt'), 'precious\n');
    await shop.worktrees.close(undefined);
    await shop.repo.git('update-ref', 'refs/oompa/rescue', shop.base);
    const result = await pool(shop.opened).lease('builders-1');
    expect(result).toMatchObject({ kind: 'failed', detail: expect.stringContaining(slot.folder) as string });
    expect(await readFile(join(slot.folder, 'new.txt'), 'utf8')).toBe('precious\n');
  });

  it('is kept once, also when the run that ended had kept it already', async () => {
    const shop = await workshop();
    const { slot } = await shop.begin();
    await writeFile(join(slot.folder, 'new.txt'), 'precious\n');
    await keepWork(shop.opened, { slot, base: shop.base, name, refs: shop.refs });
    await shop.worktrees.close(undefined);
    await lease(pool(shop.opened), 'builders-1');
    expect((await shop.repo.git('for-each-ref', 'refs/oompa/rescue')).split('\n')).toHaveLength(1);
  });

  it('is seen even when it has the size and the second of what it replaces', async () => {
    const shop = await workshop({ 'a.txt': 'one\n' });
    const { slot } = await shop.begin();
    await writeFile(join(slot.folder, 'a.txt'), 'two\n');
    const kept = await keepWork(shop.opened, { slot, base: shop.base, name, refs: shop.refs });
    expect(kept.kind).toBe('kept');
    expect(await shop.repo.git('show', `${'ref' in kept ? kept.ref : ''}:a.txt`)).toBe('two');
  });
});

describe('at the end of a run', () => {
  it('a slot that is closed on a commit holds no branch', async () => {
    const shop = await workshop();
    const { slot, branch } = await shop.begin();
    await shop.worktrees.close(shop.base);
    expect(await shop.repo.gitIn(slot.folder, 'rev-parse', 'HEAD')).toBe(shop.base);
    await shop.repo.git('branch', '-D', branch);
  });

  it('a slot whose work could not be kept is left as it is, and its worker gets another one', async () => {
    const shop = await workshop();
    const { slot } = await shop.begin();
    await writeFile(join(slot.folder, 'new.txt'), 'precious\n');
    await shop.worktrees.abandon(slot);
    const other = await lease(shop.worktrees, 'builders-1');
    expect(other.name).toBe('builders-1.2');
    await shop.worktrees.close(shop.base);
    expect(await readFile(join(slot.folder, 'new.txt'), 'utf8')).toBe('precious\n');
  });

  it('P6: only branches whose work main or a rescue ref has are swept', async () => {
    const shop = await workshop();
    const heads: string[] = [];
    for (const each of ['landed-1', 'rescued-1', 'neither-1']) {
      const { slot, branch } = await shop.begin(each);
      await writeFile(join(slot.folder, `${each}.txt`), 'x\n');
      const done = await commitAll(slot, { branch, base: shop.base, message: each });
      if (done.kind !== 'committed') throw new Error(done.kind);
      heads.push(done.head);
    }
    await shop.repo.git('merge', '-q', '--ff-only', heads[0] ?? '');
    await shop.repo.git('update-ref', 'refs/oompa/rescue/t/x', heads[1] ?? '');
    await shop.worktrees.close(shop.base);
    await sweepBranches(shop.opened, { prefix: 'oompa/run/', refs: shop.refs });
    expect(await shop.repo.git('for-each-ref', '--format=%(refname:short)', 'refs/heads/oompa')).toBe(
      'oompa/run/neither-1-i1',
    );
  });

  it('a branch that a worktree is still on is not swept from under it', async () => {
    const shop = await workshop();
    const { branch } = await shop.begin();
    await sweepBranches(shop.opened, { prefix: 'oompa/run/', refs: shop.refs });
    expect(await shop.repo.git('rev-parse', branch)).toBe(shop.base);
    await shop.worktrees.close(shop.base);
    await sweepBranches(shop.opened, { prefix: 'oompa/run/', refs: shop.refs });
    await expect(shop.repo.git('rev-parse', '-q', '--verify', branch)).rejects.toThrow();
  });
});
