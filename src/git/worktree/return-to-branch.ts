import { headOf, lastMove } from '../admin.ts';
import { firstError, git } from '../git.ts';
import { stateOf } from './slot.ts';
import type { Slot } from './slot.ts';

/** What became of a HEAD that an agent may have moved. `from`: the branch it was on, or `a detached HEAD`. */
export type Returned =
  | { readonly kind: 'there' }
  | { readonly kind: 'returned'; readonly from: string }
  | { readonly kind: 'failed'; readonly detail: string };

/**
 * Puts HEAD back on `branch` and takes along the commits that were made elsewhere; no file and no index entry changes. What
 * the branch held besides is kept on a rescue ref. The other branch stays as the agent left it.
 */
export async function returnToBranch(slot: Slot, admin: string, branch: string): Promise<Returned> {
  const head = await headOf(admin);
  if (head.kind === 'branch' && head.branch === branch) return { kind: 'there' };
  const at = await whereItIs(slot, admin);
  if (at === undefined) return { kind: 'failed', detail: 'HEAD of the worktree is unreadable' };
  const tip = await oidOf(slot, `refs/heads/${branch}`);
  const isBehind = tip === undefined || (await git(slot.folder, ['merge-base', '--is-ancestor', tip, at])).code === 0;
  const steps = [
    ...(isBehind
      ? []
      : [['update-ref', `refs/oompa/rescue/left/${branch.replaceAll('/', '-')}-${tip.slice(0, 12)}`, tip]]),
    ['update-ref', '-m', 'oompa: back to the branch', `refs/heads/${branch}`, at],
    ['symbolic-ref', '-m', 'oompa: back to the branch', 'HEAD', `refs/heads/${branch}`],
  ];
  for (const step of steps) {
    const result = await git(slot.folder, step);
    if (result.code !== 0) return { kind: 'failed', detail: firstError(result) };
  }
  return { kind: 'returned', from: head.kind === 'branch' ? head.branch : 'a detached HEAD' };
}

/**
 * The commit that the files stem from. On a branch that others move too (main!) that is not the branch's tip: committing there
 * would undo what has landed since. Hence the worktree's own log before the ref.
 */
async function whereItIs(slot: Slot, admin: string): Promise<string | undefined> {
  const head = await headOf(admin);
  if (head.kind === 'detached') return head.oid;
  const moved = await lastMove(admin);
  if (moved !== undefined && (await oidOf(slot, `${moved}^{commit}`)) !== undefined) return moved;
  const ref = head.kind === 'branch' ? head.branch : stateOf(slot).lease.branch;
  return oidOf(slot, `refs/heads/${ref}`);
}

async function oidOf(slot: Slot, rev: string): Promise<string | undefined> {
  const { code, stdout } = await git(slot.folder, ['rev-parse', '-q', '--verify', rev]);
  return code === 0 ? stdout.trim() : undefined;
}
