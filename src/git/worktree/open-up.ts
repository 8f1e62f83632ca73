import { chmod, lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * Gives the owner every right on the folders below `folder`, and the right to read its files; git notes none of these. An agent
 * may have taken them away, as Go's module cache does: what is in there could neither be kept nor removed. Links are not followed.
 */
export async function openUp(folder: string): Promise<void> {
  await addRights(folder, 0o700);
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  for (const entry of entries) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) await openUp(path);
    else if (entry.isFile()) await addRights(path, 0o400);
  }
}

/** What belongs to somebody else stays as it is. */
async function addRights(path: string, rights: number): Promise<void> {
  try {
    const { mode } = await lstat(path);
    if ((mode & rights) !== rights) await chmod(path, (mode | rights) & 0o7777);
  } catch {
    // Whoever needs the file says what is wrong with it.
  }
}
