import { join } from 'node:path';
import type { WorktreePool } from '../../git/rescue/cleanup.ts';
import type { ClaimFence } from '../../git/landing/fence.ts';
import type { ObjectReader } from '../../git/object-reader.ts';
import type { Refs } from '../../git/refs.ts';
import type { Repository } from '../../git/repository.ts';
import type { Queue } from '../../queue/queue.ts';
import { withLock } from '../../system/lock.ts';

/** What a reconciliation works with; all of it stays the caller's to close. */
export interface ReconcileParts {
  readonly repository: Repository;
  readonly queue: Queue;
  readonly objects: ObjectReader;
  readonly refs: Refs;
  readonly fence: ClaimFence;
  now(): Date;
}

/** oompa's own folder in the workspace; absolute. */
export function ownFolder({ repository }: Pick<ReconcileParts, 'repository'>): string {
  return join(repository.root, '.oompa');
}

/** The worktrees of the workspace, seen from outside of any run. */
export function poolOf(parts: Pick<ReconcileParts, 'repository'>): WorktreePool {
  const own = ownFolder(parts);
  return {
    repository: parts.repository,
    folder: join(own, 'worktrees'),
    withLock: (work) => withLock(join(own, 'worktrees.lock'), work),
  };
}
