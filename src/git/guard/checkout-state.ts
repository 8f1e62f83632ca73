import { lstat } from 'node:fs/promises';
import { join } from 'node:path';
import { withLock } from '../../system/lock.ts';
import { adminOf, exists } from '../admin.ts';
import { landingLock } from '../landing/fence.ts';
import { git } from '../git.ts';
import type { Repository } from '../repository.ts';

/** A checkout of the user's at one moment: where HEAD is, and what is not committed. */
export interface CheckoutState {
  readonly folder: string;
  /** Empty before the first commit. */
  readonly head: string;
  /** Undefined when HEAD is detached. */
  readonly branch: string | undefined;
  /** Every path that `git status` tells of, oompa's own folders left out. */
  readonly marks: ReadonlyMap<string, Mark>;
  /** Milliseconds since 1970 at which the look was begun. */
  readonly begunAt: number;
}

/** One path that is not as it is in HEAD. */
interface Mark {
  /** git's two letters, or `?` for what is untracked. */
  readonly code: string;
  /** Size, time of the last change and mode; undefined when there is no such file. */
  readonly stamp: string | undefined;
  /** When anything about the file was changed last; milliseconds since 1970. */
  readonly touchedAt: number;
}

/** The checkouts that no agent may touch: the one that oompa was started in, and the repository's own where that is another. */
export function guardedCheckouts({ root, mainCheckout }: Repository): string[] {
  return mainCheckout === undefined || mainCheckout === root ? [root] : [root, mainCheckout];
}

/**
 * Looks at a checkout in one git process and some lstat calls; changes nothing there. A look into which a landing fell is
 * taken again, because a fast-forward changes files first and HEAD last. Undefined when git can't tell.
 */
export async function readCheckout({ commonDir }: Repository, folder: string): Promise<CheckoutState | undefined> {
  const lock = landingLock(commonDir);
  const index = join((await adminOf(folder, commonDir)) ?? commonDir, 'index');
  const quiet = async () => ((await exists(lock)) ? undefined : stampOf(await statOf(index)));
  const before = await quiet();
  const first = await look(folder);
  if (before !== undefined && before === (await quiet())) return first;
  // Some process may have been stopped in the middle of a landing: a look is not worth waiting for that.
  const patience = AbortSignal.timeout(longestWaitMs);
  return withLock(lock, () => look(folder), patience).catch(() => look(folder));
}

/** The paths that were changed from one look to the next: their content, their mode, or what is staged of them. */
export async function changedPaths(before: CheckoutState, after: CheckoutState): Promise<string[]> {
  const paths = [...new Set([...before.marks.keys(), ...after.marks.keys()])];
  const found = paths.map(async (path) => ((await isChanged(path, before, after)) ? [path] : []));
  return (await Promise.all(found)).flat().sort();
}

const longestWaitMs = 5000;

/** oompa writes there itself. */
const ownFolders = ['.oompa', 'tasks', 'runs'];

/** Of how many paths the stamps are taken; of more, only what git says about them counts. */
const maxStamps = 2000;

async function look(folder: string): Promise<CheckoutState | undefined> {
  const begunAt = Date.now();
  const options = ['--porcelain=v2', '-z', '--branch', '--no-ahead-behind', '--no-renames'];
  const scope = ['--untracked-files=normal', '--ignore-submodules=dirty', '--', '.'];
  const without = ownFolders.map((name) => `:(top,exclude)${name}`);
  const status = await git(folder, ['status', ...options, ...scope, ...without]);
  if (status.code !== 0) return undefined;
  const records = status.stdout.split('\0');
  const header = (name: string) => records.find((record) => record.startsWith(`# ${name} `))?.slice(name.length + 3);
  const branch = header('branch.head');
  const listed = records.flatMap(listedIn);
  const marks = listed.map(async ({ path, code }, index): Promise<[string, Mark]> => {
    const stats = index < maxStamps ? await statOf(join(folder, path)) : undefined;
    return [path, { code, stamp: stampOf(stats), touchedAt: Number(stats?.ctimeMs ?? 0) }];
  });
  return {
    folder,
    head: header('branch.oid') === '(initial)' ? '' : (header('branch.oid') ?? ''),
    branch: branch === '(detached)' ? undefined : branch,
    marks: new Map(await Promise.all(marks)),
    begunAt,
  };
}

/** `1 XY …8 fields… path`, `u XY …10 fields… path`, `? path` (git 2.39). */
function listedIn(record: string): { readonly path: string; readonly code: string }[] {
  const [, ordinary, path] = /^1 (..) (?:\S+ ){6}([^]+)$/.exec(record) ?? [];
  if (ordinary !== undefined && path !== undefined) return [{ path, code: ordinary }];
  const [, unmerged, conflicted] = /^u (..) (?:\S+ ){8}([^]+)$/.exec(record) ?? [];
  if (unmerged !== undefined && conflicted !== undefined) return [{ path: conflicted, code: unmerged }];
  return record.startsWith('? ') ? [{ path: record.slice(2), code: '?' }] : [];
}

async function isChanged(path: string, before: CheckoutState, after: CheckoutState): Promise<boolean> {
  const was = before.marks.get(path);
  const is = after.marks.get(path);
  const headStays = before.head === after.head && before.branch === after.branch;
  if (was !== undefined && is !== undefined) {
    // When HEAD has moved, the letters tell of another commit.
    return was.stamp !== is.stamp || (was.code !== is.code && headStays);
  }
  if (is !== undefined) {
    if (is.code !== '?') return headStays || !isOlderThan(is, before);
    // An older file has only come to light: what ignored it, or the folder that stood for it, has changed.
    return !isOlderThan(is, before) && !foldersOf(path).some((folder) => before.marks.has(folder));
  }
  // Committed, ignored, put back as it was, or gone: only in the last two cases the file is another one now.
  return stampOf(await statOf(join(after.folder, path))) !== was?.stamp && !hasPathsBelow(path, after);
}

/** File times lag behind the clock a little, and other machines' file systems a little more. */
function isOlderThan({ stamp, touchedAt }: Mark, { begunAt }: CheckoutState): boolean {
  return stamp !== undefined && touchedAt < begunAt - 1000;
}

/** `a/b/c` → `a/`, `a/b/`: git lists an untracked folder instead of what is in it. */
function foldersOf(path: string): string[] {
  const parts = path.split('/').slice(0, -1);
  return parts.map((_, index) => `${parts.slice(0, index + 1).join('/')}/`);
}

function hasPathsBelow(path: string, { marks }: CheckoutState): boolean {
  return path.endsWith('/') && [...marks.keys()].some((each) => each.startsWith(path));
}

async function statOf(path: string) {
  return lstat(path, { bigint: true }).catch(() => undefined);
}

function stampOf(stats: Awaited<ReturnType<typeof statOf>>): string | undefined {
  return stats === undefined ? undefined : [stats.size, stats.mtimeNs, stats.mode, stats.ino].join('/');
}
