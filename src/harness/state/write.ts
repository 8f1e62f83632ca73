import { randomUUID } from 'node:crypto';
import { chmod, mkdir, realpath, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';

/** Makes a folder that only the user can look into. Rejects when a link leads it out of `within`: an agent can write there. */
export async function makeFolder(path: string, within: string): Promise<void> {
  await mkdir(path, { recursive: true, mode: 0o700 });
  const place = join(await realpath(dirname(within)), relative(dirname(within), path));
  if ((await realpath(path)) !== place) throw new Error(`${path} leads to another place`);
}

/** Writes a file whole, or leaves it as it is; the folders that it needs are made. `mode` holds whatever the umask is. */
export async function replaceFile(
  path: string,
  data: string | Buffer,
  { mode, within }: { readonly mode: number; readonly within: string },
): Promise<void> {
  const folder = dirname(path);
  await makeFolder(folder, within);
  const temporary = join(folder, `.${randomUUID()}.tmp`);
  try {
    await writeFile(temporary, data, { mode });
    await chmod(temporary, mode);
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}
