import { firstError, git } from './git.ts';

/** What merging gives. `conflict`: in its tree the files of these paths hold git's conflict markers. */
export type MergedTree =
  | { readonly kind: 'tree'; readonly tree: string }
  | { readonly kind: 'conflict'; readonly tree: string; readonly paths: readonly string[] }
  | { readonly kind: 'failed'; readonly detail: string };

/** Merges two commits without any checkout. */
export async function mergedTree(root: string, ours: string, theirs: string): Promise<MergedTree> {
  const options = ['--write-tree', '-z', '--name-only', '--no-messages'];
  const merged = await git(root, ['merge-tree', ...options, ours, theirs]);
  const [tree = '', ...paths] = merged.stdout.split('\0').filter((part) => part !== '');
  // It prints a tree in both cases; only the exit status tells them apart (git 2.39).
  if (merged.code === 1) return { kind: 'conflict', tree, paths };
  return merged.code === 0 ? { kind: 'tree', tree } : { kind: 'failed', detail: firstError(merged) };
}
