import { existsSync, lstatSync, mkdirSync, renameSync } from 'node:fs';
import { dirname } from 'node:path';
import type { TaskState } from '../../core/task.ts';
import { taskStates } from '../../core/task.ts';
import { errorCode, syncFolder } from '../../system/files.ts';
import { tolerating } from './disk.ts';
import type { Places } from './places.ts';
import type { TaskName } from './task-name.ts';
import { nthId, taskExtensions } from './task-name.ts';

/** What one `rename(2)` gave: `gone` = somebody else was first; `taken` = the target exists and was left alone. */
export type Moved = 'moved' | 'gone' | 'taken';

/** A task file and the state it is in. */
export interface Located extends TaskName {
  readonly state: TaskState;
}

/** Moves a task file from one state to another: the one place where that happens. Never replaces a file. */
export function moveTask(places: Places, name: string, from: TaskState, to: TaskState): Moved {
  return moveFile(places.file(from, name), places.file(to, name));
}

/**
 * Moves a task file out of `current/` for good, so that a power cut cannot undo it. If a hand has put a file of the same name
 * into the target meanwhile, both are kept: this one gets a free name. Undefined when the file is gone.
 */
export async function moveOut(places: Places, task: TaskName, to: TaskState): Promise<Located | undefined> {
  for (let n = 1; ; n++) {
    const id = nthId(task.id, n);
    const there = { state: to, id, extension: task.extension, name: `${id}${task.extension}` };
    const moved = moveFile(places.file('current', task.name), places.file(to, there.name));
    if (moved === 'gone') return undefined;
    if (moved === 'taken') continue;
    // It has moved for everybody who looks, whatever a power cut may make of it on a disk that can't sync.
    await tolerating(() => syncFolder(places.folder(to)));
    return there;
  }
}

/** All files of that id, in any state and with any ending. */
export function locate(places: Places, id: string, states: readonly TaskState[] = taskStates): Located[] {
  return states.flatMap((state) =>
    taskExtensions
      .map((extension) => ({ state, id, extension, name: `${id}${extension}` }))
      .filter(({ name }) => isFile(places.file(state, name))),
  );
}

/** Whether a plain file of that name exists; links and folders are not tasks. */
function isFile(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isFile() ?? false;
}

function moveFile(from: string, to: string): Moved {
  // A rename replaces what is there without a word. Only a hand can put a file there between this look and the rename.
  if (existsSync(to)) return 'taken';
  try {
    renameInto(from, to);
    return 'moved';
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return 'gone';
    // Seen on network disks: it is done all the same.
    if (existsSync(to) && !existsSync(from)) return 'moved';
    throw error;
  }
}

/** Makes the target's folder again when a hand took it away: git keeps no empty ones. */
function renameInto(from: string, to: string): void {
  try {
    renameSync(from, to);
  } catch (error) {
    if (errorCode(error) !== 'ENOENT' || !existsSync(from)) throw error;
    mkdirSync(dirname(to), { recursive: true });
    renameSync(from, to);
  }
}
