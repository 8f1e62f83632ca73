import { join } from 'node:path';
import { exists } from './admin.ts';
import { git } from './git.ts';

/**
 * The files of a checkout that `.worktreeinclude` wants in every worktree: patterns as in `.gitignore`, and only what git
 * ignores as well, because everything else is there anyway. Paths relative to the checkout; none when there is no such file.
 */
export async function includedFiles(checkout: string): Promise<string[]> {
  if (!(await exists(join(checkout, '.worktreeinclude')))) return [];
  const wanted = await git(checkout, ['ls-files', '-z', '--others', '--ignored', '--exclude-from=.worktreeinclude']);
  if (wanted.code !== 0 || wanted.stdout === '') return [];
  const ignored = await git(checkout, ['check-ignore', '-z', '--stdin'], { stdin: wanted.stdout });
  return ignored.stdout.split('\0').filter((path) => path !== '' && !isOwn(path));
}

/** What oompa keeps for itself is no business of an agent's. */
function isOwn(path: string): boolean {
  return ['.oompa/', 'runs/', 'tasks/'].some((folder) => path.startsWith(folder));
}
