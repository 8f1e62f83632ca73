import { realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { unreachable } from '../../core/unreachable.ts';
import { adminOf } from '../../git/admin.ts';
import { freeWorktree, pooledWorktrees } from '../../git/rescue/cleanup.ts';
import type { PooledWorktree, WorktreePool } from '../../git/rescue/cleanup.ts';
import { git } from '../../git/git.ts';
import type { CleanupItem } from '../../ui/cleanup.ts';
import { counted, someOf } from '../../ui/text.ts';
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
  const gone = await ignoredIn(pool, name);
  const also = gone.length === 0 ? '' : `; what git ignores goes with it: ${someOf(gone, 3)}`;
  if (dryRun) {
    return { kind: 'worktree', name, action: 'freed', why: `${await outlook(pool.folder, worktree)}${also}` };
  }
  const freed = await freeWorktree(pool, name, refs);
  switch (freed.kind) {
    case 'freed': {
      const why = freed.rescued === undefined ? 'nothing in it was unkept' : `what was in it is kept: ${freed.rescued}`;
      return { kind: 'worktree', name, action: 'freed', why: `${why}${also}` };
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

/** Ignored files are on no rescue ref, so nobody shall miss them unawares; folders that hold nothing else end in a slash. */
async function ignoredIn({ folder, repository }: WorktreePool, name: string): Promise<string[]> {
  const place = join(await realpath(folder), name);
  // Without git's part of it, git would tell of the workspace around it.
  if ((await adminOf(place, repository.commonDir)) === undefined) return [];
  const options = ['--others', '--ignored', '--exclude-standard', '--directory', '--no-empty-directory', '-z'];
  const { code, stdout } = await git(place, ['ls-files', ...options]);
  return code === 0 ? stdout.split('\0').filter((path) => path !== '') : [];
}
