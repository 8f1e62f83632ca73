import { readFile, readdir } from 'node:fs/promises';
import { join, parse } from 'node:path';
import { firstError, git } from '../../git/git.ts';
import type { Repository } from '../../git/repository.ts';
import { errorCode } from '../../system/files.ts';

/** Which runs something still points to. */
export type NeededRuns =
  | {
      readonly kind: 'known';
      /** What points to a run, in words, by its id. */
      readonly by: ReadonlyMap<string, string>;
    }
  | { readonly kind: 'unknown'; readonly why: string };

/**
 * The runs that somebody may go on from: those that tasks not at their end name, that have work which main lacks, or whose
 * branches, worktrees or processes nobody has put right yet.
 */
export async function neededRuns(repository: Repository): Promise<NeededRuns> {
  const { root, branch } = repository;
  const by = new Map<string, string>();
  const note = (text: string, words: string) => {
    for (const [run] of text.matchAll(/\d{8}T\d{6}-[a-z0-9]{4}/g)) if (!by.has(run)) by.set(run, words);
  };
  try {
    await noteTasks(root, note);
    for (const { name, text } of await textsIn(join(root, '.oompa', 'worktrees'), '.lease.json')) {
      note(text, `its work may be in the worktree ${name.replace('.lease.json', '')}`);
    }
    // The names of these notes begin with the run.
    for (const name of await namesIn(join(root, '.oompa', 'processes'))) {
      note(name, 'a process of it was not seen to end');
    }
  } catch (error) {
    return { kind: 'unknown', why: error instanceof Error ? error.message : String(error) };
  }
  // After the worktrees, and branches before rescue refs: what a run that starts meanwhile puts right is on a ref before it leaves its place.
  const refs = ['for-each-ref', '--format=%(refname)'];
  const branches = await git(root, [...refs, 'refs/heads/oompa/']);
  const rescues = await git(root, [...refs, `--no-merged=refs/heads/${branch}`, 'refs/oompa/rescue/']);
  const failed = [branches, rescues].find(({ code }) => code !== 0);
  if (failed !== undefined) return { kind: 'unknown', why: firstError(failed) };
  for (const ref of linesOf(rescues.stdout)) note(ref, `its work is kept on ${ref}, and not on ${branch}`);
  for (const ref of linesOf(branches.stdout)) note(ref, `its branch ${ref.replace('refs/heads/', '')} is there`);
  return { kind: 'known', by };
}

/**
 * Every task that is not at its end, unreadable ones too, and who has claimed those that are being worked on. In this order,
 * because tasks move meanwhile: one that goes back, is answered or claimed is seen at least once.
 */
async function noteTasks(root: string, note: (text: string, words: string) => void): Promise<void> {
  for (const state of ['current', 'blocked', 'pending', 'current']) {
    for (const { name, text } of await textsIn(join(root, 'tasks', state))) {
      const words = `tasks/${state}/${name} goes on from it`;
      note(text, words);
      if (state === 'current') note(await textOf(join(root, '.oompa', 'claims', `${parse(name).name}.json`)), words);
    }
  }
}

async function textsIn(folder: string, ending = ''): Promise<{ name: string; text: string }[]> {
  const names = (await namesIn(folder)).filter((name) => name.endsWith(ending) && !name.startsWith('.'));
  return Promise.all(names.map(async (name) => ({ name, text: await textOf(join(folder, name)) })));
}

async function namesIn(folder: string): Promise<string[]> {
  return orIfMissing(readdir(folder), []);
}

/** Tasks move while they are read, and anything may lie among them. */
async function textOf(path: string): Promise<string> {
  return orIfMissing(readFile(path, 'utf8'), '', 'EISDIR');
}

async function orIfMissing<T>(reading: Promise<T>, otherwise: T, also?: string): Promise<T> {
  try {
    return await reading;
  } catch (error) {
    const code = errorCode(error);
    if (code === 'ENOENT' || (code !== undefined && code === also)) return otherwise;
    throw error;
  }
}

function linesOf(text: string): string[] {
  return text.split('\n').filter((line) => line !== '');
}
