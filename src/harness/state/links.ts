import { readdir, readlink, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { errorCode } from '../../system/files.ts';

/**
 * Lets every entry of the folder `from`, `except` some, be found in the folder `to` too, by a link. What is in `to` already stays;
 * links of an earlier time whose entry is gone are removed. Rejects when `to` can't be written.
 */
export async function linkEntries(from: string, to: string, except: readonly string[] = []): Promise<void> {
  const names = (await namesIn(from)).filter((name) => !except.includes(name));
  for (const name of await namesIn(to)) {
    if (!names.includes(name) && (await targetOf(join(to, name))) === join(from, name)) await rm(join(to, name));
  }
  for (const name of names) {
    await symlink(join(from, name), join(to, name)).catch((error: unknown) => {
      if (errorCode(error) !== 'EEXIST') throw error;
    });
  }
}

/** The names in a folder; none when it can't be read. */
export async function namesIn(folder: string): Promise<string[]> {
  return readdir(folder).catch(() => []);
}

function targetOf(path: string): Promise<string | undefined> {
  return readlink(path).catch(() => undefined);
}
