import { constants, copyFile, link, lstat, mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { bytesOf, pathOf } from '../worktree/hidden.ts';

/** A file that a rescue commit does not hold: git could not read it, or it is too large for a repository. */
export interface KeptFile {
  /** Relative to the work tree; bytes, one character each. */
  readonly name: string;
  readonly bytes: number;
  readonly modified: Date;
}

/** Files of more than this many bytes are kept beside git and not in it: hashing them takes minutes, and doubles them on the disk. */
export const largestInGit = 100 * 1024 * 1024;

/** Where the files lie that belong to a rescue commit. */
export function keptFolder(root: string, commit: string): string {
  return join(root, '.oompa', 'kept', commit);
}

/**
 * Keeps files of `folder` beside git, by a second name for the same content: it takes no time and no space, and stays when the
 * work tree is emptied. Copies where the disk has no such names. Gives one line when that failed.
 */
export async function keepFiles(
  root: string,
  { commit, folder, files }: { readonly commit: string; readonly folder: string; readonly files: readonly KeptFile[] },
): Promise<string | undefined> {
  const home = keptFolder(root, commit);
  for (const { name } of files) {
    try {
      await mkdir(pathOf(home, name.slice(0, Math.max(0, name.lastIndexOf('/')))), { recursive: true });
      await secondName(pathOf(folder, name), pathOf(home, name));
    } catch (error) {
      return `${shownName(name)}: ${error instanceof Error ? error.message : String(error)}`;
    }
  }
  return undefined;
}

/** Deletes what was kept beside a rescue commit. */
export async function removeKeptFiles(root: string, commit: string): Promise<void> {
  await rm(keptFolder(root, commit), { recursive: true, force: true });
}

/** The commits that files are kept for. */
export async function keptCommits(root: string): Promise<string[]> {
  const names = await readdir(join(root, '.oompa', 'kept')).catch(() => []);
  return names.filter((name) => /^[0-9a-f]{40,64}$/.test(name)).sort();
}

/** What is kept beside a rescue commit, by name. */
export async function keptFilesOf(root: string, commit: string): Promise<{ name: string; bytes: number }[]> {
  const home = keptFolder(root, commit);
  const found: { name: string; bytes: number }[] = [];
  const look = async (below: string): Promise<void> => {
    const entries = await readdir(join(home, below), { withFileTypes: true }).catch(() => []);
    for (const entry of entries) {
      const name = join(below, entry.name);
      if (entry.isDirectory()) await look(name);
      else found.push({ name, bytes: (await lstat(join(home, name)).catch(() => undefined))?.size ?? 0 });
    }
  };
  await look('');
  return found.sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** The part of the rescue commit's message that names them; two messages are the same when the files are. */
export function keptFilesText(files: readonly KeptFile[]): string {
  if (files.length === 0) return '';
  const lines = files.slice(0, mostNamed).map(({ name, bytes, modified }) => {
    return `${keptFileTrailer}: ${shownName(name)} (${String(bytes)} bytes, ${modified.toISOString()})`;
  });
  const rest = files.length - lines.length;
  const more = rest > 0 ? [`${keptFileTrailer}: ${String(rest)} more`] : [];
  const why = 'These are not in the commit: too large for git, or git could not read them. They lie in\n';
  return `\n\n${why}.oompa/kept, in a folder that is named after this commit.\n\n${[...lines, ...more].join('\n')}`;
}

/** The trailer that names a file which is kept beside a commit. */
export const keptFileTrailer = 'Oompa-Kept-File';

const mostNamed = 50;

async function secondName(from: Buffer, to: Buffer): Promise<void> {
  try {
    await link(from, to);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'EEXIST') return;
    if (code !== 'EXDEV' && code !== 'EPERM' && code !== 'EMLINK' && code !== 'ENOTSUP') throw error;
    await copyFile(from, to, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE);
  }
}

/** A name as text; what would begin another line is shown as a blank. */
function shownName(name: string): string {
  return bytesOf(name).toString('utf8').replace(/\s/g, ' ');
}
