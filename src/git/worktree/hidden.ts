import { lstat } from 'node:fs/promises';
import { join } from 'node:path';
import { exists } from '../admin.ts';
import { git } from '../git.ts';
import type { GitOptions } from '../git.ts';
import { readIndex } from './index-file.ts';

/** An index, and the work tree that it is of. */
export interface IndexPlace {
  readonly index: string;
  readonly folder: string;
  /** The work tree's own admin folder; undefined when it is lost. */
  readonly admin: string | undefined;
  /** Bytes of an object id. */
  readonly oidBytes: number;
  /** For git commands; what makes them use that very index. */
  readonly env?: Readonly<Record<string, string>>;
}

/**
 * Has git look again at every file of an index. Entries that an agent has marked `assume-unchanged` or `skip-worktree` hide
 * their changes from `git add`, and `git switch -f` leaves the latter as they are for whoever works there next (git 2.39).
 * Files that a sparse checkout left out stay out. No process is started where nothing is hidden.
 */
export async function reveal(place: IndexPlace): Promise<void> {
  const { assumed, skipped } = await marksIn(place);
  if (assumed.length > 0) await unmark(place, '--no-assume-unchanged', assumed);
  if (skipped.length === 0) return;
  const isSparse = place.admin !== undefined && (await exists(join(place.admin, 'info', 'sparse-checkout')));
  const hidden = isSparse ? await presentOnes(place.folder, skipped) : skipped;
  if (hidden.length > 0) await unmark(place, '--no-skip-worktree', hidden);
}

/** The path of a name from git below a folder: bytes, one character each. */
export function pathOf(folder: string, name: string): Buffer {
  return Buffer.concat([Buffer.from(`${folder}/`), bytesOf(name)]);
}

/** A name from git as bytes. */
export function bytesOf(name: string): Buffer {
  return Buffer.from(name, 'latin1');
}

interface Marks {
  readonly assumed: readonly string[];
  readonly skipped: readonly string[];
}

async function marksIn(place: IndexPlace): Promise<Marks> {
  const reading = await readIndex(place.index, place.oidBytes);
  switch (reading.kind) {
    case 'read':
      return reading.entries;
    case 'missing':
      return { assumed: [], skipped: [] };
    case 'unknown':
      return marksByGit(place);
  }
}

/** `h` and `s` in small letters: assumed; `S`: skipped (git-ls-files, git 2.39). */
async function marksByGit(place: IndexPlace): Promise<Marks> {
  const chunks: Buffer[] = [];
  await git(place.folder, ['ls-files', '-v', '-z', '--', ':/'], {
    ...optionsOf(place),
    onStdout: (chunk) => chunks.push(chunk),
  });
  const lines = Buffer.concat(chunks).toString('latin1').split('\0');
  const of = (pattern: RegExp) => lines.filter((line) => pattern.test(line)).map((line) => line.slice(2));
  return { assumed: of(/^[a-z] /), skipped: of(/^[sS] /) };
}

async function unmark(place: IndexPlace, option: string, names: readonly string[]): Promise<void> {
  const stdin = Buffer.concat(names.flatMap((name) => [bytesOf(name), Buffer.from('\0')]));
  await git(place.folder, ['update-index', option, '-z', '--stdin'], { ...optionsOf(place), stdin });
}

function optionsOf({ env }: IndexPlace): GitOptions {
  return env === undefined ? {} : { env };
}

async function presentOnes(folder: string, names: readonly string[]): Promise<string[]> {
  const present: string[] = [];
  for (const name of names) {
    try {
      await lstat(pathOf(folder, name));
      present.push(name);
    } catch {
      // Left out by the sparse checkout.
    }
  }
  return present;
}
