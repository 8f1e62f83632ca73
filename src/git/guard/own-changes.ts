import { createHash } from 'node:crypto';
import { lstat, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { adminOf } from '../admin.ts';
import { git } from '../git.ts';
import type { ObjectReader } from '../object-reader.ts';

/** A worktree that an agent worked in. */
export interface Workplace {
  readonly folder: string;
  readonly commonDir: string;
  /** The commit that its iteration started from. */
  readonly base: string;
}

/** Whether anything in a worktree was changed since `moment` (milliseconds since 1970). One git process. */
export async function isChangedSince({ folder, commonDir }: Workplace, moment: number): Promise<boolean> {
  const admin = await adminOf(folder, commonDir);
  if (admin === undefined || (await touchedAt(join(admin, 'logs', 'HEAD'))) >= moment) return true;
  const status = await git(folder, ['status', '--porcelain', '-z', '--no-renames', '--untracked-files=all']);
  if (status.code !== 0) return true;
  const paths = status.stdout.split('\0').flatMap((record) => (record === '' ? [] : [record.slice(3)]));
  for (const path of paths) if ((await lastTouch(folder, path)) >= moment) return true;
  return false;
}

/** Whether the file at `path` in the checkout has what the agent made of the same file in its worktree: somebody copied it over. */
export async function isCopied(
  { folder, base }: Workplace,
  checkout: string,
  path: string,
  objects: ObjectReader,
): Promise<boolean> {
  const theirs = await contentOf(join(checkout, path));
  if (theirs === undefined || theirs.length === 0) return false;
  if ((await contentOf(join(folder, path)))?.equals(theirs) !== true) return false;
  const original = await objects.resolve(`${base}:${path}`);
  return original === undefined || original !== blobOid(theirs, original.length);
}

/** Larger files are not compared. */
const maxBytes = 16 * 1024 * 1024;

async function contentOf(path: string): Promise<Buffer | undefined> {
  try {
    const stats = await lstat(path);
    return stats.isFile() && stats.size <= maxBytes ? await readFile(path) : undefined;
  } catch {
    return undefined;
  }
}

/** A path that is gone was taken out of its folder, or of the nearest one that still exists. */
async function lastTouch(folder: string, path: string): Promise<number> {
  for (let at = path; at !== '.'; at = dirname(at)) {
    const found = await touchedAt(join(folder, at));
    if (found > 0) return found;
  }
  return touchedAt(folder);
}

/** Milliseconds since 1970; 0 when there is nothing. */
async function touchedAt(path: string): Promise<number> {
  return lstat(path).then(
    ({ ctimeMs }) => ctimeMs,
    () => 0,
  );
}

function blobOid(content: Buffer, oidLength: number): string {
  const hash = createHash(oidLength === 64 ? 'sha256' : 'sha1');
  return hash.update(`blob ${content.length}\0`).update(content).digest('hex');
}
