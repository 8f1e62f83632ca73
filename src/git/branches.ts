import { headOf, linkedWorktrees } from './admin.ts';
import { hasName, isOnMain, oidOf } from './ancestry.ts';
import { git } from './git.ts';
import { mergedTree } from './merged-tree.ts';
import type { Refs } from './refs.ts';
import { rescueRoot } from './rescue/rescues.ts';
import type { Repository } from './repository.ts';

/** What removing a branch gave. */
export type Removal = { readonly kind: 'removed' } | { readonly kind: 'refused'; readonly detail: string };

/** Removes a branch of oompa's whose work is provably on main, on a rescue ref, or the same as the squashed commit `landedAs`. */
export async function removeBranch(
  repository: Repository,
  { branch, refs, landedAs }: { readonly branch: string; readonly refs: Refs; readonly landedAs?: string },
): Promise<Removal> {
  if (!branch.startsWith('oompa/')) return { kind: 'refused', detail: `${branch} is not a branch of oompa's` };
  const ref = `refs/heads/${branch}`;
  const tip = await oidOf(repository.root, ref);
  if (tip === undefined) return { kind: 'removed' };
  const isSafe =
    (await isOnMain(repository, tip)) ||
    (await hasName(repository, tip, [rescueRoot])) ||
    (landedAs !== undefined && (await isSquashOf(repository, landedAs, tip)));
  if (!isSafe) return { kind: 'refused', detail: `${branch} holds work that is neither on main nor rescued` };
  const result = await refs.transaction([{ delete: ref, from: tip }]);
  return result.kind === 'done' ? { kind: 'removed' } : result;
}

/**
 * Removes those branches below `prefix` (`oompa/<run>/`) that main or a rescue ref has all of, in two processes however many
 * they are; the others stay, and so does one that a worktree is still on because it could not be put away.
 */
export async function sweepBranches(
  repository: Repository,
  { prefix, refs }: { readonly prefix: string; readonly refs: Refs },
): Promise<void> {
  const { root, branch } = repository;
  const format = '--format=%(refname) %(objectname)';
  const merged = await git(root, ['for-each-ref', format, `--merged=refs/heads/${branch}`, `refs/heads/${prefix}`]);
  const all = await git(root, ['for-each-ref', format, `refs/heads/${prefix}`, rescueRoot]);
  const lines = all.stdout.split('\n').map((line) => line.split(' '));
  const rescued = new Set(lines.filter(([ref = '']) => ref.startsWith(rescueRoot)).map(([, oid = '']) => oid));
  const onMain = new Set(merged.stdout.split('\n').map((line) => line.split(' ')[0]));
  const inUse = await checkedOut(repository);
  const safe = lines.filter(
    ([ref = '', oid = '']) => ref.startsWith('refs/heads/') && !inUse.has(ref) && (onMain.has(ref) || rescued.has(oid)),
  );
  const gone = safe.map(([ref = '', from = '']) => ({ delete: ref, from }));
  if (gone.length > 0) await refs.transaction(gone);
}

/** The branches that linked worktrees are on. Starts no process. */
async function checkedOut({ commonDir }: Repository): Promise<ReadonlySet<string>> {
  const worktrees = await linkedWorktrees(commonDir);
  const heads = await Promise.all(worktrees.map(({ admin }) => headOf(admin)));
  return new Set(heads.flatMap((head) => (head.kind === 'branch' ? [`refs/heads/${head.branch}`] : [])));
}

/** Merging the work with the squashed commit's parent must give exactly the squashed commit's tree. */
async function isSquashOf(repository: Repository, squashed: string, tip: string): Promise<boolean> {
  const { root } = repository;
  if (!(await isOnMain(repository, squashed))) return false;
  const merged = await mergedTree(root, `${squashed}^1`, tip);
  return merged.kind === 'tree' && merged.tree === (await oidOf(root, `${squashed}^{tree}`));
}
