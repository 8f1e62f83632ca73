import { existsSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { Mutex } from 'async-mutex';
import type { Surroundings } from '../../core/schedule.ts';
import { filesOverlap, readinessOf, surroundingsOf } from '../../core/schedule.ts';
import type { Claim, Task } from '../../core/task.ts';
import { tryLock } from '../../system/lock.ts';
import type { ClaimResult, Fence, Owner } from '../queue.ts';
import type { LeaseTerms } from './claim-note.ts';
import { notePath, writeClaim } from './claim-note.ts';
import { diskProblem, tolerating } from './disk.ts';
import type { Folder } from './folder.ts';
import { moveTask } from './move.ts';
import type { Pending } from './pending.ts';
import type { Places } from './places.ts';
import { taskLock } from './places.ts';
import type { TaskName } from './task-name.ts';
import { taskExtensions } from './task-name.ts';
import type { TaskReader } from './task-reader.ts';

/** What claiming works with. */
export interface ClaimParts {
  readonly places: Places;
  readonly folders: Readonly<Record<'pending' | 'current' | 'complete' | 'failed' | 'blocked', Folder>>;
  readonly pending: Pending;
  readonly reader: TaskReader;
  readonly fence: Fence;
  readonly lease: LeaseTerms;
  /** What is known of the files in `current/`: one task, or none that can be read. */
  readonly working: WeakMap<TaskName, readonly Task[]>;
}

/** The file is in `current/`, and its lock is this process's; nobody knows yet for whom. */
interface Won {
  readonly kind: 'won';
  readonly task: Task;
  readonly name: TaskName;
  readonly unlock: () => void;
}

type NotWon = Exclude<ClaimResult, { kind: 'claimed' }>;

/** Gives a function that claims the first ready task. Inside one process, one claim is decided after the other. */
export function createClaim(parts: ClaimParts): (owner: Owner) => Promise<ClaimResult> {
  const mutex = new Mutex();
  return async (owner) => {
    try {
      const won = await mutex.runExclusive(() => winFirst(parts, owner));
      return won.kind === 'won' ? await claimWon(parts, won, owner) : won;
    } catch (error) {
      return { kind: 'unavailable', why: diskProblem(error) };
    }
  };
}

async function claimWon(parts: ClaimParts, { task, name, unlock }: Won, owner: Owner): Promise<ClaimResult> {
  try {
    return { kind: 'claimed', claim: await noteClaim(parts, task, owner) };
  } catch (error) {
    // Without a note nobody could tell whose the task is.
    await putBack(parts, name);
    throw error;
  } finally {
    unlock();
  }
}

/** Writes the note and raises the fence for a task whose file and lock this process holds. */
export async function noteClaim(
  { places, fence, lease }: Pick<ClaimParts, 'places' | 'fence' | 'lease'>,
  task: Task,
  owner: Owner,
  adopted = false,
): Promise<Claim> {
  const { generation } = await writeClaim(places.claims, task.id, owner, { lease, adopted });
  await fence.raise(task.id, generation, notePath(places.claims, task.id));
  return { task, generation };
}

async function winFirst(parts: ClaimParts, { worker }: Owner): Promise<Won | NotWon> {
  const { folders, pending } = parts;
  await refreshAll(parts);
  const passedOver = { lost: new Set<string>(), busy: new Set<string>() };
  let lookedAgain = false;
  for (;;) {
    const around = surroundingsOf(currentTasks(parts, lookedAgain), (id) => folders.complete.has(id));
    const duplicates = new Set<string>();
    const isFree = (name: TaskName) => {
      if (isDuplicate(parts, name, 'pending')) duplicates.add(name.name);
      return !duplicates.has(name.name);
    };
    const { entry, passed } = await pending.find(
      worker,
      (task, name) =>
        !passedOver.lost.has(name.name) &&
        !passedOver.busy.has(name.name) &&
        readinessOf(task, around).kind === 'ready' &&
        isFree(name),
    );
    if (entry !== undefined) {
      const won = await win(parts, entry, around);
      if (typeof won !== 'string') return won;
      passedOver[won].add(entry.name);
      continue;
    }
    const waiting = passed - duplicates.size;
    // "Dry" ends a run: it is never said on the word of an old listing.
    const again = !lookedAgain && ((await pending.lookAgain()) || waiting === 0 || passedOver.busy.size > 0);
    if (!again) return waiting === 0 ? { kind: 'dry' } : { kind: 'waiting', pending: waiting };
    lookedAgain = true;
    if (passedOver.busy.size > 0) await pause(busyMs);
    passedOver.busy.clear();
    await refreshAll(parts, 'now');
  }
}

/** Somebody who puts a task back has its lock for a moment longer, in milliseconds. */
const busyMs = 10;

async function refreshAll({ folders, pending }: ClaimParts, now?: 'now'): Promise<void> {
  await Promise.all(Object.values(folders).map((folder) => folder.refresh(now)));
  await pending.update();
}

/**
 * The rename decides who wins, and it is made under the task's lock, so that nobody takes a file whose note is not written yet for
 * one that was left behind. `lost` = somebody else was first, or the file turned out to be not ready; `busy` = it is just changing hands.
 */
async function win(parts: ClaimParts, name: TaskName, around: Surroundings): Promise<Won | 'lost' | 'busy'> {
  const { places, folders, reader } = parts;
  // Most races end here, for less than a lock costs.
  if (!existsSync(places.file('pending', name.name))) {
    folders.pending.drop(name.name);
    return 'lost';
  }
  const unlock = tryLock(taskLock(places, name.id));
  if (unlock === undefined) return 'busy';
  let isOurs = false;
  let isWon = false;
  try {
    const moved = moveTask(places, name.name, 'pending', 'current');
    if (moved !== 'taken') folders.pending.drop(name.name);
    if (moved !== 'moved') return 'lost';
    isOurs = true;
    folders.current.put(name);
    const read = reader.read(places.file('current', name.name), name);
    const fits =
      read?.kind === 'task' && readinessOf(read.task, around).kind === 'ready' && (await isAlone(parts, read.task));
    if (!fits) return 'lost';
    isWon = true;
    return { kind: 'won', task: read.task, name, unlock };
  } finally {
    if (isOurs && !isWon) await putBack(parts, name);
    if (!isWon) unlock();
  }
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

/** Puts the file back where it was, if it is in `current/`. What the disk does not let go is released by the next recovery. */
async function putBack({ places, folders }: ClaimParts, name: TaskName): Promise<void> {
  await tolerating(() => {
    const moved = moveTask(places, name.name, 'current', 'pending');
    folders.current.drop(name.name);
    if (moved === 'moved') folders.pending.put(name);
  });
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
