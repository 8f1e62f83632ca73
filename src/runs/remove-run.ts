import { rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { runsFolder } from './run-folder.ts';

/**
 * Removes `runs/<id>/`. It is renamed first, so that a crash leaves either the whole run or something that is no run any more
 * (see `isRemoved`). Rejects with node's own error; then the run is whole, or gone and its remains are not.
 */
export async function removeRunFolder(workspace: string, id: string): Promise<void> {
  const aside = join(runsFolder(workspace), `.${id}.removed`);
  await removeTree(aside);
  await rename(join(runsFolder(workspace), id), aside);
  await removeTree(aside);
}

/** Whether `name`, below `runs/`, is what is left of a run that was being removed. */
export function isRemoved(name: string): boolean {
  return /^\.\d{8}T\d{6}-[a-z0-9]{4}\.removed$/.test(name);
}

/** Follows no links. Rejects with node's own error. */
export async function removeTree(path: string): Promise<void> {
  await rm(path, { recursive: true, force: true, maxRetries: 3 });
}
