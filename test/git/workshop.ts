import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { openRefs } from '../../src/git/refs.ts';
import { openRepository } from '../../src/git/repository.ts';
import type { Repository } from '../../src/git/repository.ts';
import { openWorktrees } from '../../src/git/worktree/worktree.ts';
import type { Slot, Worktrees } from '../../src/git/worktree/worktree.ts';
import type { Refs } from '../../src/git/refs.ts';
import { withLock } from '../../src/system/lock.ts';
import { repository } from '../rig/repository.ts';
import type { TestRepository } from '../rig/repository.ts';

/** A repository, opened as a run opens it; removed when the test is over. */
export interface Workshop {
  readonly repo: TestRepository;
  readonly opened: Repository;
  readonly refs: Refs;
  readonly worktrees: Worktrees;
  /** Main's tip when it was opened. */
  readonly base: string;
  /** A leased slot on a new branch `oompa/run/<name>-i1` at `base`. */
  begin(name?: string): Promise<{ slot: Slot; branch: string }>;
}

/** Makes a workshop whose first commit holds `files`. */
export async function workshop(files: Readonly<Record<string, string>> = { 'a.txt': 'one\n' }): Promise<Workshop> {
  const repo = await repository(files);
  const refs = openRefs(repo.path);
  onTestFinished(async () => {
    await refs.close();
    await repo.remove();
  });
  const opened = await open(repo);
  const worktrees = pool(opened);
  return {
    repo,
    opened,
    refs,
    worktrees,
    base: opened.head,
    async begin(name = 'builders-1') {
      const slot = await lease(worktrees, name);
      const branch = `oompa/run/${name}-i1`;
      const started = await worktrees.start(slot, { branch, base: opened.head, clean: 'tracked' });
      if (started.kind === 'failed') throw new Error(started.detail);
      return { slot, branch };
    },
  };
}

/** Another pool on the same worktrees. */
export function pool(opened: Repository): Worktrees {
  const own = join(opened.root, '.oompa');
  return openWorktrees({
    repository: opened,
    folder: join(own, 'worktrees'),
    withLock: (work) => withLock(join(own, 'worktrees.lock'), work),
  });
}

/** Opens it or fails the test. */
async function open(repo: TestRepository): Promise<Repository> {
  const result = await openRepository(repo.path);
  if (result.kind === 'problem') throw new Error(result.message);
  return result.repository;
}

/** Leases a slot or fails the test. */
export async function lease(worktrees: Worktrees, name: string): Promise<Slot> {
  const result = await worktrees.lease(name);
  if (result.kind === 'failed') throw new Error(result.detail);
  return result.slot;
}
