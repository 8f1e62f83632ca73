import { join } from 'node:path';
import { readReflog } from '../reflog.ts';

/** One entry of the stash, which all worktrees of a repository share. */
export interface StashEntry {
  readonly commit: string;
  /** `WIP on main: 1a2b3c4 Fix it`, `On main: half done`. */
  readonly message: string;
}

/** All entries of the stash, oldest first. One file is read, no process is started. */
export async function readStash(commonDir: string): Promise<readonly StashEntry[]> {
  const log = await readReflog(join(commonDir, 'logs', 'refs', 'stash'));
  return (log ?? []).map(({ to, what }) => ({ commit: to, message: what }));
}

/** Whether the entry was stashed on that branch (git 2.39 begins its message so). */
export function isStashedOn({ message }: StashEntry, branch: string): boolean {
  return message.startsWith(`WIP on ${branch}: `) || message.startsWith(`On ${branch}: `);
}

/** The commits that were stashed on the branch: an agent's work, which is neither in its worktree nor on its branch. */
export async function stashedOn(commonDir: string, branch: string): Promise<string[]> {
  if (branch === '') return [];
  return (await readStash(commonDir)).filter((entry) => isStashedOn(entry, branch)).map(({ commit }) => commit);
}
