import { firstError, git } from '../git.ts';
import type { ObjectReader } from '../object-reader.ts';
import type { Repository } from '../repository.ts';

/** The landings in main's first-parent history, by what their trailers say. */
export interface Landings {
  /** The newest landing of the task; with `claim`, only one of that claim's number. `unknown`: main can't be read, and why. */
  commitOf(task: string, claim?: number): Promise<string | undefined | { readonly unknown: string }>;
}

/**
 * Looks for landings of many tasks in one process: the history is read when somebody asks, and again only when main has moved
 * since. Asking for nothing costs nothing.
 */
export function openLandings(repository: Repository, objects: ObjectReader): Landings {
  let read: { readonly tip: string | undefined; readonly found: Promise<LandingMap> } | undefined;
  return {
    async commitOf(task, claim) {
      const tip = await objects.resolve(`refs/heads/${repository.branch}`);
      if (read === undefined || read.tip !== tip) read = { tip, found: landingsUpTo(repository.root, tip) };
      const found = await read.found;
      if (!('unknown' in found)) return found.get(keyOf(task, claim));
      read = undefined;
      return found;
    },
  };
}

/** By task, and by task and claim. A history that can't be read must not pass for one without landings. */
type LandingMap = ReadonlyMap<string, string> | { readonly unknown: string };

async function landingsUpTo(root: string, tip: string | undefined): Promise<LandingMap> {
  if (tip === undefined) return { unknown: 'the branch that work lands on is gone' };
  const found = new Map<string, string>();
  const trailer = (key: string) => `%(trailers:key=${key},valueonly,separator=%x20)`;
  const format = `--format=%H %x00${trailer('Oompa-Task')}%x00${trailer('Oompa-Claim')}`;
  const search = ['--first-parent', '--no-commit-header', '--grep=^Oompa-Task: ', format];
  const listed = await git(root, ['rev-list', ...search, tip]);
  if (listed.code !== 0) return { unknown: firstError(listed) };
  for (const line of listed.stdout.split('\n')) {
    const [commit = '', task = '', claim = ''] = line.split('\0').map((part) => part.trim());
    if (task === '') continue;
    // Newest first.
    for (const key of [keyOf(task), keyOf(task, Number(claim))]) if (!found.has(key)) found.set(key, commit);
  }
  return found;
}

function keyOf(task: string, claim?: number): string {
  return claim === undefined ? task : `${task} ${claim}`;
}
