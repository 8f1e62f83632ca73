import { git } from './git.ts';
import type { Repository } from './repository.ts';

/** Whether main has the commit. */
export async function isOnMain({ root, branch }: Repository, commit: string): Promise<boolean> {
  return isAncestor(root, commit, `refs/heads/${branch}`);
}

/** Whether `of` leads to `ancestor`. */
export async function isAncestor(root: string, ancestor: string, of: string): Promise<boolean> {
  return (await git(root, ['merge-base', '--is-ancestor', ancestor, of])).code === 0;
}

/** Whether a ref below one of `places` leads to the commit. */
export async function hasName({ root }: Repository, commit: string, places: readonly string[]): Promise<boolean> {
  const found = await git(root, ['for-each-ref', '--count=1', '--contains', commit, ...places]);
  return found.code === 0 && found.stdout.trim() !== '';
}

/** The object that a revision names; undefined when it names none. */
export async function oidOf(root: string, rev: string): Promise<string | undefined> {
  const { code, stdout } = await git(root, ['rev-parse', '-q', '--verify', rev]);
  return code === 0 ? stdout.trim() : undefined;
}
