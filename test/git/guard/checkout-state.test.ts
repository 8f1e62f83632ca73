import { rm, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { changedPaths, guardedCheckouts, readCheckout } from '../../../src/git/guard/checkout-state.ts';
import type { CheckoutState } from '../../../src/git/guard/checkout-state.ts';
import { workshop } from '../workshop.ts';
import type { Workshop } from '../workshop.ts';

async function look({ opened, repo }: Workshop): Promise<CheckoutState> {
  const state = await readCheckout(opened, repo.path);
  if (state === undefined) throw new Error('git could not tell');
  return state;
}

/** What a look after `act` finds changed. */
async function changedBy(shop: Workshop, act: () => Promise<unknown>): Promise<string[]> {
  const before = await look(shop);
  await act();
  return changedPaths(before, await look(shop));
}

test('finds what was changed, made and deleted, whatever its name', async () => {
  const shop = await workshop({ 'a.txt': 'one\n', 'b.txt': 'two\n', 'c.txt': 'three\n' });
  const { repo } = shop;
  await repo.write('dirty.txt', 'x\n');
  const found = await changedBy(shop, async () => {
    await repo.write('a.txt', 'other\n');
    await rm(join(repo.path, 'b.txt'));
    await repo.write('new\nline "q" ü.txt', 'x\n');
    await repo.write('folder/deep.txt', 'x\n');
  });
  expect(found).toEqual(['a.txt', 'b.txt', 'folder/', 'new\nline "q" ü.txt']);
});

test('finds a dirty file that was changed again, put back, or taken away', async () => {
  const shop = await workshop({ 'a.txt': 'one\n', 'b.txt': 'two\n' });
  const { repo } = shop;
  for (const name of ['a.txt', 'b.txt', 'c.txt', 'd.txt']) await repo.write(name, 'mine\n');
  const found = await changedBy(shop, async () => {
    await repo.write('a.txt', 'mine again\n');
    await repo.git('restore', 'b.txt');
    await rm(join(repo.path, 'c.txt'));
  });
  expect(found).toEqual(['a.txt', 'b.txt', 'c.txt']);
});

test('finds nothing where nobody changed a file: a commit, a branch, a look of git, what is oompa’s own', async () => {
  const shop = await workshop({ 'a.txt': 'one\n' });
  const { repo } = shop;
  await repo.write('a.txt', 'mine\n');
  await repo.write('new.txt', 'mine\n');
  const found = await changedBy(shop, async () => {
    await repo.git('switch', '-q', '-c', 'other');
    await repo.git('add', '-A');
    await repo.git('commit', '-qm', 'mine');
    await repo.git('status');
    for (const path of ['.oompa/x', 'tasks/pending/a.yaml', 'runs/r/events.jsonl']) await repo.write(path, 'x\n');
  });
  expect(found).toEqual([]);
});

test('finds what was staged or unstaged behind its owner’s back', async () => {
  const shop = await workshop({ 'a.txt': 'one\n' });
  await shop.repo.write('a.txt', 'mine\n');
  expect(await changedBy(shop, () => shop.repo.git('add', 'a.txt'))).toEqual(['a.txt']);
});

test('does not take an old file that comes to light for a new one', async () => {
  const shop = await workshop({ '.gitignore': 'hidden.txt\n.oompa/\n' });
  const { repo } = shop;
  await repo.write('hidden.txt', 'x\n');
  await repo.write('mine/one.txt', 'x\n');
  const before = await look(shop);
  await repo.commit({ '.gitignore': '.oompa/\n', 'mine/two.txt': 'x\n' });
  await repo.git('rm', '-q', '--cached', 'hidden.txt', 'mine/one.txt');
  await repo.git('commit', '-qm', 'not these');
  const after = await look(shop);
  // As if the files had been there for long when the first look was begun.
  expect(await changedPaths({ ...before, begunAt: Date.now() + 60_000 }, after)).toEqual([]);
  expect(await changedPaths(before, after)).toEqual(['hidden.txt']);
});

test('changes nothing there, not even the index, and knows where HEAD is', async () => {
  const shop = await workshop({ 'a.txt': 'one\n' });
  await utimes(join(shop.repo.path, 'a.txt'), 1, 1);
  const stamp = async () => shop.repo.git('hash-object', '.git/index');
  const before = await stamp();
  expect(await look(shop)).toMatchObject({ branch: 'main', head: shop.base });
  expect(await stamp()).toBe(before);
  await shop.repo.git('switch', '-q', '--detach');
  expect((await look(shop)).branch).toBeUndefined();
  expect(guardedCheckouts(shop.opened)).toEqual([shop.repo.path]);
});

test('gives nothing where git can’t tell', async () => {
  const shop = await workshop();
  expect(await readCheckout(shop.opened, join(shop.repo.path, '.git'))).toBeUndefined();
});
