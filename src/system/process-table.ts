import { closeSync, openSync, readSync, readdirSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

/** A process as Linux shows it under /proc. */
export interface ProcessEntry {
  readonly pid: number;
  readonly parent: number;
  readonly group: number;
  readonly session: number;
  /** When it started, in ticks since the system did: tells it from a later process with the same id. */
  readonly startedAt: string;
  /** Ended, but not yet collected by its parent. */
  readonly zombie: boolean;
  /** Whether one of its environment variables is the marker that was asked for; `unknown` in the middle of an exec. */
  readonly marked: boolean | 'unknown';
}

/**
 * All processes that can be seen; undefined where there is no /proc. `marker` is `NAME=value`. What started before `since`
 * (see `startedAt`) can't have inherited it, and is not asked. While a process starts another program its environment is
 * empty for a moment: one that is met in it is asked again, for `settleMs` at most.
 */
export async function readProcessTable(marker: string, since = '0'): Promise<ProcessEntry[] | undefined> {
  const deadline = performance.now() + settleMs;
  for (;;) {
    const table = processIds()
      ?.map((pid) => readProcess(pid, marker, since))
      .filter((entry) => entry !== undefined);
    if (table?.some(({ marked }) => marked === 'unknown') !== true || performance.now() > deadline) return table;
    await delay(1);
  }
}

/** Milliseconds; an exec takes far less than one, but its process may have to wait for its turn. */
const settleMs = 1000;

/** One process; undefined when it is gone. Reading /proc never waits, and by way of the thread pool it costs ten times as much. */
export function readProcess(pid: number, marker: string, since = '0'): ProcessEntry | undefined {
  const stat = procFile(pid, 'stat')?.toString('latin1');
  if (stat === undefined) return undefined;
  // The name stands in brackets, and may hold brackets and blanks itself.
  const [state, parent, group, session, ...rest] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const startedAt = rest[15] ?? '';
  const zombie = state === 'Z' || state === 'X';
  const mayBeMarked = !zombie && Number(startedAt) >= Number(since);
  return {
    pid,
    parent: Number(parent),
    group: Number(group),
    session: Number(session),
    startedAt,
    zombie,
    marked: mayBeMarked && isMarked(pid, marker),
  };
}

/** Linux 5 and 6 show a process without arguments and without environment until the new program's are in their place. */
function isMarked(pid: number, marker: string): ProcessEntry['marked'] {
  const environ = procFile(pid, 'environ');
  if (environ === undefined) return false;
  if (environ.length > 0) return hasVariable(environ, marker);
  if (procFile(pid, 'cmdline')?.length === 0) return 'unknown';
  return hasVariable(procFile(pid, 'environ') ?? environ, marker);
}

/** Larger than any environment that Linux lets a program be started with by default (128 kB a variable, 2 MB in all). */
const buffer = Buffer.allocUnsafeSlow(2 * 1024 * 1024);

/** What a file under /proc says, until the next one is read; undefined when the process is gone or a stranger's. */
function procFile(pid: number, name: 'stat' | 'environ' | 'cmdline'): Buffer | undefined {
  try {
    const file = openSync(`/proc/${pid}/${name}`, 'r');
    try {
      let size = 0;
      for (let read = -1; read !== 0 && size < buffer.length; size += read) {
        read = readSync(file, buffer, size, buffer.length - size, null);
        // One line, which comes whole.
        if (name === 'stat') return buffer.subarray(0, read);
      }
      return buffer.subarray(0, size);
    } finally {
      closeSync(file);
    }
  } catch {
    return undefined;
  }
}

/** Every process that can be seen; undefined where there is no /proc. */
function processIds(): number[] | undefined {
  try {
    const names = readdirSync('/proc');
    return names.includes('self') ? names.filter((name) => /^\d+$/.test(name)).map(Number) : undefined;
  } catch {
    return undefined;
  }
}

function hasVariable(environ: Buffer, marker: string): boolean {
  const wanted = Buffer.from(`${marker}\0`);
  for (let at = environ.indexOf(wanted); at !== -1; at = environ.indexOf(wanted, at + 1)) {
    if (at === 0 || environ[at - 1] === 0) return true;
  }
  return false;
}

/** What each living process but this one has as `name` in its environment; those without it, and strangers', are left out. */
export function variableOfEach(name: string): ReadonlySet<string> {
  const others = processIds()?.filter((pid) => pid !== process.pid) ?? [];
  return new Set(others.map((pid) => variableOf(pid, name)).filter((value) => value !== undefined));
}

function variableOf(pid: number, name: string): string | undefined {
  const environ = procFile(pid, 'environ')?.toString('latin1');
  const found = environ?.split('\0').find((each) => each.startsWith(`${name}=`));
  return found?.slice(name.length + 1);
}

/** Whose processes are looked for. */
export interface Belonging {
  /** The process group that the agent was started as; undefined when only the marker is known. */
  readonly group?: number;
  /** True as long as the agent's own process, whose id is the group's, has not been collected. */
  readonly leaderAlive: boolean;
  /** When the group's leader was started, as `startedAt`: while a zombie of it is there, the id is nobody else's. */
  readonly since?: string;
  /** What this very process has started is not looked for: it can't have been left behind by another. */
  readonly sparesOwn?: boolean;
}

/** The living processes that carry the marker or are of the group, and their descendants; never `self`. */
export function processesOf(table: readonly ProcessEntry[], belonging: Belonging, self: number): ProcessEntry[] {
  const ours = groupOf(table, belonging);
  const found = new Set<number>();
  for (const entry of table) {
    if (entry.marked === true || (ours !== undefined && (entry.group === ours || entry.session === ours)))
      found.add(entry.pid);
  }
  const spared = new Set([self]);
  if (belonging.sparesOwn === true) addDescendants(table, spared);
  for (const pid of spared) found.delete(pid);
  addDescendants(table, found, spared);
  return table.filter(({ pid, zombie }) => found.has(pid) && !zombie);
}

/**
 * Linux gives a process id to nobody as long as a group or session has it: when the leader is gone and its id is there all
 * the same, nothing was left of the group, and both belong to a stranger.
 */
function groupOf(
  table: readonly ProcessEntry[],
  { group, leaderAlive, since }: Belonging,
): Belonging['group'] | undefined {
  const holder = table.find(({ pid }) => pid === group);
  return leaderAlive || holder === undefined || holder.startedAt === since ? group : undefined;
}

function addDescendants(table: readonly ProcessEntry[], found: Set<number>, except?: ReadonlySet<number>): void {
  for (let size = -1; size !== found.size;) {
    size = found.size;
    for (const { pid, parent } of table) if (found.has(parent) && except?.has(pid) !== true) found.add(pid);
  }
}
