import { join } from 'node:path';
import { unreachable } from '../../core/unreachable.ts';
import { freeWorktree, pooledWorktrees } from '../../git/cleanup.ts';
import type { PooledWorktree } from '../../git/cleanup.ts';
import { git } from '../../git/git.ts';
import type { CleanupItem } from '../../ui/cleanup.ts';
import { counted } from '../../ui/text.ts';
import type { CleanupContext } from './context.ts';

/** Frees the worktrees that no living process has; what lies in them only is kept on rescue refs. */
export async function cleanWorktrees(context: CleanupContext): Promise<CleanupItem[]> {
  const items: CleanupItem[] = [];
  for (const worktree of await pooledWorktrees(context.pool)) items.push(await cleanWorktree(context, worktree));
  return items;
}

async function cleanWorktree({ pool, refs, dryRun }: CleanupContext, worktree: PooledWorktree): Promise<CleanupItem> {
  const { name } = worktree;
  const inUse: CleanupItem = { kind: 'worktree', name, action: 'kept', why: 'a live run works in it' };
  if (worktree.inUse) return inUse;
  if (dryRun) return { kind: 'worktree', name, action: 'freed', why: await outlook(pool.folder, worktree) };
  const freed = await freeWorktree(pool, name, refs);
  switch (freed.kind) {
    case 'freed': {
      const why = freed.rescued === undefined ? 'nothing in it was unkept' : `what was in it is kept: ${freed.rescued}`;
      return { kind: 'worktree', name, action: 'freed', why };
    }
    case 'in-use':
      return inUse;
    case 'failed':
      return { kind: 'worktree', name, action: 'failed', why: `what is in it could not be kept: ${freed.detail}` };
    default:
      return unreachable(freed);
  }
}

/** A look, because keeping the work for a try would write it into the object store. */
async function outlook(folder: string, { name, mayHoldWork }: PooledWorktree): Promise<string> {
  if (!mayHoldWork) return 'no iteration was in it';
  const status = await git(join(folder, name), ['status', '--porcelain', '-z', '--no-renames']);
  const paths = status.stdout.split('\0').filter((entry) => entry !== '').length;
  if (status.code !== 0 || paths === 0) return 'commits that are nowhere else are kept first';
  return `${counted(paths, 'uncommitted path')} in it ${paths === 1 ? 'is' : 'are'} kept first`;
}
