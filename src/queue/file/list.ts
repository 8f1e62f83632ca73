import { setImmediate } from 'node:timers/promises';
import { compareTasks } from '../../core/schedule.ts';
import type { TaskState } from '../../core/task.ts';
import { taskStates } from '../../core/task.ts';
import { errorCode } from '../../system/files.ts';
import type { QueueCounts, QueueListing, QueuedTask, UnreadableTask } from '../queue.ts';
import { isDuplicate } from './claim.ts';
import type { ClaimNote } from './claim-note.ts';
import { readNote } from './claim-note.ts';
import type { Folder } from './folder.ts';
import { locate } from './move.ts';
import type { Places } from './places.ts';
import type { TaskName } from './task-name.ts';
import type { TaskReader } from './task-reader.ts';

/** What listing works with. */
export interface ListParts {
  readonly places: Places;
  readonly folders: Readonly<Record<TaskState, Folder>>;
  readonly reader: TaskReader;
}

/** Everything in the queue, as it is now. */
export async function listTasks(parts: ListParts): Promise<QueueListing> {
  await refreshFolders(parts);
  const tasks: QueuedTask[] = [];
  const unreadable: UnreadableTask[] = [];
  let looked = 0;
  for (const state of taskStates) {
    for (const name of parts.folders[state].names.values()) {
      const found = describe(parts, state, name) ?? followed(parts, name);
      if (found === undefined) continue;
      if ('task' in found) tasks.push(found);
      else unreadable.push(found);
      if (++looked % batch === 0) await setImmediate();
    }
  }
  const rank = (state: TaskState) => taskStates.indexOf(state);
  return {
    tasks: tasks.sort((a, b) => rank(a.state) - rank(b.state) || compareTasks(a.task, b.task)),
    unreadable: unreadable.sort((a, b) => (a.path < b.path ? -1 : 1)),
  };
}

/** How many task files lie in each folder. */
export async function countTasks(parts: Pick<ListParts, 'folders'>): Promise<QueueCounts> {
  await refreshFolders(parts);
  const { pending, current, complete, failed, blocked } = parts.folders;
  return {
    pending: pending.names.size,
    current: current.names.size,
    complete: complete.names.size,
    failed: failed.names.size,
    blocked: blocked.names.size,
  };
}

/** Files between two breaths for the rest of the process. */
const batch = 64;

async function refreshFolders({ folders }: Pick<ListParts, 'folders'>): Promise<void> {
  await Promise.all(Object.values(folders).map((folder) => folder.refresh('now')));
}

/** A task that moved on while the folders were being listed, and that no listing shows where it is now. */
function followed(parts: ListParts, { id }: TaskName): QueuedTask | UnreadableTask | undefined {
  const now = locate(parts.places, id)[0];
  if (now === undefined || parts.folders[now.state].names.has(now.name)) return undefined;
  return describe(parts, now.state, now);
}

function describe(parts: ListParts, state: TaskState, name: TaskName): QueuedTask | UnreadableTask | undefined {
  const { places, reader } = parts;
  const path = places.shown(state, name.name);
  const read = reader.read(places.file(state, name.name), name);
  if (read === undefined) return undefined;
  if (read.kind === 'unreadable') return { state, path, ...read.problem };
  // A task that is being worked on is the one that counts; its twins are named.
  if (state !== 'current' && isDuplicate(parts, name, state) && locate(places, name.id).length > 1) {
    return {
      state,
      path,
      line: 1,
      column: 1,
      message: `another file has the id \`${name.id}\` too; rename one of them`,
    };
  }
  return { task: read.task, state, path, ...(state === 'current' ? ownerOf(places, name.id) : {}) };
}

function ownerOf(places: Places, id: string): Pick<QueuedTask, 'owner' | 'since'> {
  const note = noteOrNothing(places, id);
  if (note?.state !== 'claimed') return {};
  return { owner: { run: note.run, worker: note.worker }, since: note.at };
}

/** A note that can't be read must not hide the whole list. */
function noteOrNothing(places: Places, id: string): ClaimNote | undefined {
  try {
    return readNote(places.claims, id);
  } catch (error) {
    if (errorCode(error) === undefined) throw error;
    return undefined;
  }
}
