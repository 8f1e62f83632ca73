import { execFileSync } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readIndex } from '../../../src/git/worktree/index-file.ts';
import { keepWork } from '../../../src/git/rescue/rescue.ts';
import { commitAll, discard } from '../../../src/git/worktree/work.ts';
import { workshop } from '../workshop.ts';
import type { Workshop } from '../workshop.ts';

const name = { task: 't', run: 'run', worker: 'builders-1', iteration: 1 };
const files = { 'a.txt': 'a\n', 'b.txt': 'b\n', 'lib/c.txt': 'c\n' };

function sh(folder: string, command: string): void {
  execFileSync('sh', ['-c', command], { cwd: folder, stdio: 'ignore' });
}

/** A slot in which an agent has changed two files and told git not to look. */
async function hiding() {
  const shop = await workshop(files);
  const begun = await shop.begin();
  sh(begun.slot.folder, 'git update-index --assume-unchanged a.txt; git update-index --skip-worktree b.txt');
  await writeFile(join(begun.slot.folder, 'a.txt'), 'hidden a\n');
  await writeFile(join(begun.slot.folder, 'b.txt'), 'hidden b\n');
  expect(await shop.repo.gitIn(begun.slot.folder, 'status', '--porcelain')).toBe('');
  return { shop, ...begun };
}

describe('what an agent has hidden from git', () => {
  it('P6: is kept on the rescue ref', async () => {
    const { shop, slot } = await hiding();
    const kept = await keepWork(shop.opened, { slot, base: shop.base, name, refs: shop.refs });
    const ref = 'ref' in kept ? kept.ref : '';
    expect(await shop.repo.git('show', `${ref}:a.txt`)).toBe('hidden a');
    expect(await shop.repo.git('show', `${ref}:b.txt`)).toBe('hidden b');
  });

  it('is kept where only git can read the index', async () => {
    const { shop, slot } = await hiding();
    sh(slot.folder, 'git update-index --split-index');
    const kept = await keepWork(shop.opened, { slot, base: shop.base, name, refs: shop.refs });
    const ref = 'ref' in kept ? kept.ref : '';
    expect(await shop.repo.git('show', `${ref}:a.txt`)).toBe('hidden a');
    expect(await shop.repo.git('show', `${ref}:b.txt`)).toBe('hidden b');
  });

  it('is part of what is committed', async () => {
    const { shop, slot, branch } = await hiding();
    const work = await commitAll(slot, { branch, base: shop.base, message: 'm' });
    expect(work.kind).toBe('committed');
    expect(await shop.repo.git('show', `${branch}:a.txt`)).toBe('hidden a');
    expect(await shop.repo.git('show', `${branch}:b.txt`)).toBe('hidden b');
  });

  it('is not there for the next iteration, whose own changes git sees', async () => {
    const { shop, slot } = await hiding();
    const branch = 'oompa/run/builders-1-i2';
    await shop.worktrees.start(slot, { branch, base: shop.base, clean: 'tracked' });
    expect(await readFile(join(slot.folder, 'a.txt'), 'utf8')).toBe('a\n');
    expect(await readFile(join(slot.folder, 'b.txt'), 'utf8')).toBe('b\n');
    sh(slot.folder, 'echo x > a.txt; echo x > b.txt');
    expect(await shop.repo.gitIn(slot.folder, 'status', '--porcelain')).toContain('M b.txt');
    expect(await shop.repo.gitIn(slot.folder, 'status', '--porcelain')).toContain('M a.txt');
  });

  it('by a reviewer is thrown away with the rest of what a reviewer did', async () => {
    const { shop, slot, branch } = await hiding();
    expect(await discard(slot, { branch, head: shop.base })).toEqual({ kind: 'discarded' });
    expect(await readFile(join(slot.folder, 'a.txt'), 'utf8')).toBe('a\n');
    expect(await readFile(join(slot.folder, 'b.txt'), 'utf8')).toBe('b\n');
  });
});

describe('a sparse checkout', () => {
  it('P6: keeps what is out of it; what an agent made there all the same comes along', async () => {
    const shop = await workshop(files);
    const { slot } = await shop.begin();
    sh(
      slot.folder,
      'git sparse-checkout set --no-cone /a.txt /b.txt; mkdir -p lib; echo d > lib/d.txt; echo x > a.txt',
    );
    const kept = await keepWork(shop.opened, { slot, base: shop.base, name, refs: shop.refs });
    const ref = 'ref' in kept ? kept.ref : '';
    expect(await shop.repo.git('show', `${ref}:lib/c.txt`)).toBe('c');
    expect(await shop.repo.git('show', `${ref}:lib/d.txt`)).toBe('d');
    expect(await shop.repo.git('show', `${ref}:a.txt`)).toBe('x');
  });
});

describe('readIndex', () => {
  it.each([2, 3, 4])('reads the flags of version %d as git does', async (version) => {
    const shop = await hidingIndex(version);
    const reading = await readIndex(join(shop.repo.path, '.git/index'), 20);
    expect(reading).toEqual({
      kind: 'read',
      entries: { assumed: ['a.txt'], skipped: ['b.txt', `${'long/'.repeat(900)}name.txt`], repositories: ['sub'] },
    });
  });

  it('leaves a split index to git', async () => {
    const shop = await hidingIndex(2);
    await shop.repo.git('update-index', '--split-index');
    expect(await readIndex(join(shop.repo.path, '.git/index'), 20)).toEqual({ kind: 'unknown' });
  });

  it('takes neither half an index nor garbage for one', async () => {
    const shop = await hidingIndex(2);
    const index = join(shop.repo.path, '.git/index');
    const whole = await readFile(index);
    for (const part of [Buffer.from('garbage'), whole.subarray(0, whole.length / 2), Buffer.alloc(500)]) {
      await writeFile(index, part);
      expect(await readIndex(index, 20)).toEqual({ kind: 'unknown' });
    }
    expect(await readIndex(join(shop.repo.path, 'nowhere'), 20)).toEqual({ kind: 'missing' });
  });
});

/** An index with every kind of entry, and a name that is longer than its flags can say. */
async function hidingIndex(version: number): Promise<Workshop> {
  const shop = await workshop(files);
  const blob = await shop.repo.git('rev-parse', 'HEAD:a.txt');
  const long = `${'long/'.repeat(900)}name.txt`;
  await shop.repo.git('update-index', '--add', '--cacheinfo', `100644,${blob},${long}`);
  await shop.repo.git('update-index', '--add', '--cacheinfo', `160000,${shop.base},sub`);
  await shop.repo.git('update-index', '--assume-unchanged', 'a.txt');
  await shop.repo.git('update-index', '--skip-worktree', 'b.txt', long);
  await shop.repo.git('update-index', '--index-version', String(version));
  return shop;
}
