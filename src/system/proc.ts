import { closeSync, openSync, readSync, readdirSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

/** What Linux tells of a process in /proc/PID/stat. */
export interface ProcessStat {
  readonly parent: number;
  readonly group: number;
  readonly session: number;
  /** When it started, in ticks since the system did: tells it from a later process with the same id. */
  readonly startedAt: string;
  /** Ended, but not yet collected by its parent. */
  readonly zombie: boolean;
  /** It shows none, however long one waits: it has ended, is a thread of the kernel or a stranger's, or was given none. */
  readonly withoutEnvironment: boolean;
}

/**
 * What `read` gives of every process that can be seen; undefined where there is no /proc. Asks for those that were begun
 * meanwhile too: what is started by one that ends before its turn to be read would be missed together with it. What is
 * `isUnsettled`, in the middle of an exec, is read again and again until it no longer is, for about a second at most.
 */
export async function ofEachProcess<T>(
  read: (pid: number) => T,
  isUnsettled: (seen: T) => boolean,
): Promise<T[] | undefined> {
  const found = new Map<number, T>();
  for (let looks = 0; looks < mostLooks; looks += 1) {
    const listed = looks < mostListings ? processIds() : [];
    if (listed === undefined) return undefined;
    const begun = listed.filter((pid) => !found.has(pid));
    const unsettled = [...found].filter(([, seen]) => isUnsettled(seen)).map(([pid]) => pid);
    const open = [...begun, ...unsettled];
    if (open.length === 0) break;
    for (const pid of open) found.set(pid, read(pid));
    if (begun.length === 0) await delay(1);
  }
  return [...found.values()];
}

/** Each listing after the first brings a handful of processes. On a busy machine there is always one that is new. */
const mostListings = 20;

/** A millisecond each: an exec takes far less, but its process may have to wait for its turn. */
const mostLooks = 1000;

/** The newest first: what has just begun may be about to hand over and end. */
function processIds(): number[] | undefined {
  try {
    const names = readdirSync('/proc');
    if (!names.includes('self')) return undefined;
    const pids = names.filter((name) => /^\d+$/.test(name)).map(Number);
    return pids.sort((a, b) => b - a);
  } catch {
    return undefined;
  }
}

/** Undefined when the process is gone. */
export function processStat(pid: number): ProcessStat | undefined {
  const line = procFile(pid, 'stat')?.toString('latin1');
  return line === undefined ? undefined : parseStat(line);
}

/** Reads the line of /proc/PID/stat (proc_pid_stat(5), Linux 5 and 6). */
export function parseStat(line: string): ProcessStat {
  // The name stands in brackets, and may hold brackets and blanks itself.
  const [state, parent, group, session, , , flags, ...rest] = line.slice(line.lastIndexOf(')') + 2).split(' ');
  const [startedAt = '', endOfCode, environment, endOfEnvironment] = [rest[12], rest[17], rest[40], rest[41]];
  const zombie = state === 'Z' || state === 'X';
  const kernel = (Number(flags) & kernelThread) !== 0;
  // The end of the code is the last that an exec writes down; before it, the environment may be there in part.
  const isEmpty = endOfCode !== '0' && environment === endOfEnvironment;
  return {
    parent: Number(parent),
    group: Number(group),
    session: Number(session),
    startedAt,
    zombie,
    withoutEnvironment: zombie || kernel || isEmpty,
  };
}

/** PF_KTHREAD of Linux's sched.h, the same since 2.6.31. */
const kernelThread = 0x200000;

/**
 * A process's environment, until the next one is read; undefined when it shows none. `unsettled` in the middle of an exec:
 * Linux 5 and 6 show a process without environment until the new program's is in its place. What looks for a process by its
 * environment has to ask such a one again: `ofEachProcess`.
 */
export function processEnvironment(pid: number): Buffer | 'unsettled' | undefined {
  const environ = procFile(pid, 'environ');
  if (environ === undefined || environ.length > 0) return environ;
  return processStat(pid)?.withoutEnvironment === false ? 'unsettled' : undefined;
}

/** Larger than any environment that Linux lets a program be started with by default (128 kB a variable, 2 MB in all). */
const buffer = Buffer.allocUnsafeSlow(2 * 1024 * 1024);

/** Reading /proc never waits, and by way of the thread pool it costs ten times as much. */
function procFile(pid: number, name: 'stat' | 'environ'): Buffer | undefined {
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
