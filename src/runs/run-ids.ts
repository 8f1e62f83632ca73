import { readdir } from 'node:fs/promises';
import { runsFolder } from './run-folder.ts';
import { isRunId } from './run-id.ts';

/** The ids of all runs of a workspace, newest first; none when there is no folder for them. */
export async function runIds(workspace: string): Promise<string[]> {
  const names = await readdir(runsFolder(workspace)).catch(() => []);
  return names
    .filter((name) => isRunId(name))
    .sort()
    .reverse();
}
