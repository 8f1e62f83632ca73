import { lstatSync, readdirSync, type Dirent } from 'node:fs';
import { join } from 'node:path';
import { setImmediate as letOthersRun } from 'node:timers/promises';

/**
 * Milliseconds since anything in a folder was last made, written, renamed or removed; Infinity when the folder can't be read.
 * Links are not followed, `.git` is not entered, and of a very large folder only the upper levels are seen. Of `node_modules` the
 * packages are looked at, not what is in them: that is where an installer, which may print nothing for minutes, is at work.
 *
 * It looks where it could have watched: 50,000 files take 0.2 s, and only when somebody asks. A recursive `fs.watch` of them
 * held the event loop for 0.7 s and took one of the user's inotify watches for each file (Node 20 on Linux).
 */
export async function sinceLastChange(folder: string): Promise<number> {
  const now = Date.now();
  let newest = changedAt(folder);
  let seen = 0;
  const folders = [{ path: folder, isOfPackages: false }];
  // The list grows as folders are found, so that the upper levels come first.
  for (const { path: parent, isOfPackages } of folders) {
    for (const entry of entriesOf(parent)) {
      if (++seen > mostEntries) return since(newest, now);
      // Not one trip through the thread pool for each file, which takes three times as long; so the others get their turn here.
      if (seen % entriesAtOnce === 0) await letOthersRun();
      const { name } = entry;
      const path = join(parent, name);
      newest = Math.max(newest, changedAt(path));
      if (!entry.isDirectory() || name === '.git' || (isOfPackages && !holdsPackages(name))) continue;
      folders.push({ path, isOfPackages: isOfPackages || name === 'node_modules' });
    }
  }
  return since(newest, now);
}

/** `@types`; `.pnpm`, where pnpm has them all. */
function holdsPackages(name: string): boolean {
  return name.startsWith('@') || name === '.pnpm';
}

const mostEntries = 100_000;
/** About a millisecond's worth. */
const entriesAtOnce = 250;

function entriesOf(folder: string): readonly Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch {
    return [];
  }
}

/** The time of the last change of its content, name or rights: what is unpacked keeps an older time of modification. */
function changedAt(path: string): number {
  try {
    return lstatSync(path, { throwIfNoEntry: false })?.ctimeMs ?? -Infinity;
  } catch {
    return -Infinity;
  }
}

/** What changed while it was looked at has changed now. */
function since(newest: number, now: number): number {
  return Math.max(0, now - newest);
}
