import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { pooledWorktrees } from '../../../src/git/rescue/cleanup.ts';
import { noteLease, readLeases } from '../../../src/git/worktree/lease.ts';
import type { Keeping } from '../../../src/git/rescue/stranded.ts';
import { keepBranch, keepStranded } from '../../../src/git/rescue/stranded.ts';
import type { Slot } from '../../../src/git/worktree/worktree.ts';
import { commitAll } from '../../../src/git/worktree/work.ts';
import { withLock } from '../../../src/system/lock.ts';
import { lease, pool, workshop } from '../workshop.ts';
import type { Workshop } from '../workshop.ts';

const ref = 'refs/oompa/rescue/add-login/run-builders-1-i1';

describe('a worktree whose process is gone', () => {
  it("gives its work to the task's rescue ref, and itself back to the pool (P6)", async () => {
    const { shop, slot } = await stranded();
    await writeFile(join(slot.folder, 'new.txt'), 'precious\n');
    expect(await keep(shop)).toEqual({ kind: 'freed', rescued: ref });
    expect(await shop.repo.git('show', `${ref}:new.txt`)).toBe('precious');
    expect(await pooledWorktrees(poolOf(shop))).toMatchObject([
      { name: 'builders-1', inUse: false, mayHoldWork: false },
    ]);
    expect(await shop.repo.gitIn(slot.folder, 'status', '--porcelain')).toBe('');
    expect(await shop.repo.gitIn(slot.folder, 'branch', '--show-current')).toBe('');
    const again = await pool(shop.opened).lease('builders-1');
    expect(again).toMatchObject({ kind: 'leased', slot: { folder: slot.folder } });
    expect(again).not.toHaveProperty('rescued');
  });

  it('keeps the commits of its branch too, because the next worker looks for them under the task', async () => {
    const { shop, slot, branch } = await stranded();
    await writeFile(join(slot.folder, 'new.txt'), 'committed\n');
    await commitAll(slot, { branch, base: shop.base, message: 'm' });
    expect(await keep(shop)).toEqual({ kind: 'freed', rescued: ref });
    expect(await shop.repo.git('rev-parse', ref)).toBe(await shop.repo.git('rev-parse', branch));
  });

  it('is done once, however often it is tried', async () => {
    const { shop, slot } = await stranded();
    await writeFile(join(slot.folder, 'new.txt'), 'precious\n');
    const [dead] = await readLeases(join(slot.folder, '..'));
    await keep(shop);
    // As if it had been killed before it cleared the slot and gave it back.
    await writeFile(join(slot.folder, 'new.txt'), 'precious\n');
    await noteLease(join(slot.folder, '..'), dead!);
    expect(await keep(shop)).toEqual({ kind: 'freed', rescued: ref });
    expect((await shop.repo.git('for-each-ref', 'refs/oompa/rescue')).split('\n')).toHaveLength(1);
  });

  it('makes no rescue ref when nothing was done in it', async () => {
    const { shop } = await stranded();
    expect(await keep(shop)).toEqual({ kind: 'freed' });
    expect(await shop.repo.git('for-each-ref', 'refs/oompa/rescue')).toBe('');
  });

  it('is left alone when a living process has it', async () => {
    const shop = await workshop();
    const slot = await lease(shop.worktrees, 'builders-1');
    await writeFile(join(slot.folder, 'new.txt'), 'precious\n');
    expect(await keep(shop)).toEqual({ kind: 'in-use' });
    expect(await readFile(join(slot.folder, 'new.txt'), 'utf8')).toBe('precious\n');
  });

  it('that was only half made goes, and its empty folder is not taken for the deletion of every file', async () => {
    const shop = await workshop();
    const folder = join(shop.repo.path, '.oompa', 'worktrees', 'builders-1');
    await mkdir(join(folder, '..'), { recursive: true });
    await shop.repo.git('worktree', 'add', '-q', '--detach', '--no-checkout', folder, 'main');
    expect(await keep(shop)).toEqual({ kind: 'freed' });
    expect(existsSync(folder)).toBe(false);
    expect((await shop.repo.git('worktree', 'list')).split('\n')).toHaveLength(1);
    expect(await shop.repo.git('for-each-ref', 'refs/oompa/rescue')).toBe('');
  });

  it('whose folder is gone goes from git as well, and its commits are kept', async () => {
    const { shop, slot, branch } = await stranded();
    await writeFile(join(slot.folder, 'new.txt'), 'committed\n');
    await commitAll(slot, { branch, base: shop.base, message: 'm' });
    await rm(slot.folder, { recursive: true });
    expect(await keep(shop)).toEqual({ kind: 'freed', rescued: ref });
    expect((await shop.repo.git('worktree', 'list')).split('\n')).toHaveLength(1);
    expect(await pooledWorktrees(poolOf(shop))).toEqual([]);
  });

  it('whose .git an agent has replaced keeps the files, and what was in its place is put aside', async () => {
    const { shop, slot } = await stranded();
    await writeFile(join(slot.folder, 'new.txt'), 'precious\n');
    await rm(join(slot.folder, '.git'));
    await shop.repo.gitIn(slot.folder, 'init', '-q');
    expect(await keep(shop)).toEqual({ kind: 'freed', rescued: ref });
    expect(await shop.repo.git('show', `${ref}:new.txt`)).toBe('precious');
    expect(existsSync(`${slot.folder}.git-found-1`)).toBe(true);
    expect(await shop.repo.gitIn(slot.folder, 'rev-parse', '--git-common-dir')).toBe(shop.opened.commonDir);
  });

  it('stays as it is when its work can not be kept', async () => {
    const { shop, slot } = await stranded();
    await writeFile(join(slot.folder, 'new.txt'), 'precious\n');
    await shop.repo.git('update-ref', 'refs/oompa/rescue/add-login', shop.base);
    expect(await keep(shop)).toMatchObject({ kind: 'failed' });
    expect(await readFile(join(slot.folder, 'new.txt'), 'utf8')).toBe('precious\n');
    expect((await readLeases(join(slot.folder, '..')))[0]).toMatchObject({ pid: 0, branch: 'oompa/run/builders-1-i1' });
  });
});

describe('a branch whose run is gone', () => {
  it('goes once a rescue ref has what nothing else has (P6)', async () => {
    const { shop, slot, branch } = await stranded();
    await writeFile(join(slot.folder, 'new.txt'), 'committed\n');
    await commitAll(slot, { branch, base: shop.base, message: 'm' });
    const tip = await shop.repo.git('rev-parse', branch);
    await shop.repo.gitIn(slot.folder, 'switch', '-q', '--detach');
    expect(await keepBranch(shop.opened, branch, keeping(shop))).toEqual({ kind: 'removed', rescued: ref });
    expect(await shop.repo.git('rev-parse', ref)).toBe(tip);
    expect(await shop.repo.git('for-each-ref', 'refs/heads/oompa')).toBe('');
    expect(await keepBranch(shop.opened, branch, keeping(shop))).toEqual({ kind: 'removed' });
  });

  it('goes without a trace when main has all of it', async () => {
    const shop = await workshop();
    await shop.repo.git('branch', 'oompa/run/builders-1-i1');
    expect(await keepBranch(shop.opened, 'oompa/run/builders-1-i1', keeping(shop))).toEqual({ kind: 'removed' });
    expect(await shop.repo.git('for-each-ref', 'refs/oompa/rescue')).toBe('');
  });
});

/** A worktree on the branch of an iteration, whose process has ended without giving it back. */
async function stranded(): Promise<{ shop: Workshop; slot: Slot; branch: string }> {
  const shop = await workshop();
  const { slot, branch } = await shop.begin();
  const home = join(slot.folder, '..');
  const [own] = await readLeases(home);
  const { pid } = spawnSync(process.execPath, ['--version']);
  await noteLease(home, { ...own!, pid, pidStart: 'long ago' });
  return { shop, slot, branch };
}

function poolOf({ opened }: Workshop) {
  const own = join(opened.root, '.oompa');
  return {
    repository: opened,
    folder: join(own, 'worktrees'),
    withLock: <T>(act: () => Promise<T>) => withLock(join(own, 'worktrees.lock'), act),
  };
}

function keep(shop: Workshop) {
  return keepStranded(poolOf(shop), 'builders-1', keeping(shop));
}

function keeping({ refs }: Workshop): Keeping {
  return {
    refs,
    taskOf: ({ run }) => Promise.resolve(run === 'run' ? 'add-login' : undefined),
    landingOf: () => Promise.resolve(undefined),
  };
}
