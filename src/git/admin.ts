import { constants, lstat, readFile, readdir, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';

/** What git has begun and not ended in a work tree. */
export type Operation = 'merge' | 'rebase' | 'am' | 'cherry-pick' | 'revert' | 'bisect';

/** Where HEAD of a work tree points. */
export type Head =
  | { readonly kind: 'branch'; readonly branch: string }
  | { readonly kind: 'detached'; readonly oid: string }
  | { readonly kind: 'unreadable' };

/**
 * The folder in which git keeps HEAD and index of the worktree `folder`: `.git/worktrees/<name>`. Undefined when the
 * worktree's `.git` is missing, or leads to a folder that does not lead back (gitrepository-layout, git 2.39).
 */
export async function adminOf(folder: string, commonDir: string): Promise<string | undefined> {
  const dotGit = join(folder, '.git');
  const pointer = await textOf(dotGit);
  const target = /^gitdir: (.+)$/m.exec(pointer ?? '')?.[1];
  if (target === undefined) return undefined;
  const admin = resolve(folder, target);
  const back = await textOf(join(admin, 'gitdir'));
  const isOurs = admin.startsWith(join(commonDir, 'worktrees', '/')) && back?.trim() === dotGit;
  return isOurs ? admin : undefined;
}

/** The admin folder that claims the work tree `folder`, whatever `.git` in there says; undefined when there is none. */
export async function findAdmin(folder: string, commonDir: string): Promise<string | undefined> {
  for (const { admin, checkout } of await linkedWorktrees(commonDir)) if (checkout === folder) return admin;
  return undefined;
}

/** All worktrees that were added to the repository, whether or not their folder still exists. Starts no process. */
export async function linkedWorktrees(commonDir: string): Promise<{ admin: string; checkout: string }[]> {
  const names = await readdir(join(commonDir, 'worktrees')).catch(() => []);
  const found = names.map(async (name) => {
    const admin = join(commonDir, 'worktrees', name);
    const dotGit = (await textOf(join(admin, 'gitdir')))?.trim() ?? '';
    return dotGit.endsWith('/.git') ? [{ admin, checkout: resolve(admin, dotGit.slice(0, -'/.git'.length)) }] : [];
  });
  return (await Promise.all(found)).flat();
}

/** Where HEAD points. */
export async function headOf(admin: string): Promise<Head> {
  const text = (await textOf(join(admin, 'HEAD')))?.trim() ?? '';
  const branch = /^ref: refs\/heads\/(.+)$/.exec(text)?.[1];
  if (branch !== undefined) return { kind: 'branch', branch };
  return /^[0-9a-f]{40,64}$/.test(text) ? { kind: 'detached', oid: text } : { kind: 'unreadable' };
}

/**
 * The commit that this work tree was last moved to by a command in it. Differs from HEAD when somebody else has moved the
 * branch. Undefined when the user has reflogs switched off.
 */
export async function lastMove(admin: string): Promise<string | undefined> {
  const log = await textOf(join(admin, 'logs', 'HEAD'));
  const last = log?.trimEnd().split('\n').at(-1) ?? '';
  return /^[0-9a-f]{40,64} ([0-9a-f]{40,64}) /.exec(last)?.[1];
}

/** What is half done in the work tree; undefined when nothing is. */
export async function operationIn(admin: string): Promise<Operation | undefined> {
  for (const { file, operation } of operationFiles) if (await exists(join(admin, file))) return operation;
  return undefined;
}

/** The branch that a rebase or a bisect will come back to; undefined when none is going on. */
export async function branchToReturnTo(admin: string): Promise<string | undefined> {
  for (const file of ['rebase-merge/head-name', 'rebase-apply/head-name', 'BISECT_START']) {
    const name = (await textOf(join(admin, file)))?.trim();
    if (name !== undefined) return name.replace(/^refs\/heads\//, '');
  }
  return undefined;
}

/** The files that tell a checkout's state: a change of any of them may end what holds a landing. */
export const stateFiles: readonly string[] = [
  'HEAD',
  'index',
  'index.lock',
  'logs/HEAD',
  'MERGE_HEAD',
  'CHERRY_PICK_HEAD',
  'REVERT_HEAD',
  'BISECT_START',
  'rebase-merge',
  'rebase-apply',
];

/** Removes the locks of git processes that were ended in the middle; only after every process of the work tree is gone. */
export async function removeStaleLocks(admin: string, commonDir: string, branch: string): Promise<void> {
  const locks = ['index.lock', 'HEAD.lock'].map((name) => join(admin, name));
  if (branch !== '') locks.push(join(commonDir, 'refs', 'heads', `${branch}.lock`));
  for (const lock of locks) await rm(lock, { force: true });
}

/** Forgets what is half done; the files of the work tree stay as they are. */
export async function forgetOperation(admin: string): Promise<void> {
  for (const { file } of operationFiles) await rm(join(admin, file), { recursive: true, force: true });
}

/** The text of a file; undefined when it can't be read. An agent may have put a pipe there: without O_NONBLOCK it would be read for ever. */
export async function textOf(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, { encoding: 'utf8', flag: constants.O_RDONLY | constants.O_NONBLOCK });
  } catch {
    return undefined;
  }
}

/** Whether there is anything at `path`, be it a link to nowhere. */
export async function exists(path: string): Promise<boolean> {
  try {
    await lstat(path);
    return true;
  } catch {
    return false;
  }
}

const operationFiles: readonly { readonly file: string; readonly operation: Operation }[] = [
  { file: 'rebase-apply/applying', operation: 'am' },
  { file: 'rebase-apply', operation: 'rebase' },
  { file: 'rebase-merge', operation: 'rebase' },
  { file: 'MERGE_HEAD', operation: 'merge' },
  { file: 'CHERRY_PICK_HEAD', operation: 'cherry-pick' },
  { file: 'REVERT_HEAD', operation: 'revert' },
  { file: 'sequencer', operation: 'cherry-pick' },
  { file: 'BISECT_START', operation: 'bisect' },
];
