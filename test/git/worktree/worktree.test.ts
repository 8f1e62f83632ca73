import { existsSync } from 'node:fs';
import { chmod, mkdir, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { adminOf } from '../../../src/git/admin.ts';
import { commitAll } from '../../../src/git/worktree/work.ts';
import { lease, pool, workshop } from '../workshop.ts';

const run = promisify(execFile);
const here = dirname(fileURLToPath(import.meta.url));
const hour = 60 * 60 * 1000;

describe('leasing a slot', () => {
  it('makes a worktree with the files of main, locked against pruning', async () => {
    const shop = await workshop();
    const slot = await lease(shop.worktrees, 'builders-1');
    expect(slot).toMatchObject({ name: 'builders-1', number: 1, isNew: true });
    expect(await readFile(join(slot.folder, 'a.txt'), 'utf8')).toBe('one\n');
    expect(await shop.repo.git('worktree', 'list', '--porcelain')).toContain('locked oompa works here');
    expect(await shop.repo.git('status', '--porcelain')).toBe('');
  });

  it('gives the same slot again, which is not new any more', async () => {
    const { worktrees } = await workshop();
    const [slot, same] = await Promise.all([lease(worktrees, 'verify'), lease(worktrees, 'verify')]);
    expect(same).toBe(slot);
    expect(slot.isNew).toBe(false);
  });

  it('leaves a slot alone that another living owner has, and takes a name and a number of its own', async () => {
    const shop = await workshop();
    await lease(shop.worktrees, 'builders-1');
    const other = await lease(pool(shop.opened), 'builders-1');
    expect(other).toMatchObject({ name: 'builders-1.2', number: 2, isNew: true });
  });

  it('leaves one alone that another machine has, until nobody can be at work in it any more', async () => {
    const shop = await workshop();
    const slot = await lease(shop.worktrees, 'builders-1');
    const file = `${slot.folder}.lease.json`;
    const noted = JSON.parse(await readFile(file, 'utf8')) as object;
    const elsewhere = (at: number) =>
      writeFile(file, JSON.stringify({ ...noted, host: 'elsewhere', pidStart: 'x', at }));
    await elsewhere(Date.now() - 3 * hour);
    expect(await lease(pool(shop.opened), 'builders-1')).toMatchObject({ name: 'builders-1.2' });
    await elsewhere(Date.now() - 25 * hour);
    expect(await lease(pool(shop.opened), 'builders-1')).toMatchObject({ name: 'builders-1', folder: slot.folder });
  });

  it('takes over the folder when its owner has closed the pool', async () => {
    const shop = await workshop();
    const slot = await lease(shop.worktrees, 'builders-1');
    await shop.worktrees.close(undefined);
    const next = await lease(pool(shop.opened), 'builders-1');
    expect(next).toMatchObject({ name: 'builders-1', folder: slot.folder, isNew: false });
  });

  it('rescues what a dead owner left uncommitted, before anything can clean it away', async () => {
    const shop = await workshop();
    const { slot } = await shop.begin();
    await writeFile(join(slot.folder, 'half done.txt'), 'precious\n');
    await shop.worktrees.close(undefined);
    const result = await pool(shop.opened).lease('builders-1');
    if (result.kind === 'failed') throw new Error(result.detail);
    expect(await shop.repo.git('show', `${String(result.rescued)}:half done.txt`)).toBe('precious');
  });

  it('leaves it at the branch when all was committed', async () => {
    const shop = await workshop();
    const { slot, branch } = await shop.begin();
    await writeFile(join(slot.folder, 'b.txt'), 'b\n');
    await commitAll(slot, { branch, base: shop.base, message: 'm' });
    await shop.worktrees.close(undefined);
    expect(await pool(shop.opened).lease('builders-1')).not.toHaveProperty('rescued');
    expect(await shop.repo.git('for-each-ref', 'refs/oompa')).toBe('');
  });

  it('rescues nothing from a slot that held no work', async () => {
    const shop = await workshop();
    const { slot } = await shop.begin();
    const verify = await lease(shop.worktrees, 'verify');
    await shop.worktrees.detach(verify, { base: shop.base, clean: 'tracked' });
    await writeFile(join(verify.folder, 'coverage.txt'), 'x');
    await shop.worktrees.close(undefined);
    const next = pool(shop.opened);
    expect(await next.lease(slot.name)).not.toHaveProperty('rescued');
    expect(await next.lease('verify')).not.toHaveProperty('rescued');
    expect(await shop.repo.git('for-each-ref', 'refs/oompa')).toBe('');
  });

  it('says why when the folder can not be made', async () => {
    const shop = await workshop();
    await mkdir(join(shop.repo.path, '.oompa'));
    await writeFile(join(shop.repo.path, '.oompa', 'worktrees'), 'a file');
    const result = await shop.worktrees.lease('builders-1');
    expect(result.kind).toBe('failed');
  });

  it('gives 8 slots to 4 processes at once, none of them twice', async () => {
    const shop = await workshop();
    const script = join(here, 'lease-child.ts');
    const children = await Promise.all(
      [1, 2, 3, 4].map(() =>
        run(process.execPath, ['--import', 'tsx', script, shop.repo.path, 'builders-1', 'builders-2'], {
          timeout: 120_000,
          killSignal: 'SIGKILL',
        }),
      ),
    );
    const slots = children.flatMap(
      ({ stdout }) => JSON.parse(stdout) as { name: string; number: number; clean: string }[],
    );
    expect(new Set(slots.map(({ name }) => name)).size).toBe(8);
    expect(slots.map(({ number }) => number).sort()).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    expect(slots.map(({ clean }) => clean).join('')).toBe('');
    expect((await shop.repo.git('worktree', 'list')).split('\n')).toHaveLength(9);
  });
});

describe('starting an iteration', () => {
  it('puts a used slot on a new branch with fresh content and keeps ignored files', async () => {
    const shop = await workshop({ 'a.txt': 'one\n', '.gitignore': '.oompa/\nnode_modules/\n' });
    const { slot } = await shop.begin();
    await writeFile(join(slot.folder, 'a.txt'), 'changed\n');
    await writeFile(join(slot.folder, 'stray.txt'), 'x');
    await mkdir(join(slot.folder, 'node_modules'));
    await shop.repo.git('init', '-q', join(slot.folder, 'nested'));
    await writeFile(join(slot.folder, 'node_modules/kept'), 'x');
    const main = await shop.repo.commit({ 'b.txt': 'b\n' });
    expect(await shop.worktrees.start(slot, { branch: 'oompa/run/next', base: main, clean: 'tracked' })).toEqual({
      kind: 'started',
    });
    expect((await readdir(slot.folder)).sort()).toEqual(['.git', '.gitignore', 'a.txt', 'b.txt', 'node_modules']);
    expect(await readFile(join(slot.folder, 'a.txt'), 'utf8')).toBe('one\n');
    expect(await shop.repo.gitIn(slot.folder, 'status', '--porcelain', '--branch')).toBe('## oompa/run/next');
    await shop.worktrees.start(slot, { branch: 'oompa/run/last', base: main, clean: 'all' });
    expect(existsSync(join(slot.folder, 'node_modules'))).toBe(false);
    expect(slot.isNew).toBe(true);
  });

  it('never resets a branch that holds work', async () => {
    const shop = await workshop();
    const { slot, branch } = await shop.begin();
    await writeFile(join(slot.folder, 'b.txt'), 'b\n');
    const work = await commitAll(slot, { branch, base: shop.base, message: 'm' });
    if (work.kind !== 'committed') throw new Error(work.kind);
    const result = await shop.worktrees.start(slot, { branch, base: shop.base, clean: 'tracked' });
    expect(result.kind).toBe('failed');
    expect(await shop.repo.git('rev-parse', branch)).toBe(work.head);
  });

  it('takes over a branch that a crash left where it started', async () => {
    const shop = await workshop();
    const { slot } = await shop.begin();
    await shop.repo.git('branch', 'oompa/run/again', shop.base);
    expect(await shop.worktrees.start(slot, { branch: 'oompa/run/again', base: shop.base, clean: 'tracked' })).toEqual({
      kind: 'started',
    });
  });

  it.each([
    ['a lock', 'index.lock'],
    ['half a merge', 'MERGE_HEAD'],
    ['half a rebase', 'rebase-merge/head-name'],
  ])('makes the worktree anew when %s was left in it', async (_name, file) => {
    const shop = await workshop();
    const { slot } = await shop.begin();
    const admin = String(await adminOf(slot.folder, shop.opened.commonDir));
    await mkdir(dirname(join(admin, file)), { recursive: true });
    await writeFile(join(admin, file), `${shop.base}\n`);
    expect(await shop.worktrees.start(slot, { branch: 'oompa/run/next', base: shop.base, clean: 'tracked' })).toEqual({
      kind: 'started',
    });
    expect(existsSync(join(admin, file))).toBe(false);
    expect(await shop.repo.gitIn(slot.folder, 'status', '--porcelain', '--branch')).toBe('## oompa/run/next');
  });

  it('runs no hook of the user', async () => {
    const shop = await workshop();
    await shop.repo.write('.git/hooks/post-checkout', '#!/bin/sh\ntouch ran-a-hook\n');
    await chmod(join(shop.repo.path, '.git/hooks/post-checkout'), 0o755);
    const { slot } = await shop.begin();
    expect(await readdir(slot.folder)).not.toContain('ran-a-hook');
  });

  it('detaches HEAD for slots that make no branch', async () => {
    const shop = await workshop();
    const slot = await lease(shop.worktrees, 'verify');
    expect(await shop.worktrees.detach(slot, { base: shop.base, clean: 'tracked' })).toEqual({ kind: 'started' });
    expect(await shop.repo.gitIn(slot.folder, 'status', '--porcelain', '--branch')).toBe('## HEAD (no branch)');
  });
});

describe('removing a slot', () => {
  it("takes its folder, git's part of it and the lease, and no other worktree", async () => {
    const shop = await workshop();
    await shop.repo.git('worktree', 'add', '-q', '--detach', join(shop.repo.path, '.oompa', 'of-the-user'));
    await rm(join(shop.repo.path, '.oompa', 'of-the-user'), { recursive: true });
    const { slot } = await shop.begin();
    await shop.worktrees.remove(slot);
    expect(existsSync(slot.folder)).toBe(false);
    expect(await readdir(join(shop.repo.path, '.git/worktrees'))).toEqual(['of-the-user']);
    expect(await lease(shop.worktrees, slot.name)).toMatchObject({ name: slot.name, isNew: true });
  });
});
