import { utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { landingLock, openFence } from '../../../src/git/landing/fence.ts';
import type { ClaimFence } from '../../../src/git/landing/fence.ts';
import { openObjectReader } from '../../../src/git/object-reader.ts';
import { openRefs } from '../../../src/git/refs.ts';
import type { Fence } from '../../../src/queue/queue.ts';
import { withLock } from '../../../src/system/lock.ts';
import { repository } from '../../rig/repository.ts';
import type { TestRepository } from '../../rig/repository.ts';

const first = { n: 1, token: 'token-of-the-first' };
const second = { n: 2, token: 'token-of-the-second' };
const ref = 'refs/oompa/claims/a-task';

interface Yard {
  readonly repo: TestRepository;
  readonly note: string;
  readonly open: () => ClaimFence;
  readonly claim: (generation: { n: number; token: string }) => Promise<void>;
}

async function yard(): Promise<Yard> {
  const repo = await repository();
  const closers: (() => Promise<void>)[] = [];
  onTestFinished(async () => {
    for (const close of closers) await close();
    await repo.remove();
  });
  return {
    repo,
    note: join(repo.path, '.oompa/claims/a-task.json'),
    claim: (generation) => repo.write('.oompa/claims/a-task.json', JSON.stringify({ run: 'r', generation })),
    open: () => {
      const refs = openRefs(repo.path);
      const objects = openObjectReader(repo.path);
      const fence = openFence({ repositoryRoot: repo.path, commonDir: join(repo.path, '.git'), objects, refs });
      closers.push(
        () => fence.close(),
        () => objects.close(),
        () => refs.close(),
      );
      return fence;
    },
  };
}

describe('the fence', () => {
  it('goes up for a claim, and down again as often as one likes', async () => {
    const { repo, note, open, claim } = await yard();
    const fence: ClaimFence & Fence = open();
    await claim(first);
    await fence.raise('a-task', first, note);
    expect(await repo.git('rev-parse', ref)).toBe(fence.claimOid('a-task'));
    expect(await repo.git('cat-file', 'blob', ref)).toContain(first.token);
    await fence.lower('a-task');
    await fence.lower('a-task');
    expect(await repo.git('for-each-ref', ref)).toBe('');
    expect(fence.claimOid('a-task')).toBeUndefined();
  });

  it('moves to whoever claims next; the one before keeps an oid that is not there any more', async () => {
    const { repo, note, open, claim } = await yard();
    const [old, next] = [open(), open()];
    await claim(first);
    await old.raise('a-task', first, note);
    await claim(second);
    await next.raise('a-task', second, note);
    expect(await repo.git('rev-parse', ref)).toBe(next.claimOid('a-task'));
    expect(old.claimOid('a-task')).not.toBe(next.claimOid('a-task'));
    await old.lower('a-task');
    expect(await repo.git('rev-parse', ref)).toBe(next.claimOid('a-task'));
  });

  it('is not moved by a claimer that wakes up when the note is already another one', async () => {
    const { repo, note, open, claim } = await yard();
    const [old, next] = [open(), open()];
    await claim(second);
    await next.raise('a-task', second, note);
    await old.raise('a-task', first, note);
    expect(old.claimOid('a-task')).toBeUndefined();
    expect(await repo.git('rev-parse', ref)).toBe(next.claimOid('a-task'));
  });

  it('can be taken down for a process that has died', async () => {
    const { repo, note, open, claim } = await yard();
    await claim(first);
    await open().raise('a-task', first, note);
    await open().lower('a-task');
    expect(await repo.git('for-each-ref', ref)).toBe('');
  });

  it('stays down when the note is gone, and works on afterwards', async () => {
    const { repo, note, open, claim } = await yard();
    const fence = open();
    await fence.raise('a-task', first, `${note}.gone`);
    expect(await repo.git('for-each-ref', ref)).toBe('');
    await claim(first);
    await fence.raise('a-task', first, note);
    expect(fence.claimOid('a-task')).toBeDefined();
  });

  it('is taken away from whoever raised it: that one has nothing to land with any more', async () => {
    const { repo, note, open, claim } = await yard();
    const [old, recovery] = [open(), open()];
    await claim(first);
    await old.raise('a-task', first, note);
    expect(await recovery.revoke('a-task', { dryRun: true })).toEqual({ kind: 'revoked' });
    expect(await repo.git('rev-parse', ref)).toBe(old.claimOid('a-task'));
    expect(await recovery.revoke('a-task', { dryRun: false })).toEqual({ kind: 'revoked' });
    expect(await repo.git('for-each-ref', ref)).toBe('');
    expect(await recovery.revoke('a-task', { dryRun: false })).toEqual({ kind: 'revoked' });
  });

  it('is not taken away while somebody lands, in this process or in another one', async () => {
    const { repo, note, open, claim } = await yard();
    const [old, recovery] = [open(), open()];
    await claim(first);
    await old.raise('a-task', first, note);
    await withLock(landingLock(join(repo.path, '.git')), async () => {
      expect(await recovery.revoke('a-task', { dryRun: true })).toEqual({ kind: 'landing' });
      expect(await recovery.revoke('a-task', { dryRun: false })).toEqual({ kind: 'landing' });
    });
    expect(await repo.git('rev-parse', ref)).toBe(old.claimOid('a-task'));
  });

  it('is not held up by the lock that a killed git left; one that is new is waited for by somebody else', async () => {
    const { repo, note, open, claim } = await yard();
    const [old, recovery] = [open(), open()];
    await claim(first);
    await old.raise('a-task', first, note);
    const left = join(repo.path, '.git', `${ref}.lock`);
    await repo.write(`.git/${ref}.lock`, '');
    expect(await recovery.revoke('a-task', { dryRun: false })).toEqual({
      kind: 'failed',
      why: expect.stringContaining(ref) as string,
    });
    const longAgo = new Date(Date.now() - 60_000);
    await utimes(left, longAgo, longAgo);
    expect(await recovery.revoke('a-task', { dryRun: false })).toEqual({ kind: 'revoked' });
    expect(await repo.git('for-each-ref', ref)).toBe('');
  });

  it('goes up although a killed git left its lock', async () => {
    const { repo, note, open, claim } = await yard();
    const fence = open();
    await claim(first);
    await repo.write(`.git/${ref}.lock`, '');
    const longAgo = new Date(Date.now() - 60_000);
    await utimes(join(repo.path, '.git', `${ref}.lock`), longAgo, longAgo);
    await fence.raise('a-task', first, note);
    expect(await repo.git('rev-parse', ref)).toBe(fence.claimOid('a-task'));
  });
});
