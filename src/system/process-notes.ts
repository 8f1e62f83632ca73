import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { readFile, readdir } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { identityOf, ownIdentity, type ProcessIdentity } from './process-identity.ts';

/** What is written down of a process that a run has started: the leader of a group, whose id is the group's too. */
export interface ProcessNote extends ProcessIdentity {
  readonly run: string;
  readonly host: string;
  /** The oompa that started it: while it lives, the process is nobody else's business. */
  readonly owner: ProcessIdentity;
  /** What everything that comes of the process has in its environment. */
  readonly mark: string;
  /** A turn's label, or a command. */
  readonly what: string;
}

/** Writes down one process; the function that comes back takes the note away again. Neither throws, whatever the disk does. */
export type Noter = (process: { readonly pid: number; readonly mark: string }) => () => void;

/** The notes of one run, so that the next start finds what a killed oompa left, where there is no /proc too. */
export interface ProcessNotes {
  /** Notes under the name of what is run. */
  as(what: string): Noter;
}

/** Opens the notes of a run: one small file a process in `.oompa/processes/`, not synced, made when the first one is due. */
export function openProcessNotes(workspace: string, run: string): ProcessNotes {
  const folder = folderIn(workspace);
  return {
    as:
      (what) =>
      ({ pid, mark }) => {
        const process = identityOf(pid);
        if (process === undefined) return () => undefined;
        const note: ProcessNote = { ...process, run, host: hostname(), owner: ownIdentity(), mark, what };
        const path = join(folder, `${run}.${String(pid)}.json`);
        attempt(() => {
          mkdirSync(folder, { recursive: true });
          writeFileSync(path, JSON.stringify(note));
        });
        return () => attempt(() => rmSync(path, { force: true }));
      },
  };
}

/** One file of notes, and what it says. */
export interface FoundNote {
  /** Absolute. */
  readonly path: string;
  readonly run: string;
  /** Undefined when it was cut off while it was written, or is being written. */
  readonly note: ProcessNote | undefined;
}

/** All notes of a workspace. */
export async function readProcessNotes(workspace: string): Promise<readonly FoundNote[]> {
  const folder = folderIn(workspace);
  const names = await readdir(folder).catch(() => []);
  return Promise.all(
    names.map(async (name) => {
      const path = join(folder, name);
      const [run = ''] = name.split('.');
      return { path, run, note: noteIn(await readFile(path, 'utf8').catch(() => '')) };
    }),
  );
}

function folderIn(workspace: string): string {
  return join(workspace, '.oompa', 'processes');
}

/** A disk that fails costs the note, never the turn. */
function attempt(effect: () => void): void {
  try {
    effect();
  } catch {
    // The mark in the environment finds the process all the same, where there is a /proc.
  }
}

function noteIn(text: string): ProcessNote | undefined {
  try {
    const note = JSON.parse(text) as Partial<Record<keyof ProcessNote, unknown>>;
    const owner = identityIn(note.owner);
    const process = identityIn(note);
    const { run, host, mark, what } = note;
    if (owner === undefined || process === undefined) return undefined;
    if (typeof run !== 'string' || typeof host !== 'string') return undefined;
    if (typeof mark !== 'string' || typeof what !== 'string') return undefined;
    return { ...process, run, host, owner, mark, what };
  } catch {
    return undefined;
  }
}

function identityIn(value: unknown): ProcessIdentity | undefined {
  const { pid, start } = (value ?? {}) as Partial<Record<keyof ProcessIdentity, unknown>>;
  return typeof pid === 'number' && typeof start === 'string' ? { pid, start } : undefined;
}
