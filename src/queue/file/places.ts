import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { TaskState } from '../../core/task.ts';
import { taskStates } from '../../core/task.ts';

/** Where the parts of a file queue lie. */
export interface Places {
  /** The folder of a state; absolute. */
  folder(state: TaskState): string;
  /** A task file; absolute. */
  file(state: TaskState, name: string): string;
  /** The same for people: relative to the workspace, with `/`. */
  shown(state: TaskState, name: string): string;
  /** The folder of the claim notes; absolute. */
  readonly claims: string;
}

/** The places of a workspace. `claims` is relative to it. */
export function placesOf(workspace: string, claims = join('.oompa', 'claims')): Places {
  const folder = (state: TaskState) => join(workspace, 'tasks', state);
  return {
    folder,
    file: (state, name) => join(folder(state), name),
    shown: (state, name) => `tasks/${state}/${name}`,
    claims: join(workspace, claims),
  };
}

/** Makes the folders that are not there yet: git keeps no empty ones. */
export async function makeFolders(places: Places): Promise<void> {
  const folders = [...taskStates.map((state) => places.folder(state)), places.claims];
  await Promise.all(folders.map((folder) => mkdir(folder, { recursive: true })));
}

/**
 * The lock under which a task changes hands: its file leaves or enters `current/`, its record and its claim note are written, and
 * its fence is moved, only by whoever holds it. A process that is paused in the middle keeps it, so nobody meets half a step.
 */
export function taskLock({ claims }: Pick<Places, 'claims'>, id: string): string {
  return join(claims, '.locks', id);
}
