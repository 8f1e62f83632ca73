import { existsSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { buildCandidate } from '../../../src/git/landing/landing.ts';
import { keepWork, listRescues, removeBranch } from '../../../src/git/rescue/rescue.ts';
import type { Slot } from '../../../src/git/worktree/worktree.ts';
import { commitAll } from '../../../src/git/worktree/work.ts';
import { workshop } from '../workshop.ts';
import type { Workshop } from '../workshop.ts';

const name = { task: 'a-task', run: '20261120T120000-abcd', worker: 'builders-1', iteration: 1 };
const ref = 'refs/oompa/rescue/a-task/20261120T120000-abcd-builders-1-i1';

function keep(shop: Workshop, slot: Slot) {
  return keepWork(shop.opened, { slot, base: shop.base, name, refs: shop.refs });
}

async function filesIn(shop: Workshop, commit: string): Promise<string[]> {
  return (await shop.repo.git('ls-tree', '-r', '--name-only', commit)).split('\n');
}

async function commitWork(shop: Workshop, slot: Slot, branch: string): Promise<string> {
  await writeFile(join(slot.folder, 'b.txt'), 'b\n');
  const work = await commitAll(slot, { branch, base: shop.base, message: 'm' });
  if (work.kind !== 'committed') throw new Error(work.kind);
  return work.head;
}

describe('keeping work (P6)', () => {
  it('keeps commits, edits and untracked files, and leaves the worktree as it is', async () => {
    const shop = await workshop();
    const { slot, branch } = await shop.begin();
    const head = await commitWork(shop, slot, branch);
    await writeFile(join(slot.folder, 'a.txt'), 'edited\n');
    await writeFile(join(slot.folder, 'c.txt'), 'untracked\n');
    const before = await shop.repo.gitIn(slot.folder, 'status', '--porcelain', '--branch');
    const kept = await keep(shop, slot);
    if (kept.kind !== 'kept') throw new Error(JSON.stringify(kept));
    expect(kept.ref).toBe(ref);
    expect(await filesIn(shop, ref)).toEqual(['.gitignore', 'a.txt', 'b.txt', 'c.txt']);
    expect(await shop.repo.git('show', `${ref}:a.txt`)).toBe('edited');
    expect(await shop.repo.git('rev-parse', `${ref}^`)).toBe(head);
    expect(await shop.repo.gitIn(slot.folder, 'status', '--porcelain', '--branch')).toBe(before);
  });

  it('has nothing to keep when main has it all', async () => {
    const shop = await workshop();
    const { slot } = await shop.begin();
    expect(await keep(shop, slot)).toEqual({ kind: 'nothing' });
    expect(await shop.repo.git('for-each-ref', 'refs/oompa')).toBe('');
  });

  it('keeps the branch itself when nothing is uncommitted, and once', async () => {
    const shop = await workshop();
    const { slot, branch } = await shop.begin();
    const head = await commitWork(shop, slot, branch);
    expect(await keep(shop, slot)).toEqual({ kind: 'kept', ref, commit: head });
    expect(await keep(shop, slot)).toEqual({ kind: 'kept', ref, commit: head });
  });

  it('never moves a rescue ref: other work under the same name gets a number', async () => {
    const shop = await workshop();
    const { slot, branch } = await shop.begin();
    const head = await commitWork(shop, slot, branch);
    await keep(shop, slot);
    await writeFile(join(slot.folder, 'c.txt'), 'more\n');
    expect(await keep(shop, slot)).toMatchObject({ kind: 'kept', ref: `${ref}.2` });
    expect(await shop.repo.git('rev-parse', ref)).toBe(head);
    const listed = await listRescues(shop.repo.path);
    expect(listed.map((each) => [each.task, each.ref]).sort()).toEqual([
      ['a-task', ref],
      ['a-task', `${ref}.2`],
    ]);
  });

  it.each([
    ['.git is gone', async (folder: string) => rm(join(folder, '.git'))],
    [
      "git's part of the worktree is gone too",
      async (folder: string, shop: Workshop) => {
        await rm(join(folder, '.git'));
        await rm(join(shop.repo.path, '.git/worktrees/builders-1'), { recursive: true });
      },
    ],
    [
      'the index is garbage',
      async (_folder: string, shop: Workshop) => shop.repo.write('.git/worktrees/builders-1/index', 'garbage'),
    ],
    [
      'the index is gone',
      async (_folder: string, shop: Workshop) => rm(join(shop.repo.path, '.git/worktrees/builders-1/index')),
    ],
    [
      'the index is locked',
      async (_folder: string, shop: Workshop) => shop.repo.write('.git/worktrees/builders-1/index.lock', ''),
    ],
  ])('works when %s', async (_name, damage) => {
    const shop = await workshop();
    const { slot, branch } = await shop.begin();
    const head = await commitWork(shop, slot, branch);
    await writeFile(join(slot.folder, 'c.txt'), 'untracked\n');
    await damage(slot.folder, shop);
    const kept = await keep(shop, slot);
    if (kept.kind !== 'kept') throw new Error(JSON.stringify(kept));
    expect(await filesIn(shop, ref)).toEqual(['.gitignore', 'a.txt', 'b.txt', 'c.txt']);
    expect(await shop.repo.git('rev-parse', `${ref}^`)).toBe(head);
  });

  it('keeps the commits when the whole worktree was deleted', async () => {
    const shop = await workshop();
    const { slot, branch } = await shop.begin();
    const head = await commitWork(shop, slot, branch);
    await rm(slot.folder, { recursive: true });
    expect(await keep(shop, slot)).toEqual({ kind: 'kept', ref, commit: head });
  });

  it('keeps what the branch has besides when HEAD is elsewhere', async () => {
    const shop = await workshop();
    const { slot, branch } = await shop.begin();
    const head = await commitWork(shop, slot, branch);
    await shop.repo.gitIn(slot.folder, 'switch', '-q', '--detach', shop.base);
    await writeFile(join(slot.folder, 'c.txt'), 'c\n');
    await keep(shop, slot);
    expect((await shop.repo.git('log', '-1', '--format=%P', ref)).split(' ')).toEqual([shop.base, head]);
    expect(await filesIn(shop, ref)).toEqual(['.gitignore', 'a.txt', 'c.txt']);
  });

  it('keeps the files of repositories inside the worktree', async () => {
    const shop = await workshop();
    const { slot } = await shop.begin();
    for (const folder of ['inner', 'deep/empty']) {
      await mkdir(join(slot.folder, folder), { recursive: true });
      await shop.repo.git('init', '-q', join(slot.folder, folder));
      await writeFile(join(slot.folder, folder, 'x.txt'), 'x\n');
    }
    await shop.repo.gitIn(join(slot.folder, 'inner'), 'add', '-A');
    await shop.repo.gitIn(join(slot.folder, 'inner'), 'commit', '-q', '-m', 'inner');
    await keep(shop, slot);
    expect(await filesIn(shop, ref)).toEqual(['.gitignore', 'a.txt', 'deep/empty/x.txt', 'inner/x.txt']);
  });

  it('keeps the markers of half a merge', async () => {
    const shop = await workshop();
    const { slot } = await shop.begin();
    await shop.repo.commit({ 'a.txt': 'theirs\n' });
    await writeFile(join(slot.folder, 'a.txt'), 'ours\n');
    await shop.repo.gitIn(slot.folder, 'commit', '-q', '-a', '-m', 'ours');
    await shop.repo.gitIn(slot.folder, 'merge', 'main').catch(() => undefined);
    await keep(shop, slot);
    expect(await shop.repo.git('show', `${ref}:a.txt`)).toContain('<<<<<<<');
  });

  it('keeps work where git does not know who commits', async () => {
    const shop = await workshop();
    const { slot } = await shop.begin();
    await shop.repo.git('config', 'user.useConfigOnly', 'true');
    await shop.repo.git('config', 'user.name', '');
    await writeFile(join(slot.folder, 'c.txt'), 'c\n');
    const opened = { ...shop.opened, identity: undefined };
    expect((await keepWork(opened, { slot, base: shop.base, name, refs: shop.refs })).kind).toBe('kept');
  });
});

describe('removing a branch (P6)', () => {
  it('refuses while its work is nowhere else, and does it once the work is rescued', async () => {
    const shop = await workshop();
    const { slot, branch } = await shop.begin();
    await commitWork(shop, slot, branch);
    expect((await removeBranch(shop.opened, { branch, refs: shop.refs })).kind).toBe('refused');
    expect(await shop.repo.git('branch', '--list', branch)).toContain(branch);
    await keep(shop, slot);
    expect(await removeBranch(shop.opened, { branch, refs: shop.refs })).toEqual({ kind: 'removed' });
    expect(await shop.repo.git('branch', '--list', branch)).toBe('');
  });

  it('does it when the work is on main, or is provably what was squashed there', async () => {
    const shop = await workshop();
    const { slot, branch } = await shop.begin();
    const head = await commitWork(shop, slot, branch);
    await shop.repo.commit({ 'a.txt': 'two\n' });
    const main = await shop.repo.git('rev-parse', 'main');
    const built = await buildCandidate(shop.opened, { main, head, strategy: 'squash', message: 'm', trailers: [] });
    if (built.kind !== 'candidate') throw new Error(built.kind);
    await shop.repo.git('merge', '-q', '--ff-only', built.commit);
    const landedAs = built.commit;
    expect((await removeBranch(shop.opened, { branch, refs: shop.refs, landedAs: main })).kind).toBe('refused');
    expect(await removeBranch(shop.opened, { branch, refs: shop.refs, landedAs })).toEqual({ kind: 'removed' });
    await shop.repo.git('branch', 'oompa/run/merged', main);
    expect(await removeBranch(shop.opened, { branch: 'oompa/run/merged', refs: shop.refs })).toEqual({
      kind: 'removed',
    });
  });

  it("never touches a branch that is not oompa's", async () => {
    const shop = await workshop();
    await shop.repo.git('branch', 'mine');
    expect((await removeBranch(shop.opened, { branch: 'mine', refs: shop.refs })).kind).toBe('refused');
    expect(existsSync(join(shop.repo.path, '.git/refs/heads/mine'))).toBe(true);
  });
});
