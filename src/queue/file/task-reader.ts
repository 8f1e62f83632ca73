import { readFileSync, statSync } from 'node:fs';
import { errorCode } from '../../system/files.ts';
import type { TaskRead } from './task-file.ts';
import { readTask } from './task-file.ts';
import type { TaskName } from './task-name.ts';

/** Reads task files, and parses only what changed since the last time. */
export interface TaskReader {
  /** What the file holds now; undefined when it is gone. */
  read(path: string, name: TaskName): TaskRead | undefined;
  /** Drops what is known about a file that nobody will ask for soon. */
  forget(name: string): void;
  /** How many files were parsed so far. */
  parsed(): number;
}

/** A reader that knows nothing yet. It remembers by file name, not by folder: a file that moves is not parsed again. */
export function createTaskReader(): TaskReader {
  const known = new Map<string, { readonly look: string; readonly read: TaskRead }>();
  let parsed = 0;
  return {
    read(path, name) {
      const look = lookOf(path);
      if (look === undefined) return undefined;
      const before = known.get(name.name);
      if (before?.look === look.mark) return before.read;
      const text = look.size > maxBytes ? problem(`is larger than ${maxBytes / 1024} kB`) : readText(path);
      if (text === undefined) return undefined;
      parsed += 1;
      const read = typeof text === 'string' ? readTask(text, name) : text;
      // What the disk did not give a moment ago, it may give the next time.
      if (typeof text === 'string' && known.size < maxKnown) known.set(name.name, { look: look.mark, read });
      return read;
    },
    forget(name) {
      known.delete(name);
    },
    parsed: () => parsed,
  };
}

/** The text of a task file, its byte order mark included; why not; or undefined when it is gone. */
export function readText(path: string): string | TaskRead | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(readFileSync(path));
  } catch (error) {
    if (error instanceof TypeError) return problem('is not UTF-8 text');
    const code = errorCode(error);
    if (code === 'ENOENT') return undefined;
    if (code === undefined) throw error;
    return problem(`cannot be read (${code})`);
  }
}

/** Nobody writes a larger task by hand, and parsing one would hold up the run. */
const maxBytes = 1024 * 1024;

/** Bounds the memory; beyond it files are parsed each time. */
const maxKnown = 150_000;

function lookOf(path: string): { readonly mark: string; readonly size: number } | undefined {
  const stat = statSync(path, { throwIfNoEntry: false });
  return stat && { mark: `${stat.ino}:${stat.size}:${stat.mtimeMs}`, size: stat.size };
}

function problem(what: string): TaskRead {
  return { kind: 'unreadable', problem: { line: 1, column: 1, message: `the file ${what}` } };
}
