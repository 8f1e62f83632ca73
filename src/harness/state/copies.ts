import { readdir, readFile, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { errorCode } from '../../system/files.ts';
import { makeFolder, replaceFile } from './write.ts';

/** A file of the user's, or a folder with all that is below it, and where its copy belongs. Absolute paths. */
export interface Copy {
  readonly from: string;
  readonly to: string;
  /** Names that are left out of a folder, and of the folders in it. */
  readonly except?: readonly string[];
}

/** More than settings and credentials ever need: a folder that holds more is not what it was taken for. */
const maxBytes = 50 * 1024 * 1024;
const maxFiles = 2000;

/** The folder that all copies belong in, and a file beside it that remembers what was copied. Absolute paths. */
export interface Place {
  readonly within: string;
  readonly notes: string;
}

/**
 * Copies what has changed since it was copied the last time, and removes copies whose original is gone. What the owner of a
 * copy writes into it stays until the original changes. Originals are only read; links are followed. Rejects with the reason.
 */
export async function bringCopies(copies: readonly Copy[], { within, notes }: Place): Promise<void> {
  const before = await readNotes(notes);
  const after: Notes = {};
  const allowance: Allowance = { bytes: maxBytes, files: maxFiles };
  for (const copy of copies) await bring(copy, { before, after, allowance, within });
  for (const to of Object.keys(before)) {
    if (Object.hasOwn(after, to)) continue;
    await makeFolder(dirname(to), within);
    await rm(to, { force: true });
  }
  if (JSON.stringify(after) === JSON.stringify(before)) return;
  await replaceFile(notes, JSON.stringify(after), { mode: 0o600, within });
}

/** Copy → its original, and what that was when it was copied. */
type Notes = Record<string, string>;

interface Allowance {
  bytes: number;
  files: number;
}

interface Progress extends Pick<Place, 'within'> {
  readonly before: Notes;
  readonly after: Notes;
  readonly allowance: Allowance;
}

async function bring({ from, to, except = [] }: Copy, progress: Progress): Promise<void> {
  const found = await stat(from).catch(nothingThere);
  if (found === undefined) return;
  if (found.isDirectory()) {
    for (const name of await readdir(from)) {
      if (!except.includes(name)) await bring({ from: join(from, name), to: join(to, name), except }, progress);
    }
    return;
  }
  // A pipe or a socket would be read for ever.
  if (!found.isFile()) return;
  const { before, after, allowance, within } = progress;
  allowance.bytes -= found.size;
  allowance.files -= 1;
  if (allowance.bytes < 0 || allowance.files < 0)
    throw new Error(`${from} and what comes before it is too much to copy`);
  const note = `${from} ${String(found.mtimeMs)} ${String(found.size)}`;
  after[to] = note;
  if (before[to] === note && (await stat(to).catch(nothingThere)) !== undefined) return;
  await replaceFile(to, await readFile(from), { mode: 0o600 | (found.mode & 0o100), within });
}

/** A link to nowhere, or a file that has just gone, is nothing to copy; what can't be looked at is. */
function nothingThere(error: unknown): undefined {
  if (['ENOENT', 'ENOTDIR'].includes(errorCode(error) ?? '')) return undefined;
  throw error;
}

/** Without readable notes everything is copied once more. */
async function readNotes(path: string): Promise<Notes> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as Notes;
  } catch {
    return {};
  }
}
