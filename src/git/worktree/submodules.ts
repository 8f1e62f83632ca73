import { lstat } from 'node:fs/promises';
import { join } from 'node:path';
import { exists } from '../admin.ts';
import { git } from '../git.ts';

/**
 * Those of the paths that are submodules at a commit which no branch of their origin has: main would name something that is
 * nowhere but in this worktree. One git process for each submodule, none where there is none.
 */
export async function unpushedAmong(folder: string, paths: readonly string[]): Promise<string[]> {
  const found: string[] = [];
  for (const path of paths) {
    const inner = join(folder, path);
    if (!(await isFolder(inner)) || !(await exists(join(inner, '.git')))) continue;
    const named = await git(inner, ['for-each-ref', '--count=1', '--contains', 'HEAD', 'refs/remotes/']);
    if (named.code !== 0 || named.stdout.trim() === '') found.push(path);
  }
  return found;
}

async function isFolder(path: string): Promise<boolean> {
  return lstat(path).then(
    (stats) => stats.isDirectory(),
    () => false,
  );
}
