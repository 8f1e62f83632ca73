import { lstat, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { exists } from '../admin.ts';
import { pooledWorktrees } from './cleanup.ts';
import type { WorktreePool } from './cleanup.ts';
import { keptCommits, keptFolder, removeKeptFiles } from './kept-files.ts';
import { openUp } from '../worktree/open-up.ts';
import { listRescues } from './rescues.ts';

/** Something that may hold work and is no rescue ref. */
export interface Aside {
  /**
   * `git-data`: what an agent had put in the place of a worktree's `.git`; `stuck`: a worktree that could not be emptied, its
   * work kept before · `worktree`: one whose run has died, with what it was doing · `kept-files`: of a rescue ref that is gone.
   */
  readonly kind: 'git-data' | 'stuck' | 'worktree' | 'kept-files';
  readonly name: string;
  /** Absolute. */
  readonly path: string;
  /** A git pointer file holds nothing. */
  readonly isEmpty: boolean;
  readonly modified: Date;
}

/** What lies in `.oompa` beside the rescue refs, by name. Starts one git process, and changes nothing. */
export async function listAside(pool: WorktreePool): Promise<Aside[]> {
  const { folder, repository } = pool;
  const entries = await readdir(folder).catch(() => []);
  const moved = entries.flatMap((name) => {
    const kind = /\.git-found-\d+$/.test(name) ? 'git-data' : /\.stuck-\d+$/.test(name) ? 'stuck' : undefined;
    return kind === undefined ? [] : [{ kind, name, path: join(folder, name) } as const];
  });
  const left = (await pooledWorktrees(pool)).filter(({ inUse, mayHoldWork }) => !inUse && mayHoldWork);
  const worktrees = left.map(({ name }) => ({ kind: 'worktree', name, path: join(folder, name) }) as const);
  const refs = new Set((await listRescues(repository.root)).map(({ commit }) => commit));
  const files = (await keptCommits(repository.root)).filter((commit) => !refs.has(commit));
  const kept = files.map((name) => ({ kind: 'kept-files', name, path: keptFolder(repository.root, name) }) as const);
  const found = await Promise.all([...moved, ...worktrees, ...kept].map(withFacts));
  return found.flat().sort((a, b) => (a.name < b.name ? -1 : 1));
}

async function withFacts(each: Pick<Aside, 'kind' | 'name' | 'path'>): Promise<Aside[]> {
  const found = await lstat(each.path).catch(() => undefined);
  return found === undefined
    ? []
    : [{ ...each, isEmpty: each.kind === 'git-data' && found.isFile(), modified: found.mtime }];
}

/** Deletes it, whatever rights are missing; one line when it is still there. Worktrees go by `freeWorktree`. */
export async function removeAside(pool: WorktreePool, aside: Aside): Promise<string | undefined> {
  try {
    if (aside.kind === 'kept-files') await removeKeptFiles(pool.repository.root, aside.name);
    else if (aside.kind !== 'worktree') {
      await openUp(aside.path);
      await rm(aside.path, { recursive: true, force: true, maxRetries: 3 });
    }
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
  return (await exists(aside.path)) ? 'it is still there' : undefined;
}
