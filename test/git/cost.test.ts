import { execFileSync } from 'node:child_process';
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it, onTestFinished, vi } from 'vitest';
import { openFence } from '../../src/git/landing/fence.ts';
import { buildCandidate, moveMain } from '../../src/git/landing/landing.ts';
import { openObjectReader } from '../../src/git/object-reader.ts';
import { changes, commitAll, diffText } from '../../src/git/worktree/work.ts';
import { lease, workshop } from './workshop.ts';

it('takes 9 git processes from claim to landing when there is nothing to resolve, and 2 more to verify', async () => {
  const shop = await workshop();
  await shop.repo.git('switch', '-q', '-c', 'mine');
  const objects = openObjectReader(shop.repo.path);
  const fence = openFence({
    repositoryRoot: shop.repo.path,
    commonDir: shop.opened.commonDir,
    objects,
    refs: shop.refs,
  });
  onTestFinished(async () => {
    await Promise.all([objects.close(), fence.close()]);
  });
  const started = await countStarts(join(shop.repo.path, '.oompa', 'bin'));
  const iterate = async (n: number): Promise<void> => {
    const generation = { n, token: `token-${n}` };
    await shop.repo.write('.oompa/claims/a.json', JSON.stringify(generation));
    await fence.raise('a', generation, join(shop.repo.path, '.oompa/claims/a.json'));
    const slot = await lease(shop.worktrees, 'builders-1');
    const base = String(await objects.resolve('refs/heads/main'));
    const branch = `oompa/run/i${n}`;
    await shop.worktrees.start(slot, { branch, base, clean: 'tracked' });
    await writeFile(join(slot.folder, `${n}.txt`), 'x\n');
    const work = await commitAll(slot, { branch, base, message: 'm', largest: 100e6 });
    if (work.kind !== 'committed') throw new Error(work.kind);
    await changes(shop.repo.path, base, work.head);
    await diffText(shop.repo.path, base, work.head, { perFileBytes: 1000, totalBytes: 1000 });
    const main = String(await objects.resolve('refs/heads/main'));
    const order = { main, head: work.head, strategy: 'merge', message: 'm', trailers: [], objects } as const;
    const built = await buildCandidate(shop.opened, order);
    if (built.kind !== 'candidate') throw new Error(built.kind);
    const verify = await lease(shop.worktrees, 'verify');
    await shop.worktrees.detach(verify, { base: built.commit, clean: 'tracked' });
    const claim = { ref: fence.claimRef('a'), oid: String(fence.claimOid('a')) };
    const move = { refs: shop.refs, branch: 'main', from: main, to: built.commit, claim, intent: () => undefined };
    expect(await moveMain(shop.opened, move)).toEqual({ kind: 'moved' });
  };
  // The first one pays for the worktrees and the coprocesses.
  await iterate(1);
  const before = (await started()).length;
  await iterate(2);
  const commands = (await started()).slice(before);
  expect(commands.join('\n')).toBe(
    [
      'switch',
      'clean',
      'ls-files',
      'add',
      'commit',
      'diff-tree',
      'diff-tree',
      'merge-tree',
      'commit-tree',
      'switch',
      'clean',
    ].join('\n'),
  );
});

/** Puts a git first on the PATH that notes each start. */
async function countStarts(bin: string): Promise<() => Promise<string[]>> {
  const real = execFileSync('sh', ['-c', 'command -v git'], { encoding: 'utf8' }).trim();
  const notes = join(bin, 'starts');
  await mkdir(bin, { recursive: true });
  const note = 'while [ "$1" = -c ]; do shift 2; done';
  await writeFile(join(bin, 'git'), `#!/bin/sh\n(${note}; echo "$1" >>'${notes}')\nexec '${real}' "$@"\n`);
  await chmod(join(bin, 'git'), 0o755);
  vi.stubEnv('PATH', `${bin}:${String(process.env['PATH'])}`);
  onTestFinished(() => void vi.unstubAllEnvs());
  return async () => (await readFile(notes, 'utf8').catch(() => '')).trim().split('\n');
}
