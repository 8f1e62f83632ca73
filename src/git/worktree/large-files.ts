import { lstat } from 'node:fs/promises';
import { join } from 'node:path';
import { git } from '../git.ts';

/** A file that is too large to be committed. */
export interface LargeFile {
  readonly path: string;
  readonly bytes: number;
}

/** The files of more than `limit` bytes that `git add` would take in. One git process; no file is read. */
export async function largeFilesIn(folder: string, limit: number): Promise<LargeFile[]> {
  const listed = await git(folder, ['ls-files', '-o', '-m', '-z', '--exclude-standard']);
  return largeAmong(folder, [...new Set(listed.stdout.split('\0').filter((path) => path !== ''))], limit);
}

/** Those of the paths that are files of more than `limit` bytes now. */
export async function largeAmong(folder: string, paths: readonly string[], limit: number): Promise<LargeFile[]> {
  const found: LargeFile[] = [];
  for (let at = 0; at < paths.length; at += atOnce) {
    const looks = paths.slice(at, at + atOnce).map(async (path) => {
      const stats = await lstat(join(folder, path)).catch(() => undefined);
      if (stats?.isFile() === true && stats.size > limit) found.push({ path, bytes: stats.size });
    });
    await Promise.all(looks);
  }
  return found.sort((a, b) => b.bytes - a.bytes);
}

const atOnce = 256;
