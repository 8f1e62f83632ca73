import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';

/** Bytes of all files below a folder; links count as nothing, and so does what can't be read. */
export async function sizeOf(folder: string): Promise<number> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  let size = 0;
  for (const entry of entries) {
    if (entry.isFile())
      size += await lstat(join(entry.parentPath, entry.name)).then(
        (found) => found.size,
        () => 0,
      );
  }
  return size;
}
