import type { Operation } from '../../git/admin.ts';
import { checkoutsOf } from '../../git/checkouts.ts';
import { firstError, git } from '../../git/git.ts';
import type { OpenedRepository, Repository } from '../../git/repository.ts';
import type { Check } from '../../ui/doctor.ts';
import { counted, shortCommit, someOf } from '../../ui/text.ts';

/** Why there is no workspace: git itself, or the folder. */
export async function noWorkspaceChecks(
  opened: Extract<OpenedRepository, { kind: 'problem' }>,
  cwd: string,
): Promise<Check[]> {
  const problem: Check = { status: 'fail', text: opened.message };
  if (opened.problem === 'no-git' || opened.problem === 'old-git') return [problem];
  const { stdout } = await git(cwd, ['--version']);
  const version = /\d+\.\d+(\.\d+)*/.exec(stdout)?.[0];
  return [...(version === undefined ? [] : [gitCheck(version)]), problem];
}

/** The version of git; one that is too old opens no repository. */
export function gitCheck(version: string): Check {
  return { status: 'ok', text: `git ${version}` };
}

/** Whether git knows who commits: landings are commits. */
export function identityChecks({ identity }: Repository): Check[] {
  if (identity !== undefined) return [];
  const hint = 'git config user.name "…" and git config user.email …';
  return [{ status: 'fail', text: 'git does not know who commits', hint }];
}

/**
 * Main, and each checkout of it. Agents never touch one; but a landing that touches what is dirty there is held.
 */
export async function workspaceChecks(repository: Repository): Promise<Check[]> {
  const { root, branch, head } = repository;
  const tip = `${branch} ${shortCommit(head)}`;
  const checkouts = await checkoutsOf(repository, branch);
  if (checkouts.length === 0) return [{ status: 'ok', text: `work lands on ${tip}, checked out nowhere` }];
  const checks = await Promise.all(
    checkouts.map(({ folder, operation }) =>
      checkoutCheck(`${folder === root ? 'workspace' : folder} on ${tip}`, folder, operation),
    ),
  );
  if (checkouts.length === 1) return checks;
  const text = `${branch} is checked out ${checkouts.length} times, which git can't keep in step`;
  return [...checks, { status: 'warn', text, hint: 'landings are held until one of them is on another branch' }];
}

async function checkoutCheck(subject: string, folder: string, operation: Operation | undefined): Promise<Check> {
  if (operation !== undefined) {
    const hint = 'landings are held until that is done';
    return { status: 'warn', text: `${subject}, in the middle of a ${operation}`, hint };
  }
  const status = await git(folder, ['status', '--porcelain', '-z', '--no-renames']);
  if (status.code !== 0) return { status: 'fail', text: `${subject}: ${firstError(status)}` };
  return dirtVerdict(subject, dirtyPaths(status.stdout));
}

function dirtVerdict(subject: string, dirty: readonly string[]): Check {
  if (dirty.length === 0) return { status: 'ok', text: `${subject}, clean` };
  const count = counted(dirty.length, 'path');
  return {
    status: 'warn',
    text: `${subject}, ${count} not committed: ${someOf(dirty, 5)}`,
    hint: 'landings that touch these are held until they are committed',
  };
}

/** oompa's own folders hold back nothing. */
function dirtyPaths(status: string): string[] {
  const paths = status.split('\0').map((entry) => entry.slice(3));
  return paths.filter((path) => path !== '' && !/^(tasks|runs|\.oompa)\//.test(path));
}
