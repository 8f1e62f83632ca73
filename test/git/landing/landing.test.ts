import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { buildCandidate } from '../../../src/git/landing/landing.ts';
import type { LandingOrder } from '../../../src/git/landing/landing.ts';
import { openObjectReader } from '../../../src/git/object-reader.ts';
import { commitAll } from '../../../src/git/worktree/work.ts';
import { workshop } from '../workshop.ts';
import type { Workshop } from '../workshop.ts';

async function workOn(shop: Workshop, files: Record<string, string>): Promise<string> {
  const { slot, branch } = await shop.begin();
  for (const [name, text] of Object.entries(files)) await writeFile(join(slot.folder, name), text);
  const work = await commitAll(slot, { branch, base: shop.base, message: 'work\n\nOompa-Task: forged\n' });
  return work.kind === 'committed' ? work.head : shop.base;
}

function order(main: string, head: string, strategy: 'merge' | 'squash' = 'merge'): LandingOrder {
  return {
    main,
    head,
    strategy,
    message: 'A title',
    trailers: [
      ['Oompa-Task', 'a-task'],
      ['Oompa-Claim', '3'],
      ['Oompa-Verify', 'npm  test\nx'],
    ],
  };
}

describe('building a candidate', () => {
  it.each(['merge', 'squash'] as const)(
    'makes one commit on main by %s, with trailers, and touches nothing',
    async (strategy) => {
      const shop = await workshop();
      const head = await workOn(shop, { 'b.txt': 'b\n' });
      const main = await shop.repo.commit({ 'c.txt': 'c\n' });
      const built = await buildCandidate(shop.opened, order(main, head, strategy));
      if (built.kind !== 'candidate') throw new Error(built.kind);
      const parents = await shop.repo.git('log', '-1', '--format=%P', built.commit);
      expect(parents).toBe(strategy === 'merge' ? `${main} ${head}` : main);
      expect(await shop.repo.git('rev-parse', `${built.commit}^{tree}`)).toBe(built.tree);
      expect(await shop.repo.git('ls-tree', '--name-only', built.tree)).toBe('.gitignore\na.txt\nb.txt\nc.txt');
      expect(await shop.repo.git('log', '-1', '--format=%B', built.commit)).toBe(
        'A title\n\nOompa-Task: a-task\nOompa-Claim: 3\nOompa-Verify: npm test x\n',
      );
      expect(await shop.repo.git('log', '-1', '--format=%an <%ae>', built.commit)).toBe(
        'Test Owner <owner@oompa.test>',
      );
      expect(await shop.repo.git('rev-parse', 'main')).toBe(main);
      expect(await shop.repo.git('status', '--porcelain')).toBe('');
    },
  );

  it('names the files in conflict', async () => {
    const shop = await workshop({ 'a.txt': '1\n', 'ü b.txt': '1\n' });
    const head = await workOn(shop, { 'a.txt': '2\n', 'ü b.txt': '2\n' });
    const main = await shop.repo.commit({ 'a.txt': '3\n', 'ü b.txt': '3\n' });
    expect(await buildCandidate(shop.opened, order(main, head))).toEqual({
      kind: 'conflict',
      paths: ['a.txt', 'ü b.txt'],
    });
  });

  it('says that main has it all, with and without a reader at hand', async () => {
    const shop = await workshop();
    const head = await workOn(shop, { 'b.txt': 'b\n' });
    const main = await shop.repo.commit({ 'b.txt': 'b\n' });
    const objects = openObjectReader(shop.repo.path);
    expect(await buildCandidate(shop.opened, order(main, head))).toEqual({ kind: 'nothing' });
    expect(await buildCandidate(shop.opened, { ...order(main, head), objects })).toEqual({ kind: 'nothing' });
    await objects.close();
  });

  it('fails with a reason for work that has nothing in common with main', async () => {
    const shop = await workshop();
    const tree = await shop.repo.git('rev-parse', 'HEAD^{tree}');
    const orphan = await shop.repo.git('commit-tree', tree, '-m', 'alone');
    const built = await buildCandidate(shop.opened, order(shop.base, orphan));
    expect(built).toMatchObject({ kind: 'failed', detail: expect.stringContaining('unrelated histories') as string });
  });

  it('has the commit signed when the user has commits signed', async () => {
    const shop = await workshop();
    const head = await workOn(shop, { 'b.txt': 'b\n' });
    await shop.repo.git('config', 'gpg.program', '/nonexistent/gpg');
    const built = await buildCandidate({ ...shop.opened, sign: true }, order(shop.base, head));
    expect(built).toMatchObject({ kind: 'failed', detail: expect.stringContaining('gpg') as string });
  });
});

describe('a candidate on the main that the work started from', () => {
  it('P3: has the very tree that merging would give, from the same commits', async () => {
    const shop = await workshop();
    const head = await workOn(shop, { 'b.txt': 'b\n' });
    const merged = await buildCandidate(shop.opened, order(shop.base, head));
    const known = await buildCandidate(shop.opened, { ...order(shop.base, head), base: shop.base });
    if (merged.kind !== 'candidate' || known.kind !== 'candidate') throw new Error(`${merged.kind}, ${known.kind}`);
    expect(known.tree).toBe(merged.tree);
    expect(await shop.repo.git('log', '-1', '--format=%P', known.commit)).toBe(`${shop.base} ${head}`);
  });

  it('is merged all the same once main has moved', async () => {
    const shop = await workshop();
    const head = await workOn(shop, { 'b.txt': 'b\n' });
    const main = await shop.repo.commit({ 'c.txt': 'c\n' });
    const built = await buildCandidate(shop.opened, { ...order(main, head), base: shop.base });
    if (built.kind !== 'candidate') throw new Error(built.kind);
    expect(await shop.repo.git('ls-tree', '--name-only', built.tree)).toContain('b.txt\nc.txt');
  });
});
