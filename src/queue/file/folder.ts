import type { Dirent } from 'node:fs';
import { readdirSync } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { performance } from 'node:perf_hooks';
import { errorCode } from '../../system/files.ts';
import type { TaskName } from './task-name.ts';
import { taskExtensions, taskNameOf } from './task-name.ts';

/** The names of the task files in one folder, as of the last look. */
export interface Folder {
  /** By file name. */
  readonly names: ReadonlyMap<string, TaskName>;
  /** Grows when names were added or replaced; a name that went leaves it alone. */
  version(): number;
  has(id: string): boolean;
  /**
   * Looks again when that is cheap, or due: a large folder is looked at again only when it changed, and never for more than a
   * small part of the time. `now`: looks in any case. True when it looked.
   */
  refresh(now?: 'now'): Promise<boolean>;
  /** Notes a transition of this process's own. */
  put(name: TaskName): void;
  drop(name: string): void;
}

/** A listing that takes less is made each time it is asked for, in milliseconds. */
const cheapMs = 2;

/** Fewer names than this are listed without giving way to the rest of the process. */
const smallSize = 300;

/** A dearer one may take one part of this many of the time. */
const restFactor = 20;

/** A folder changed so shortly before it was listed may have changed again with the same time stamp, in milliseconds. */
const stampMs = 50;

/** An index of the folder at `path`, still empty. A folder that does not exist holds nothing. */
export function openFolder(path: string): Folder {
  let names = new Map<string, TaskName>();
  let version = 0;
  let last: { readonly at: number; readonly cost: number; readonly stamp: number | undefined } | undefined;

  async function isDue(): Promise<boolean> {
    if (last === undefined || last.cost < cheapMs) return true;
    if (performance.now() - last.at < last.cost * restFactor) return false;
    return last.stamp === undefined || (await stampOf(path)) !== last.stamp;
  }

  return {
    get names() {
      return names;
    },
    version: () => version,
    has: (id) => taskExtensions.some((extension) => names.has(`${id}${extension}`)),
    async refresh(now) {
      if (now === undefined && !(await isDue())) return false;
      const begun = performance.now();
      const before = Date.now();
      // A small listing takes less than a trip through the thread pool.
      const isSmall = last !== undefined && names.size < smallSize;
      const stamp = isSmall ? undefined : await stampOf(path);
      const found = isSmall ? listSmall(path) : await listLarge(path);
      const same = found.length === names.size && found.every(({ name }) => names.has(name));
      if (!same) {
        names = new Map(found.map((name) => [name.name, names.get(name.name) ?? name]));
        version += 1;
      }
      const settled = stamp !== undefined && before - stamp > stampMs;
      last = { at: performance.now(), cost: performance.now() - begun, stamp: settled ? stamp : undefined };
      return true;
    },
    put(name) {
      names.set(name.name, { ...name });
      version += 1;
    },
    drop(name) {
      names.delete(name);
    },
  };
}

async function stampOf(path: string): Promise<number | undefined> {
  try {
    return (await stat(path)).mtimeMs;
  } catch (error) {
    if (errorCode(error) === undefined) throw error;
    return undefined;
  }
}

function listSmall(path: string): TaskName[] {
  try {
    return namesIn(readdirSync(path, { withFileTypes: true }));
  } catch (error) {
    return noFolder(error);
  }
}

async function listLarge(path: string): Promise<TaskName[]> {
  try {
    return namesIn(await readdir(path, { withFileTypes: true }));
  } catch (error) {
    return noFolder(error);
  }
}

function namesIn(entries: readonly Dirent[]): TaskName[] {
  return entries.flatMap((entry) => (entry.isFile() ? (taskNameOf(entry.name) ?? []) : []));
}

function noFolder(error: unknown): [] {
  if (errorCode(error) === 'ENOENT') return [];
  throw error;
}
