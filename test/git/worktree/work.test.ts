import { existsSync } from 'node:fs';
import { appendFile, chmod, mkdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { adminOf } from '../../../src/git/admin.ts';
import { commitAll, conflictMarkersLeft, discard, mergeMain } from '../../../src/git/worktree/work.ts';
import { workshop } from '../workshop.ts';
import type { Workshop } from '../workshop.ts';

async function filesOf({ repo }: Workshop, commit: string): Promise<string[]> {
  return (await repo.git('ls-tree', '-r', '--name-only', commit)).split('\n').sort();
}

async function parentsOf({ repo }: Workshop, commit: string): Promise<string[]> {
  return (await repo.git('rev-list', '--parents', '-1', commit)).split(' ').slice(1);
}

async function adminFolder({ repo }: Workshop, folder: string): Promise<string> {
  const admin = await adminOf(folder, join(repo.path, '.git'));
  if (admin === undefined) throw new Error('the worktree has no admin folder');
  return admin;
}

describe('committing what an agent left', () => {
  it('takes changed, deleted and untracked files, and leaves ignored ones', async () => {
    const shop = await workshop({ 'a.txt': 'one\n', 'old.txt': 'old\n', '.gitignore': '.oompa/\nbuild/\n' });
    const { slot, branch } = await shop.begin();
    await writeFile(join(slot.folder, 'a.txt'), 'two\n');
    await rm(join(slot.folder, 'old.txt'));
    await writeFile(join(slot.folder, 'neu é.txt'), 'new\n');
    await mkdir(join(slot.folder, 'build'));
    await writeFile(join(slot.folder, 'build', 'out'), 'x');
    const result = await commitAll(slot, { branch, base: shop.base, message: 'the work\n\nOompa-Task: t\n' });
    if (result.kind !== 'committed') throw new Error(result.kind);
    expect(result.base).toBe(shop.base);
    expect(await parentsOf(shop, result.head)).toEqual([shop.base]);
    expect(await shop.repo.git('ls-tree', '-r', '-z', '--name-only', result.head)).toBe(
      '.gitignore\0a.txt\0neu é.txt\0',
    );
    expect(await shop.repo.git('log', '-1', '--format=%(trailers:key=Oompa-Task,valueonly)', branch)).toContain('t');
  });

  it('says that nothing changed', async () => {
    const shop = await workshop();
    const { slot, branch } = await shop.begin();
    expect(await commitAll(slot, { branch, base: shop.base, message: 'm' })).toMatchObject({
      kind: 'unchanged',
      head: shop.base,
    });
  });

  it('counts commits that the agent made itself', async () => {
    const shop = await workshop();
    const { slot, branch } = await shop.begin();
    await writeFile(join(slot.folder, 'b.txt'), 'b\n');
    await shop.repo.gitIn(slot.folder, 'add', '-A');
    await shop.repo.gitIn(slot.folder, 'commit', '-q', '-m', 'by the agent');
    const own = await shop.repo.git('rev-parse', branch);
    expect(await commitAll(slot, { branch, base: shop.base, message: 'm' })).toMatchObject({
      kind: 'committed',
      head: own,
    });
  });

  it('moves the base on when the agent has merged main itself', async () => {
    const shop = await workshop();
    const { slot, branch } = await shop.begin();
    const main = await shop.repo.commit({ 'other.txt': 'o\n' });
    await shop.repo.gitIn(slot.folder, 'merge', '-q', 'main');
    await writeFile(join(slot.folder, 'b.txt'), 'b\n');
    expect(await commitAll(slot, { branch, base: shop.base, message: 'm' })).toMatchObject({
      kind: 'committed',
      base: main,
    });
  });

  it('sends back what a commit hook refuses, with its words, and keeps the changes', async () => {
    const shop = await workshop();
    const { slot, branch } = await shop.begin();
    await shop.repo.write('.git/hooks/pre-commit', '#!/bin/sh\necho "no tabs please" >&2\nexit 1\n');
    await chmod(join(shop.repo.path, '.git/hooks/pre-commit'), 0o755);
    await writeFile(join(slot.folder, 'b.txt'), '\t');
    const result = await commitAll(slot, { branch, base: shop.base, message: 'm' });
    expect(result).toMatchObject({ kind: 'refused', detail: 'no tabs please' });
    expect(await readFile(join(slot.folder, 'b.txt'), 'utf8')).toBe('\t');
  });

  it('names repositories inside the worktree and commits the rest', async () => {
    const shop = await workshop();
    const { slot, branch } = await shop.begin();
    for (const name of ['with commit', 'empty']) await shop.repo.git('init', '-q', join(slot.folder, name));
    await writeFile(join(slot.folder, 'with commit', 'x'), 'x');
    await shop.repo.gitIn(join(slot.folder, 'with commit'), 'add', '-A');
    await shop.repo.gitIn(join(slot.folder, 'with commit'), 'commit', '-q', '-m', 'inner');
    await writeFile(join(slot.folder, 'b.txt'), 'b\n');
    const result = await commitAll(slot, { branch, base: shop.base, message: 'm' });
    if (result.kind !== 'committed') throw new Error(JSON.stringify(result));
    expect([...result.nested].sort()).toEqual(['empty', 'with commit']);
    expect(await filesOf(shop, result.head)).toEqual(['.gitignore', 'a.txt', 'b.txt']);
  });

  it.each([
    ['with a detached HEAD', ['switch', '-q', '--detach'], 'a detached HEAD'],
    ['on a branch of its own', ['switch', '-q', '-c', 'mine'], 'mine'],
  ])('brings commits made %s onto the branch', async (_name, switching, from) => {
    const shop = await workshop();
    const { slot, branch } = await shop.begin();
    await shop.repo.gitIn(slot.folder, ...switching);
    await writeFile(join(slot.folder, 'b.txt'), 'b\n');
    await shop.repo.gitIn(slot.folder, 'add', '-A');
    await shop.repo.gitIn(slot.folder, 'commit', '-q', '-m', 'elsewhere');
    const elsewhere = await shop.repo.gitIn(slot.folder, 'rev-parse', 'HEAD');
    await writeFile(join(slot.folder, 'c.txt'), 'c\n');
    const result = await commitAll(slot, { branch, base: shop.base, message: 'm' });
    if (result.kind !== 'committed') throw new Error(JSON.stringify(result));
    expect(result.strayed).toBe(from);
    expect(await parentsOf(shop, result.head)).toEqual([elsewhere]);
    expect(await shop.repo.gitIn(slot.folder, 'symbolic-ref', '--short', 'HEAD')).toBe(branch);
  });

  it('does not undo what landed on main when the agent had switched to main', async () => {
    const shop = await workshop();
    await shop.repo.git('switch', '-q', '-c', 'user');
    const { slot, branch } = await shop.begin();
    await shop.repo.gitIn(slot.folder, 'switch', '-q', 'main');
    const landed = await shop.repo.commit({ 'landed.txt': 'l\n' });
    await shop.repo.git('update-ref', 'refs/heads/main', landed);
    await writeFile(join(slot.folder, 'b.txt'), 'b\n');
    const result = await commitAll(slot, { branch, base: shop.base, message: 'm' });
    if (result.kind !== 'committed') throw new Error(JSON.stringify(result));
    expect(await parentsOf(shop, result.head)).toEqual([shop.base]);
    expect(await shop.repo.git('diff', '--name-only', shop.base, result.head)).toBe('b.txt');
  });

  it('keeps the commits of the branch that the agent has walked away from', async () => {
    const shop = await workshop();
    const { slot, branch } = await shop.begin();
    await writeFile(join(slot.folder, 'b.txt'), 'b\n');
    await shop.repo.gitIn(slot.folder, 'add', '-A');
    await shop.repo.gitIn(slot.folder, 'commit', '-q', '-m', 'left behind');
    const left = await shop.repo.git('rev-parse', branch);
    await shop.repo.gitIn(slot.folder, 'switch', '-q', '--detach', shop.base);
    await writeFile(join(slot.folder, 'c.txt'), 'c\n');
    expect((await commitAll(slot, { branch, base: shop.base, message: 'm' })).kind).toBe('committed');
    expect(await shop.repo.git('for-each-ref', '--contains', left, 'refs/oompa/rescue')).toContain(left);
  });

  it('keeps the work and says so when the agent has rewritten history', async () => {
    const shop = await workshop();
    const second = await shop.repo.commit({ 'second.txt': 's\n' });
    const { slot } = await shop.begin();
    const branch = 'oompa/run/builders-1-i2';
    await shop.worktrees.start(slot, { branch, base: second, clean: 'tracked' });
    await shop.repo.gitIn(slot.folder, 'reset', '-q', '--hard', shop.base);
    await writeFile(join(slot.folder, 'b.txt'), 'b\n');
    const result = await commitAll(slot, { branch, base: second, message: 'm' });
    if (result.kind !== 'rewritten') throw new Error(JSON.stringify(result));
    expect(await filesOf(shop, result.head)).toEqual(['.gitignore', 'a.txt', 'b.txt']);
  });

  it('removes the index.lock of a git process that was killed', async () => {
    const shop = await workshop();
    const { slot, branch } = await shop.begin();
    await writeFile(join(await adminFolder(shop, slot.folder), 'index.lock'), '');
    await writeFile(join(slot.folder, 'b.txt'), 'b\n');
    expect((await commitAll(slot, { branch, base: shop.base, message: 'm' })).kind).toBe('committed');
  });
});

describe('an agent that leaves something half done', () => {
  async function diverged(): Promise<{
    shop: Workshop;
    folder: string;
    slot: Awaited<ReturnType<Workshop['begin']>>['slot'];
    branch: string;
  }> {
    const shop = await workshop();
    const { slot, branch } = await shop.begin();
    await shop.repo.commit({ 'a.txt': 'theirs\n' });
    await writeFile(join(slot.folder, 'a.txt'), 'ours\n');
    await shop.repo.gitIn(slot.folder, 'commit', '-q', '-a', '-m', 'ours');
    return { shop, slot, branch, folder: slot.folder };
  }

  it.each([
    ['merge', ['merge', 'main']],
    ['rebase', ['rebase', 'main']],
    ['cherry-pick', ['cherry-pick', 'main']],
    ['revert', ['revert', '--no-commit', 'HEAD']],
    ['bisect', ['bisect', 'start']],
  ])('is sent back for a %s', async (operation, command) => {
    const { shop, slot, branch, folder } = await diverged();
    await shop.repo.gitIn(folder, ...command).catch(() => undefined);
    const result = await commitAll(slot, { branch, base: shop.base, message: 'm' });
    expect(result).toEqual({ kind: 'unfinished', operation });
  });

  it('is sent back while markers are left of the merge that oompa began, and then concludes it', async () => {
    const { shop, slot, branch, folder } = await diverged();
    const main = await shop.repo.git('rev-parse', 'main');
    expect(await mergeMain(slot, main)).toEqual({ kind: 'conflicts', paths: ['a.txt'] });
    expect(await conflictMarkersLeft(slot)).toEqual(['a.txt']);
    expect(await commitAll(slot, { branch, base: main, message: 'm' })).toEqual({
      kind: 'unfinished',
      operation: 'merge',
    });
    await writeFile(join(folder, 'a.txt'), 'both\n');
    const result = await commitAll(slot, { branch, base: main, message: 'm' });
    if (result.kind !== 'committed') throw new Error(JSON.stringify(result));
    expect((await parentsOf(shop, result.head))[1]).toBe(main);
    expect(await shop.repo.git('show', `${branch}:a.txt`)).toBe('both');
  });

  it('is sent back when it has committed the markers', async () => {
    const { shop, slot, branch, folder } = await diverged();
    const main = await shop.repo.git('rev-parse', 'main');
    await mergeMain(slot, main);
    await shop.repo.gitIn(folder, 'commit', '-q', '-a', '-m', 'done');
    expect(await commitAll(slot, { branch, base: main, message: 'm' })).toMatchObject({ kind: 'unfinished' });
  });

  it('gets a merge without conflicts, to be concluded by the next commit', async () => {
    const shop = await workshop();
    const { slot, branch } = await shop.begin();
    await writeFile(join(slot.folder, 'b.txt'), 'b\n');
    await commitAll(slot, { branch, base: shop.base, message: 'm' });
    const main = await shop.repo.commit({ 'c.txt': 'c\n' });
    expect(await mergeMain(slot, main)).toEqual({ kind: 'clean' });
    const result = await commitAll(slot, { branch, base: main, message: 'm' });
    if (result.kind !== 'committed') throw new Error(JSON.stringify(result));
    expect(await filesOf(shop, result.head)).toEqual(['.gitignore', 'a.txt', 'b.txt', 'c.txt']);
  });
});

describe('an agent that damages its worktree', () => {
  it.each([
    ['deletes .git', async (folder: string) => rm(join(folder, '.git'))],
    [
      'points .git at the repository of the user',
      async (folder: string, repo: string) => writeFile(join(folder, '.git'), `gitdir: ${repo}/.git\n`),
    ],
    [
      'makes a repository of its own there',
      async (folder: string, _repo: string, git: (...args: string[]) => Promise<string>) => {
        await rm(join(folder, '.git'));
        await git('init', '-q', folder);
      },
    ],
    [
      'deletes .git and prunes the worktree',
      async (folder: string, repo: string, git: (...args: string[]) => Promise<string>) => {
        await rm(join(folder, '.git'));
        await git('worktree', 'unlock', folder).catch(() => undefined);
        await rm(join(repo, '.git/worktrees/builders-1'), { recursive: true, force: true });
        await git('worktree', 'prune');
      },
    ],
    [
      'puts a link to nowhere in place of .git',
      async (folder: string) => {
        await rm(join(folder, '.git'));
        await symlink('/nonexistent/place', join(folder, '.git'));
      },
    ],
  ])('loses nothing when it %s', async (_name, damage) => {
    const shop = await workshop();
    const { slot, branch } = await shop.begin();
    await writeFile(join(slot.folder, 'b.txt'), 'b\n');
    await shop.repo.gitIn(slot.folder, 'add', '-A');
    await shop.repo.gitIn(slot.folder, 'commit', '-q', '-m', 'before');
    await writeFile(join(slot.folder, 'c.txt'), 'c\n');
    await damage(slot.folder, shop.repo.path, shop.repo.git);
    const result = await commitAll(slot, { branch, base: shop.base, message: 'm' });
    if (result.kind !== 'committed') throw new Error(JSON.stringify(result));
    expect(await filesOf(shop, result.head)).toEqual(['.gitignore', 'a.txt', 'b.txt', 'c.txt']);
    expect(await shop.repo.git('status', '--porcelain')).toBe('');
    expect(await shop.repo.git('rev-parse', 'main')).toBe(shop.base);
    expect(await shop.worktrees.start(slot, { branch: `${branch}x`, base: shop.base, clean: 'tracked' })).toEqual({
      kind: 'started',
    });
    expect(await shop.repo.gitIn(slot.folder, 'status', '--porcelain')).toBe('');
  });

  it('is told that the worktree is lost when it has deleted it, and the next iteration gets a new one', async () => {
    const shop = await workshop();
    const { slot, branch } = await shop.begin();
    await rm(slot.folder, { recursive: true });
    expect((await commitAll(slot, { branch, base: shop.base, message: 'm' })).kind).toBe('lost');
    expect(await shop.worktrees.start(slot, { branch: 'oompa/run/next', base: shop.base, clean: 'tracked' })).toEqual({
      kind: 'started',
    });
    expect(slot.isNew).toBe(true);
    expect(await readFile(join(slot.folder, 'a.txt'), 'utf8')).toBe('one\n');
  });
});

describe('discarding what a reviewer did', () => {
  it('puts branch, files and index back to the work', async () => {
    const shop = await workshop();
    const { slot, branch } = await shop.begin();
    await writeFile(join(slot.folder, 'b.txt'), 'b\n');
    const work = await commitAll(slot, { branch, base: shop.base, message: 'm' });
    if (work.kind !== 'committed') throw new Error(work.kind);
    await appendFile(join(slot.folder, 'b.txt'), 'fixed by the reviewer\n');
    await shop.repo.gitIn(slot.folder, 'commit', '-q', '-a', '-m', 'by the reviewer');
    await shop.repo.gitIn(slot.folder, 'switch', '-q', '--detach', shop.base);
    await writeFile(join(slot.folder, 'notes.txt'), 'x');
    await writeFile(join(await adminFolder(shop, slot.folder), 'index.lock'), '');
    expect(await discard(slot, { branch, head: work.head })).toEqual({ kind: 'discarded' });
    expect(await shop.repo.git('rev-parse', branch)).toBe(work.head);
    expect(await shop.repo.gitIn(slot.folder, 'status', '--porcelain', '--branch')).toBe(`## ${branch}`);
    expect(await readFile(join(slot.folder, 'b.txt'), 'utf8')).toBe('b\n');
    expect(existsSync(join(slot.folder, 'notes.txt'))).toBe(false);
  });
});
