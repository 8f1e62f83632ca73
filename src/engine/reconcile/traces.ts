import { lstat, readdir } from 'node:fs/promises';
import { basename, join, relative } from 'node:path';
import type { Found, Holder } from '../../core/reconcile.ts';
import { taskStates } from '../../core/task.ts';
import { pooledWorktrees } from '../../git/rescue/cleanup.ts';
import { writerOf } from '../../system/files.ts';
import { isLocked } from '../../system/lock.ts';
import { isAlive } from '../../system/process-identity.ts';
import type { ReconcileParts } from './parts.ts';
import { ownFolder, poolOf } from './parts.ts';

type Temporary = Extract<Found, { kind: 'temporary' }>;
type Lock = Extract<Found, { kind: 'lock' }>;

/** Temporary files beside the task files and the claim notes, left by writers that were killed. Some folders are listed, no file is read. */
export async function findTemporaries(parts: ReconcileParts): Promise<Temporary[]> {
  const { root } = parts.repository;
  const own = ownFolder(parts);
  const folders = [
    ...taskStates.map((state) => join(root, 'tasks', state)),
    ...['', 'claims', 'worktrees', 'tmp'].map((name) => join(own, name)),
    ...(await childrenOf(join(own, 'verified'))),
  ];
  const paths = (await Promise.all(folders.map(childrenOf))).flat().filter((path) => path.endsWith('.tmp'));
  const found = await Promise.all(paths.map((path) => temporaryAt(parts, path, holderOfFile(basename(path)))));
  return found.flat();
}

/** The folders for temporary files of agents whose worktree no living process has. */
export async function findScratch(parts: ReconcileParts): Promise<Temporary[]> {
  const paths = (await childrenOf(join(ownFolder(parts), 'tmp'))).filter((path) => !path.endsWith('.tmp'));
  if (paths.length === 0) return [];
  const pooled = await pooledWorktrees(poolOf(parts));
  const holderOf = (name: string): Holder => {
    const worktree = pooled.find((each) => each.name === name);
    return worktree === undefined ? 'unknown' : worktree.inUse ? 'live' : 'gone';
  };
  const found = await Promise.all(paths.map((path) => temporaryAt(parts, path, holderOf(basename(path)))));
  return found.flat();
}

/** Locks of oompa's, and those that git has on refs of oompa's or on what all refs share. */
export async function findLocks(parts: ReconcileParts): Promise<Lock[]> {
  const { root, commonDir } = parts.repository;
  const own = ownFolder(parts);
  const folders = [own, join(own, 'claims'), join(commonDir, 'oompa')];
  const inFolders = (await Promise.all(folders.map(childrenOf))).flat().filter((path) => lockPattern.test(path));
  const ours = [...inFolders, ...(await childrenOf(join(own, 'claims', '.locks')))].map((path): Lock => {
    const holder = isLocked(path) ? 'live' : 'gone';
    return { kind: 'lock', name: relative(root, path), path, of: 'oompa', holder };
  });
  const main = join(commonDir, 'refs', 'heads', `${parts.repository.branch}.lock`);
  const users = [join(commonDir, 'packed-refs.lock'), main].map((path) => gitLock(parts, path, false));
  const refs = ['refs/oompa', 'refs/heads/oompa'].map((place) => lockFilesBelow(join(commonDir, place)));
  const locked = (await Promise.all(refs)).flat().map((path) => gitLock(parts, path, true));
  return [...ours, ...(await Promise.all([...users, ...locked])).flat()];
}

/** With the token of a holding, it is the right to remove that one. */
const lockPattern = /\.lock(\.[\w-]+)?$/;

async function gitLock(parts: ReconcileParts, path: string, ours: boolean): Promise<Lock[]> {
  const ageMs = await ageOf(parts, path);
  if (ageMs === undefined) return [];
  return [{ kind: 'lock', name: relative(parts.repository.root, path), path, of: 'git', ours, ageMs }];
}

async function lockFilesBelow(folder: string): Promise<string[]> {
  const names = await readdir(folder, { recursive: true }).catch(() => []);
  return names.filter((name) => name.endsWith('.lock')).map((name) => join(folder, name));
}

async function temporaryAt(parts: ReconcileParts, path: string, holder: Holder): Promise<Temporary[]> {
  const ageMs = await ageOf(parts, path);
  if (ageMs === undefined) return [];
  return [{ kind: 'temporary', name: relative(parts.repository.root, path), path, holder, ageMs }];
}

/** By the process that the name tells of; a lease's tells only its number. */
function holderOfFile(name: string): Holder {
  const pid = /\.lease\.json\.(\d+)\.tmp$/.exec(name)?.[1];
  if (pid !== undefined) return isAlive(Number(pid), undefined) ? 'unknown' : 'gone';
  return writerOf(name) ?? 'unknown';
}

/** Milliseconds since it was changed; undefined when it is gone. */
async function ageOf(parts: ReconcileParts, path: string): Promise<number | undefined> {
  const found = await lstat(path).catch(() => undefined);
  return found === undefined ? undefined : Math.max(0, parts.now().getTime() - found.mtimeMs);
}

async function childrenOf(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch(() => []);
  return names.sort().map((name) => join(folder, name));
}
