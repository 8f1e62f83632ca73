import { readdir, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import type { Found } from '../../core/reconcile.ts';
import { adminOf, headOf } from '../../git/admin.ts';
import { pooledWorktrees } from '../../git/rescue/cleanup.ts';
import { readLeases } from '../../git/worktree/lease.ts';
import type { ReconcileParts } from './parts.ts';
import { poolOf } from './parts.ts';

type FoundWorktree = Extract<Found, { kind: 'worktree' | 'aside' }>;

/** The worktrees of the pool, those that only git still knows, and what was put aside beside them. Starts no process. */
export async function findWorktrees(parts: ReconcileParts): Promise<FoundWorktree[]> {
  const pool = poolOf(parts);
  const home = await realpath(pool.folder).catch(() => pool.folder);
  const leases = await readLeases(home);
  const given = new Set(leases.filter(({ pid }) => pid === 0).map(({ name }) => name));
  const known = new Set(leases.map(({ name }) => name));
  const worktrees = (await pooledWorktrees(pool)).filter(({ name }) => !stuckPattern.test(name));
  const found = worktrees.map(async ({ name, inUse, mayHoldWork }): Promise<FoundWorktree> => {
    const holder = inUse ? 'live' : given.has(name) ? 'pool' : known.has(name) ? 'gone' : 'unknown';
    const admin = await adminOf(join(home, name), parts.repository.commonDir);
    const head = admin === undefined ? undefined : await headOf(admin);
    const on = head?.kind === 'branch' ? { branch: head.branch } : {};
    return { kind: 'worktree', name, holder, mayHoldWork, whole: admin !== undefined, ...on };
  });
  return [...(await Promise.all(found)), ...(await findAside(home))];
}

/** What an agent had put in the place of `.git`, and folders that could not be emptied. */
async function findAside(home: string): Promise<FoundWorktree[]> {
  const names = await readdir(home).catch(() => []);
  return names.sort().flatMap((name): FoundWorktree[] => {
    if (gitDataPattern.test(name)) return [{ kind: 'aside', name, what: 'git-data' }];
    return stuckPattern.test(name) ? [{ kind: 'aside', name, what: 'stuck' }] : [];
  });
}

const gitDataPattern = /\.git-found-\d+$/;
const stuckPattern = /\.stuck-\d+$/;
