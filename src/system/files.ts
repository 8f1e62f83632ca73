import { randomUUID } from 'node:crypto';
import { link, open, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

/**
 * Replaces or creates the file at `path` so that a crash leaves the old text or the new one, and never a part: temporary
 * file, fsync, rename, fsync of the folder. A failing disk rejects with node's own error.
 */
export async function writeFileDurably(path: string, text: string): Promise<void> {
  const temporary = await writeTemporary(path, text);
  try {
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
  await syncFolder(dirname(path));
}

/** Creates the file, whole and durable, unless one of that name exists: `exists` means that nothing was changed. */
export async function createFileDurably(path: string, text: string): Promise<'created' | 'exists'> {
  const temporary = await writeTemporary(path, text);
  try {
    await link(temporary, path);
  } catch (error) {
    if (errorCode(error) === 'EEXIST') return 'exists';
    throw error;
  } finally {
    await rm(temporary, { force: true });
  }
  await syncFolder(dirname(path));
  return 'created';
}

/** Makes renames in a folder survive a power cut. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } catch (error) {
    // Some file systems cannot sync a folder; their renames are as durable as they get.
    if (!unsyncable.includes(errorCode(error) ?? '')) throw error;
  } finally {
    await handle.close();
  }
}

/** `ENOENT`, `EEXIST`, …; undefined for anything that is not an error of the operating system. */
export function errorCode(error: unknown): string | undefined {
  return error instanceof Error && 'syscall' in error && 'code' in error && typeof error.code === 'string'
    ? error.code
    : undefined;
}

const unsyncable: readonly string[] = ['EINVAL', 'ENOTSUP', 'EPERM', 'EISDIR'];

/** Beside its target, because a rename works on one file system only; the dot keeps it out of every listing. */
async function writeTemporary(path: string, text: string): Promise<string> {
  const temporary = join(dirname(path), `.${basename(path)}.${randomUUID()}.tmp`);
  const handle = await open(temporary, 'wx');
  try {
    await handle.writeFile(text);
    await handle.sync();
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  } finally {
    await handle.close();
  }
  return temporary;
}
