import { statSync } from 'node:fs';
import { setImmediate } from 'node:timers/promises';
import { compareFor, compareTasks, rankOf } from '../../core/schedule.ts';
import type { Rank } from '../../core/schedule.ts';
import type { Task } from '../../core/task.ts';
import type { Folder } from './folder.ts';
import { mayHaveSession, peekPriority } from './peek-priority.ts';
import type { TaskName } from './task-name.ts';
import type { TaskReader } from './task-reader.ts';
import { readText } from './task-reader.ts';

/** The pending tasks in the order in which they are handed out. Files are parsed one by one, when their turn comes. */
export interface Pending {
  /** Brings the order in line with the folder's last look, and now and then with edits in place. */
  update(): Promise<void>;
  /** The first task for `worker` that `accept` takes, and how many readable tasks were passed over. A file is parsed once. */
  find(worker: string, accept: (task: Task, name: TaskName) => boolean): Promise<Found>;
  /** Reads edited files again. False when that was done a moment ago and would be dear. */
  lookAgain(): Promise<boolean>;
}

/** What was found, and how many readable tasks were not accepted. */
export interface Found {
  readonly entry: TaskName | undefined;
  readonly passed: number;
}

/** What is known of one pending file. */
interface Entry extends TaskName {
  /** The folder's name for it: another one means another file. */
  readonly listed: TaskName;
  /** When it was read; milliseconds since 1970. */
  readonly readAt: number;
  /** As far as it is known without parsing. */
  priority: number;
  /** The worker whose session it goes on in; undefined for nearly all. */
  keeper: string | undefined;
  /** `unreadable` when it was parsed in vain; undefined when it was not parsed yet. */
  task: Task | 'unreadable' | undefined;
}

/** Files between two breaths for the rest of the process. */
const batch = 64;

/** The order of the files in `folder`. `path` gives the absolute path of a file in it. */
export function openPending(folder: Folder, reader: TaskReader, path: (name: string) => string): Pending {
  let entries = new Map<string, Entry>();
  /** Those without a session, in order, and those with one, whose place depends on who asks. */
  let order: Entry[] = [];
  let kept: Entry[] = [];
  let seen: number | undefined;
  let lookedAt = { at: -Infinity, cost: 0 };
  let checkedAt = { at: -Infinity, cost: 0 };

  async function update(): Promise<void> {
    await checkForEdits();
    if (seen === folder.version()) return;
    seen = folder.version();
    const next = new Map<string, Entry>();
    let entered = 0;
    for (const name of folder.names.values()) {
      const known = entries.get(name.name);
      const entry = known?.listed === name ? known : enter(name);
      if (entry !== undefined) next.set(name.name, entry);
      if (entry !== known && ++entered % batch === 0) await setImmediate();
    }
    entries = next;
    arrange([...next.values()]);
  }

  function arrange(all: readonly Entry[]): void {
    order = all.filter(({ keeper }) => keeper === undefined).sort(compareTasks);
    kept = all.filter(({ keeper }) => keeper !== undefined);
  }

  /** Somebody may have given a waiting task another priority. Costs a stat for each file, and little of the time. */
  async function checkForEdits(): Promise<void> {
    const begun = performance.now();
    if (begun - checkedAt.at < checkedAt.cost * checkFactor) return;
    let checked = 0;
    for (const entry of [...order, ...kept]) {
      if (changedAt(path(entry.name)) > entry.readAt - stampMs) {
        entries.delete(entry.name);
        seen = undefined;
      }
      if (++checked % batch === 0) await setImmediate();
    }
    checkedAt = { at: performance.now(), cost: performance.now() - begun };
  }

  /** Undefined when the file is gone by now. */
  function enter(name: TaskName): Entry | undefined {
    const readAt = Date.now();
    const text = readText(path(name.name));
    if (text === undefined) return undefined;
    const entry: Entry = { ...name, listed: name, readAt, priority: 0, keeper: undefined, task: undefined };
    const isPlain = typeof text === 'string' && !mayHaveSession(text);
    const priority = isPlain ? peekPriority(text, name.extension) : undefined;
    if (priority === undefined) parse(entry);
    else entry.priority = priority;
    return entry;
  }

  function parse(entry: Entry): void {
    const read = reader.read(path(entry.name), entry);
    entry.task = read?.kind === 'task' ? read.task : 'unreadable';
    if (read?.kind === 'task') Object.assign(entry, placeOf(rankOf(read.task)));
  }

  async function find(worker: string, accept: (task: Task, name: TaskName) => boolean): Promise<Found> {
    let passed = 0;
    let parsed = 0;
    if (order.length > folder.names.size + spare) order = order.filter(({ name }) => folder.names.has(name));
    for (const entry of inOrderFor(worker)) {
      if (!folder.names.has(entry.name)) continue;
      if (entry.task === undefined) {
        const assumed = placeOf(entry);
        parse(entry);
        if (entry.priority !== assumed.priority || entry.keeper !== assumed.keeper) {
          arrange([...order, ...kept]);
          return find(worker, accept);
        }
        if (++parsed % batch === 0) await setImmediate();
      }
      if (entry.task === undefined || entry.task === 'unreadable') continue;
      if (accept(entry.task, entry)) return { entry, passed };
      passed += 1;
    }
    return { entry: undefined, passed };
  }

  /** Both lists as one: the long one is in the order of every worker already. */
  function* inOrderFor(worker: string): Generator<Entry> {
    const compare = compareFor(worker);
    const theirs = [...kept].sort(compare);
    for (const entry of order) {
      for (let first = theirs[0]; first !== undefined && compare(first, entry) < 0; first = theirs[0]) {
        yield first;
        theirs.shift();
      }
      yield entry;
    }
    yield* theirs;
  }

  async function lookAgain(): Promise<boolean> {
    const begun = performance.now();
    if (begun - lookedAt.at < lookedAt.cost * lookAgainFactor) return false;
    let looked = 0;
    for (const entry of [...order, ...kept]) {
      if (folder.names.has(entry.name)) parse(entry);
      if (++looked % batch === 0) await setImmediate();
    }
    arrange([...order, ...kept]);
    const cost = performance.now() - begun;
    lookedAt = { at: performance.now(), cost: cost < cheapMs ? 0 : cost };
    return true;
  }

  return { update, find, lookAgain };
}

function placeOf({ priority, keeper }: Rank): Pick<Rank, 'priority' | 'keeper'> {
  return { priority, keeper };
}

/** How many names of files that went may stay in the order before they are swept out. */
const spare = 1000;

/** Looking at all files for edits may take one part of this many of the time. */
const lookAgainFactor = 100;

/** Looking which files were edited may take one part of this many of the time. */
const checkFactor = 100;

/** Time stamps of files may be older than the clock, in milliseconds. */
const stampMs = 20;

/** When the file or its name changed last, in milliseconds since 1970; 0 when it is gone. */
function changedAt(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.ctimeMs ?? 0;
}

/** Less than this is not worth sparing, in milliseconds. */
const cheapMs = 20;
