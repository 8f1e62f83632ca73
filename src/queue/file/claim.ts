import { Mutex } from 'async-mutex';
import type { Surroundings } from '../../core/schedule.ts';
import { filesOverlap, readinessOf, surroundingsOf } from '../../core/schedule.ts';
import type { Claim, Task } from '../../core/task.ts';
import type { ClaimResult, Fence, Owner } from '../queue.ts';
import type { ClaimMarker } from './claim-marker.ts';
import { notePath, writeClaim } from './claim-note.ts';
import type { Folder } from './folder.ts';
import { moveTask } from './move.ts';
import type { Pending } from './pending.ts';
import type { Places } from './places.ts';
import type { TaskName } from './task-name.ts';
import { taskExtensions } from './task-name.ts';
import type { TaskReader } from './task-reader.ts';

/** What claiming works with. */
export interface ClaimParts {
  readonly places: Places;
  readonly folders: Readonly<Record<'pending' | 'current' | 'complete' | 'failed' | 'blocked', Folder>>;
  readonly pending: Pending;
  readonly reader: TaskReader;
  readonly marker: ClaimMarker;
  readonly fence: Fence;
  /** What is known of the files in `current/`: one task, or none that can be read. */
  readonly working: WeakMap<TaskName, readonly Task[]>;
  now(): Date;
}

/** The file is in `current/`, won by this process; nobody knows yet for whom. */
type Won =
  { readonly kind: 'won'; readonly task: Task; readonly name: TaskName } | Exclude<ClaimResult, { kind: 'claimed' }>;

/** Gives a function that claims the first ready task. Inside one process, one claim is decided after the other. */
export function createClaim(parts: ClaimParts): (owner: Owner) => Promise<ClaimResult> {
  const mutex = new Mutex();
  return async (owner) => {
    const won = await mutex.runExclusive(() => winFirst(parts));
    if (won.kind !== 'won') return won;
    try {
      return { kind: 'claimed', claim: await noteClaim(parts, won.task, owner) };
    } catch (error) {
      // A disk that takes no note: without one nobody could tell whose the task is.
      putBack(parts, won.name);
      throw error;
    } finally {
      parts.marker.end(won.task.id);
    }
  };
}

/** Writes the note and raises the fence for a task whose file this process holds in `current/`. */
export async function noteClaim(
  { places, fence, now }: Pick<ClaimParts, 'places' | 'fence' | 'now'>,
  task: Task,
  owner: Owner,
  adopted = false,
): Promise<Claim> {
  const { generation } = await writeClaim(places.claims, task.id, owner, { now: now(), adopted });
  await fence.raise(task.id, generation, notePath(places.claims, task.id));
  return { task, generation };
}

async function winFirst(parts: ClaimParts): Promise<Won> {
  const { folders, pending } = parts;
  await refreshAll(parts);
  const lost = new Set<string>();
  let lookedAgain = false;
  for (;;) {
    const around = surroundingsOf(currentTasks(parts, lookedAgain), (id) => folders.complete.has(id));
    const duplicates = new Set<string>();
    const isFree = (name: TaskName) => {
      if (isDuplicate(parts, name, 'pending')) duplicates.add(name.name);
      return !duplicates.has(name.name);
    };
    const { entry, passed } = await pending.find(
      (task, name) => !lost.has(name.name) && readinessOf(task, around).kind === 'ready' && isFree(name),
    );
    if (entry !== undefined) {
      const task = await win(parts, entry, around);
      if (task !== undefined) return { kind: 'won', task, name: entry };
      lost.add(entry.name);
      continue;
    }
    const waiting = passed - duplicates.size;
    // "Dry" ends a run: it is never said on the word of an old listing.
    const again = !lookedAgain && ((await pending.lookAgain()) || waiting === 0);
    if (!again) return waiting === 0 ? { kind: 'dry' } : { kind: 'waiting', pending: waiting };
    lookedAgain = true;
    await refreshAll(parts, 'now');
  }
}

async function refreshAll({ folders, pending }: ClaimParts, now?: 'now'): Promise<void> {
  await Promise.all(Object.values(folders).map((folder) => folder.refresh(now)));
  await pending.update();
}

/** The rename decides who wins. Undefined when somebody else did, or when the file turned out to be not ready. */
async function win(parts: ClaimParts, name: TaskName, around: Surroundings): Promise<Task | undefined> {
  const { places, folders, reader, marker } = parts;
  marker.begin(name.id);
  const moved = moveTask(places, name.name, 'pending', 'current');
  if (moved === 'moved') {
    folders.pending.drop(name.name);
    folders.current.put(name);
    const read = reader.read(places.file('current', name.name), name);
    const fits =
      read?.kind === 'task' && readinessOf(read.task, around).kind === 'ready' && (await isAlone(parts, read.task));
    if (fits) return read.task;
    putBack(parts, name);
  } else if (moved === 'gone') {
    folders.pending.drop(name.name);
  }
  marker.end(name.id);
  return undefined;
}

/**
 * Whether no other process took a task with overlapping files at the same moment. The later of two renames sees the earlier one's
 * file; if both see each other, both give way and try again later.
 */
async function isAlone(parts: ClaimParts, task: Task): Promise<boolean> {
  if (task.files.length === 0) return true;
  await parts.folders.current.refresh('now');
  const others = currentTasks(parts, false).filter(({ id }) => id !== task.id);
  return !others.some(({ files }) => filesOverlap(files, task.files));
}

function putBack({ places, folders }: ClaimParts, name: TaskName): void {
  const moved = moveTask(places, name.name, 'current', 'pending');
  folders.current.drop(name.name);
  if (moved === 'moved') folders.pending.put(name);
}

/** The tasks in `current/`. Their files are read once; `again` reads those that a hand edited meanwhile. */
function currentTasks({ folders, places, reader, working }: ClaimParts, again: boolean): Task[] {
  return [...folders.current.names.values()].flatMap((name) => {
    const known = again ? undefined : working.get(name);
    if (known !== undefined) return known;
    const read = reader.read(places.file('current', name.name), name);
    const tasks = read?.kind === 'task' ? [read.task] : [];
    working.set(name, tasks);
    return tasks;
  });
}

/** Whether another file has the same id: in another state, or with another ending. Nobody can tell which one is meant. */
export function isDuplicate(
  { folders }: Pick<ClaimParts, 'folders'>,
  { name, id }: TaskName,
  state: keyof ClaimParts['folders'],
): boolean {
  return taskExtensions.some((extension) =>
    Object.entries(folders).some(([other, folder]) => {
      const twin = `${id}${extension}`;
      return folder.names.has(twin) && (twin !== name || other !== state);
    }),
  );
}
