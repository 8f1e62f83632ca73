import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { serverFolder } from '../../engine/run-server.ts';
import { pooledWorktrees } from '../../git/rescue/cleanup.ts';
import { scratchOwner } from '../../git/rescue/scratch.ts';
import type { CleanupItem } from '../../ui/cleanup.ts';
import { counted } from '../../ui/text.ts';
import type { CleanupContext } from './context.ts';

/** Removes the temporary folders of worktrees that nobody works in. */
export async function cleanTemporary(context: CleanupContext, live: ReadonlySet<string>): Promise<CleanupItem[]> {
  return cleanSlots(context, live, { folder: 'tmp', kind: 'temporary', why: 'what agents left in their TMPDIR' });
}

/** Removes what agent CLIs keep for each worker: a session that a task would go on in is gone then, and it begins in a new one. */
export async function cleanState(context: CleanupContext, live: ReadonlySet<string>): Promise<CleanupItem[]> {
  return cleanSlots(context, live, { folder: 'state', kind: 'state', why: 'sessions and copied logins of its agents' });
}

/** Under the pool's lock: nobody begins to work in a slot meanwhile. What belongs to no slot is in use while any run is live. */
async function cleanSlots(
  { own, pool, dryRun }: CleanupContext,
  live: ReadonlySet<string>,
  { folder: part, kind, why }: { readonly folder: string; readonly kind: 'temporary' | 'state'; readonly why: string },
): Promise<CleanupItem[]> {
  const folder = join(own, part);
  if ((await namesIn(folder)).length === 0) return [];
  return pool.withLock(async () => {
    const pooled = await pooledWorktrees(pool);
    const isUsed = (name: string) =>
      pooled.find((each) => each.name === name)?.inUse ?? (name === serverFolder && live.size > 0);
    const items = (await namesIn(folder)).map((name): CleanupItem => {
      const owner = scratchOwner(name);
      if (owner === 'alive') return { kind, name, action: 'kept', why: 'work is being kept with it' };
      if (owner === 'gone') return { kind, name, action: 'freed', why: 'its process was killed' };
      if (isUsed(name)) return { kind, name, action: 'kept', why: 'a live run works with it' };
      return { kind, name, action: 'freed', why };
    });
    const free = items.filter(({ action }) => action === 'freed');
    if (!dryRun) await Promise.all(free.map(({ name }) => remove(join(folder, name))));
    return items;
  });
}

/** Forgets which trees were green, unless a run is live: all that it costs is to test one again. The folders stay: a run may be about to write there. */
export async function cleanVerified(
  { own, dryRun }: CleanupContext,
  live: ReadonlySet<string>,
): Promise<CleanupItem[]> {
  const folder = join(own, 'verified');
  const items: CleanupItem[] = [];
  for (const digest of await namesIn(folder)) {
    const trees = await namesIn(join(folder, digest));
    if (trees.length === 0) continue;
    const name = counted(trees.length, 'tree');
    if (live.size > 0) {
      items.push({ kind: 'verified', name, action: 'kept', why: 'a live run may land one of them' });
      continue;
    }
    if (!dryRun) await Promise.all(trees.map((tree) => remove(join(folder, digest, tree))));
    items.push({ kind: 'verified', name, action: 'freed', why: 'a tree that comes again is tested again' });
  }
  return items;
}

async function namesIn(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch(() => []);
  return names.sort();
}

async function remove(path: string): Promise<void> {
  await rm(path, { recursive: true, force: true, maxRetries: 3 });
}
