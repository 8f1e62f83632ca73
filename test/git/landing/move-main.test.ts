import { chmod, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { buildCandidate, holdSignature, moveMain } from '../../../src/git/landing/landing.ts';
import type { Candidate } from '../../../src/git/landing/landing.ts';
import { claimRef } from '../../../src/git/landing/fence.ts';
import { commitAll } from '../../../src/git/worktree/work.ts';
import { workshop } from '../workshop.ts';
import type { Workshop } from '../workshop.ts';

const claim = claimRef('a-task');

/** Work that changes touched.txt and adds new/added.txt, approved and ready to land; the claim's fence is up. */
async function ready(): Promise<{ shop: Workshop; candidate: Candidate; fence: string }> {
  const shop = await workshop({ 'touched.txt': '1\n2\n3\n', 'other.txt': 'other\n', '.gitignore': '.oompa/\n*.log\n' });
  const { slot, branch } = await shop.begin();
  await writeFile(join(slot.folder, 'touched.txt'), '1\n2\nthree\n');
  await shop.repo.gitIn(slot.folder, 'add', '-A');
  for (const name of ['added.txt', 'made.log']) {
    await writeFile(join(slot.folder, name), 'by the agent\n');
    await shop.repo.gitIn(slot.folder, 'add', '-f', name);
  }
  const work = await commitAll(slot, { branch, base: shop.base, message: 'work' });
  if (work.kind !== 'committed') throw new Error(work.kind);
  const built = await build(shop, work.head, shop.base);
  const fence = await shop.repo.git('hash-object', '-w', 'other.txt');
  await shop.repo.git('update-ref', claim, fence);
  return { shop, candidate: built, fence };
}

async function build(shop: Workshop, head: string, main: string): Promise<Candidate> {
  const order = { main, head, strategy: 'merge', message: 'A task', trailers: [['Oompa-Task', 'a-task']] } as const;
  const built = await buildCandidate(shop.opened, order);
  if (built.kind !== 'candidate') throw new Error(built.kind);
  return built;
}

function move(
  shop: Workshop,
  candidate: Candidate,
  fence: string | undefined,
  intent: () => void | Promise<void> = () => undefined,
) {
  return moveMain(shop.opened, {
    refs: shop.refs,
    branch: 'main',
    from: candidate.main,
    to: candidate.commit,
    claim: fence === undefined ? undefined : { ref: claim, oid: fence },
    intent,
  });
}

/** Every byte that is the user's: files, index, HEAD, stash and what is in progress. */
async function everything({ repo }: Workshop): Promise<string> {
  const files = ['touched.txt', 'other.txt', 'added.txt', 'made.log', 'mine.txt'];
  const texts = files.map((name) => readFile(join(repo.path, name), 'utf8').catch(() => 'none'));
  const asked = [
    ['ls-files', '-s'],
    ['status', '--porcelain=v2'],
    ['stash', 'list'],
    ['for-each-ref', 'refs/heads'],
  ];
  const head = readFile(join(repo.path, '.git/HEAD'), 'utf8');
  return JSON.stringify(await Promise.all([...texts, head, ...asked.map((args) => repo.git(...args))]));
}

describe('where main is checked out nowhere', () => {
  it('moves main and takes down the fence in one step', async () => {
    const { shop, candidate, fence } = await ready();
    await shop.repo.git('switch', '-q', '-c', 'mine');
    await shop.repo.write('touched.txt', 'mine\n');
    const before = await shop.repo.git('status', '--porcelain');
    expect(await move(shop, candidate, fence)).toEqual({ kind: 'moved' });
    expect(await shop.repo.git('rev-parse', 'main')).toBe(candidate.commit);
    expect(await shop.repo.git('for-each-ref', claim)).toBe('');
    expect(await shop.repo.git('status', '--porcelain')).toBe(before);
  });

  it('does nothing when somebody else has moved main', async () => {
    const { shop, candidate, fence } = await ready();
    await shop.repo.git('switch', '-q', '-c', 'mine');
    const theirs = await shop.repo.commit({ 'x.txt': 'x\n' });
    await shop.repo.git('update-ref', 'refs/heads/main', theirs);
    expect(await move(shop, candidate, fence)).toEqual({ kind: 'main-moved' });
    expect(await shop.repo.git('rev-parse', 'main')).toBe(theirs);
    expect(await shop.repo.git('rev-parse', claim)).toBe(fence);
  });

  it('loses the swap when main moves after the intent was written down', async () => {
    const { shop, candidate, fence } = await ready();
    await shop.repo.git('switch', '-q', '-c', 'mine');
    const theirs = await shop.repo.commit({ 'x.txt': 'x\n' });
    const result = await move(shop, candidate, fence, async () => {
      await shop.repo.git('update-ref', 'refs/heads/main', theirs);
    });
    expect(result).toEqual({ kind: 'main-moved' });
    expect(await shop.repo.git('rev-parse', 'main')).toBe(theirs);
    expect(await shop.repo.git('rev-parse', claim)).toBe(fence);
  });

  it('does nothing for a worker whose claim somebody else has by now', async () => {
    const { shop, candidate, fence } = await ready();
    await shop.repo.git('switch', '-q', '-c', 'mine');
    const next = await shop.repo.git('hash-object', '-w', 'touched.txt');
    await shop.repo.git('update-ref', claim, next);
    expect(await move(shop, candidate, fence)).toEqual({ kind: 'stale-claim' });
    await shop.repo.git('update-ref', '-d', claim);
    expect(await move(shop, candidate, fence)).toEqual({ kind: 'stale-claim' });
    expect(await shop.repo.git('rev-parse', 'main')).toBe(shop.base);
  });

  it('lets exactly one of several landings at once win', async () => {
    const { shop, candidate } = await ready();
    await shop.repo.git('switch', '-q', '-c', 'mine');
    const results = await Promise.all([1, 2, 3, 4].map(() => move(shop, candidate, undefined)));
    expect(results.map(({ kind }) => kind).sort()).toEqual(['main-moved', 'main-moved', 'main-moved', 'moved']);
  });

  it('takes no notice of an agent that has switched its own worktree to main', async () => {
    const { shop, candidate, fence } = await ready();
    await shop.repo.git('switch', '-q', '-c', 'mine');
    const { slot } = await shop.begin('builders-2');
    await shop.repo.gitIn(slot.folder, 'switch', '-q', 'main');
    expect(await move(shop, candidate, fence)).toEqual({ kind: 'moved' });
    expect(await readFile(join(slot.folder, 'touched.txt'), 'utf8')).toBe('1\n2\n3\n');
  });
});

describe('where main is checked out and nothing is in the way', () => {
  it('brings the checkout forward, keeps edits elsewhere, and takes down the fence', async () => {
    const { shop, candidate, fence } = await ready();
    await shop.repo.write('other.txt', 'edited by the user\n');
    await shop.repo.write('mine.txt', 'untracked\n');
    expect(await move(shop, candidate, fence)).toEqual({ kind: 'moved' });
    expect(await shop.repo.read('touched.txt')).toBe('1\n2\nthree\n');
    expect(await shop.repo.git('status', '--porcelain')).toBe(' M other.txt\n?? mine.txt');
    expect(await shop.repo.git('for-each-ref', claim)).toBe('');
  });

  it.each([
    ['merge.autoStash', 'true'],
    ['branch.main.mergeOptions', '--no-ff --squash'],
    ['merge.ff', 'false'],
    ['merge.verifySignatures', 'true'],
  ])('does so whatever the user has set for %s', async (key, value) => {
    const { shop, candidate, fence } = await ready();
    await shop.repo.git('config', key, value);
    expect(await move(shop, candidate, fence)).toEqual({ kind: 'moved' });
    expect(await shop.repo.git('rev-parse', 'main')).toBe(candidate.commit);
    expect(await shop.repo.git('status', '--porcelain')).toBe('');
  });

  it('does so in a worktree that the user has added', async () => {
    const { shop, candidate, fence } = await ready();
    await shop.repo.git('switch', '-q', '-c', 'mine');
    const folder = join(shop.repo.path, '.oompa', 'of-the-user');
    await shop.repo.git('worktree', 'add', '-q', folder, 'main');
    expect(await move(shop, candidate, fence)).toEqual({ kind: 'moved' });
    expect(await readFile(join(folder, 'touched.txt'), 'utf8')).toBe('1\n2\nthree\n');
    expect(await shop.repo.read('touched.txt')).toBe('1\n2\n3\n');
  });

  it('does nothing for a stale claim or a main that has moved', async () => {
    const { shop, candidate, fence } = await ready();
    await shop.repo.git('update-ref', '-d', claim);
    expect(await move(shop, candidate, fence)).toEqual({ kind: 'stale-claim' });
    const theirs = await shop.repo.commit({ 'x.txt': 'x\n' });
    expect(await move(shop, candidate, undefined)).toEqual({ kind: 'main-moved' });
    expect(await shop.repo.git('rev-parse', 'main')).toBe(theirs);
  });
});

describe("where the user's checkout of main is in the way", () => {
  const cases: [name: string, prepare: (shop: Workshop) => Promise<unknown>, paths: string[], why: RegExp][] = [
    [
      'an edit of a touched file',
      ({ repo }) => repo.write('touched.txt', 'mine\n'),
      ['touched.txt'],
      /uncommitted changes/,
    ],
    [
      'an edit of a touched file, even if the user lets merges stash',
      async ({ repo }) => {
        await repo.git('config', 'merge.autoStash', 'true');
        await repo.write('touched.txt', '1\n2\n3\nmine\n');
      },
      ['touched.txt'],
      /uncommitted changes/,
    ],
    [
      'a staged edit of a touched file',
      async ({ repo }) => {
        await repo.write('touched.txt', 'mine\n');
        await repo.git('add', 'touched.txt');
      },
      ['touched.txt'],
      /uncommitted changes/,
    ],
    [
      'a staged edit that was taken back in the file',
      async ({ repo }) => {
        await repo.write('touched.txt', 'mine\n');
        await repo.git('add', 'touched.txt');
        await repo.write('touched.txt', '1\n2\n3\n');
      },
      ['touched.txt'],
      /uncommitted changes/,
    ],
    [
      'a staged deletion of a touched file',
      ({ repo }) => repo.git('rm', '-q', '--cached', 'touched.txt'),
      ['touched.txt'],
      /changes|untracked/,
    ],
    [
      'an untracked file at a new path',
      ({ repo }) => repo.write('added.txt', 'mine\n'),
      ['added.txt'],
      /untracked files/,
    ],
    ['an ignored file at a new path', ({ repo }) => repo.write('made.log', 'mine\n'), ['made.log'], /untracked files/],
    ['a lock on the index', ({ repo }) => repo.write('.git/index.lock', ''), [], /another git command/],
  ];

  it.each(cases)('is held by %s, byte for byte', async (_name, prepare, paths, why) => {
    const { shop, candidate, fence } = await ready();
    await prepare(shop);
    const before = await everything(shop);
    const result = await move(shop, candidate, fence);
    if (result.kind !== 'held') throw new Error(result.kind);
    expect(result.paths).toEqual(paths);
    expect(result.why).toMatch(why);
    expect(result.checkout).toBe(shop.repo.path);
    expect(await everything(shop)).toBe(before);
    expect(await shop.repo.git('rev-parse', 'main')).toBe(shop.base);
    expect(await shop.repo.git('rev-parse', claim)).toBe(fence);
  });

  it.each([
    ['merge', ['merge', '--no-commit', '--no-ff', 'side']],
    ['rebase', ['rebase', 'side']],
    ['cherry-pick', ['cherry-pick', 'side']],
    ['revert', ['revert', '--no-commit', 'HEAD']],
    ['bisect', ['bisect', 'start']],
  ])('is held by a %s in progress, without trying', async (operation, command) => {
    const { shop, candidate, fence } = await ready();
    const { repo } = shop;
    await repo.git('switch', '-q', '-c', 'side');
    await repo.commit({ 'mine.txt': 'side\n' });
    await repo.git('switch', '-q', 'main');
    const mine = await repo.commit({ 'mine.txt': 'main\n' });
    const rebuilt = await build(shop, `${candidate.commit}^2`, mine);
    await repo.git(...command).catch(() => undefined);
    if (operation === 'bisect') await repo.git('switch', '-q', '--detach', 'main~1');
    const before = await everything(shop);
    const tried: string[] = [];
    const result = await move(shop, rebuilt, fence, () => void tried.push('intent'));
    expect(result).toMatchObject({ kind: 'held', why: `a ${operation} is in progress in your checkout` });
    expect(tried).toEqual([]);
    expect(await everything(shop)).toBe(before);
    expect(await repo.git('rev-parse', 'main')).toBe(mine);
  });

  it('lands by itself once the file is out of the way, which the signature shows', async () => {
    const { shop, candidate, fence } = await ready();
    await shop.repo.write('added.txt', 'mine\n');
    const held = await move(shop, candidate, fence);
    if (held.kind !== 'held') throw new Error(held.kind);
    const signature = await holdSignature(held.checkout, held.paths);
    expect(await holdSignature(held.checkout, held.paths)).toBe(signature);
    await rm(join(shop.repo.path, 'added.txt'));
    expect(await holdSignature(held.checkout, held.paths)).not.toBe(signature);
    expect(await move(shop, candidate, fence)).toEqual({ kind: 'moved' });
  });

  it('shows in the signature that something in progress has ended', async () => {
    const { shop } = await ready();
    await shop.repo.git('bisect', 'start');
    const signature = await holdSignature(shop.repo.path, []);
    await shop.repo.git('bisect', 'reset');
    expect(await holdSignature(shop.repo.path, [])).not.toBe(signature);
  });

  it('runs the hook that the user has for merges', async () => {
    const { shop, candidate, fence } = await ready();
    await shop.repo.write('.git/hooks/post-merge', '#!/bin/sh\ntouch hook.log\n');
    await chmod(join(shop.repo.path, '.git/hooks/post-merge'), 0o755);
    await move(shop, candidate, fence);
    expect(await shop.repo.read('hook.log')).toBe('');
  });
});
