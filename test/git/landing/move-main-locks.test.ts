import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { buildCandidate, moveMain } from '../../../src/git/landing/landing.ts';
import type { Refs } from '../../../src/git/refs.ts';
import { commitAll } from '../../../src/git/worktree/work.ts';
import { workshop } from '../workshop.ts';

/** Work that is ready to land, and a way to land it. */
async function ready() {
  const shop = await workshop({ 'a.txt': 'a\n' });
  const { slot, branch } = await shop.begin();
  await writeFile(join(slot.folder, 'b.txt'), 'b\n');
  const work = await commitAll(slot, { branch, base: shop.base, message: 'work' });
  if (work.kind !== 'committed') throw new Error(work.kind);
  const order = { main: shop.base, head: work.head, strategy: 'merge', message: 'A task', trailers: [] } as const;
  const built = await buildCandidate(shop.opened, order);
  if (built.kind !== 'candidate') throw new Error(built.kind);
  const move = (refs: Refs = shop.refs) =>
    moveMain(shop.opened, {
      ...{ refs, branch: 'main', from: shop.base, to: built.commit },
      ...{ claim: undefined, intent: () => undefined },
    });
  return { shop, commit: built.commit, move };
}

describe('a lock that a killed git has left', () => {
  it.each([
    ['in the checkout of main', 'HEAD.lock', 'main'],
    ['on main itself', 'refs/heads/main.lock', 'main'],
    ['on main where it is checked out nowhere', 'refs/heads/main.lock', 'mine'],
  ])('%s holds the landing, says which it is, and is not taken for a main that moved', async (_, name, branch) => {
    const { shop, commit, move } = await ready();
    if (branch !== 'main') await shop.repo.git('switch', '-q', '-c', branch);
    const lock = join(shop.repo.path, '.git', name);
    await writeFile(lock, '');
    const result = await move();
    expect(result).toMatchObject({ kind: 'held', checkout: shop.repo.path });
    expect(result.kind === 'held' ? result.why : '').toContain(`rm '${lock}'`);
    expect(await shop.repo.git('status', '--porcelain')).toBe('');
    await rm(lock);
    expect(await move()).toEqual({ kind: 'moved' });
    expect(await shop.repo.git('rev-parse', 'main')).toBe(commit);
  });
});

describe('a git that is killed when it has moved main, before it says so', () => {
  it('has moved main all the same', async () => {
    const { shop, commit, move } = await ready();
    await shop.repo.git('switch', '-q', '-c', 'mine');
    const unheard: Refs = {
      ...shop.refs,
      async transaction(changes) {
        const result = await shop.refs.transaction(changes);
        return changes.some((change) => 'to' in change) ? { kind: 'refused', detail: '' } : result;
      },
    };
    expect(await move(unheard)).toEqual({ kind: 'moved' });
    expect(await shop.repo.git('rev-parse', 'main')).toBe(commit);
  });
});
