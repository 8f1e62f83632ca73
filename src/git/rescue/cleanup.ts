import { readdir, realpath, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { branchToReturnTo, headOf, linkedWorktrees } from '../admin.ts';
import { noteFreed } from './freed.ts';
import { git } from '../git.ts';
import { keptCommits, removeKeptFiles } from './kept-files.ts';
import { isHeld, noteLease, readLeases, takeLease } from '../worktree/lease.ts';
import type { Lease } from '../worktree/lease.ts';
import type { Refs } from '../refs.ts';
import { keepWork } from './rescue.ts';
import type { Kept, Removal } from './rescue.ts';
import { landedRescues, listRescues } from './rescues.ts';
import type { Rescue } from './rescues.ts';
import type { Repository } from '../repository.ts';
import { rememberSlot } from '../worktree/slot.ts';
import type { Slot, WithLock } from '../worktree/slot.ts';
import { openWorktrees } from '../worktree/worktree.ts';

/** The pool of worktrees, seen from outside of any run. */
export interface WorktreePool {
  readonly repository: Repository;
  readonly folder: string;
  readonly withLock: WithLock;
}

/** One worktree of the pool. */
export interface PooledWorktree {
  readonly name: string;
  /** Whether a living process has it, or may have it, on another machine. */
  readonly inUse: boolean;
  /** The branch that its last iteration was on; undefined when HEAD was detached on purpose, or nobody knows. */
  readonly branch: string | undefined;
  /** False when HEAD was detached on purpose (planner, verify): what lies there is nobody's work. */
  readonly mayHoldWork: boolean;
}

/** All worktrees of the pool by name: those with a lease, those that are only a folder, and those that only git still knows. */
export async function pooledWorktrees({ repository, folder }: WorktreePool): Promise<PooledWorktree[]> {
  const home = await realpath(folder).catch(() => folder);
  const leases = await readLeases(home);
  const entries = await readdir(home, { withFileTypes: true }).catch(() => []);
  const folders = entries.filter((entry) => entry.isDirectory() && !isAside(entry.name)).map(({ name }) => name);
  const known = (await linkedWorktrees(repository.commonDir)).filter(({ checkout }) => dirname(checkout) === home);
  const names = [...leases.map(({ name }) => name), ...folders, ...known.map(({ checkout }) => basename(checkout))];
  return [...new Set(names)].sort().map((name) => {
    const lease = leases.find((each) => each.name === name);
    const inUse = lease !== undefined && isHeld(lease);
    const mayHoldWork = lease?.branch !== '';
    return { name, inUse, branch: mayHoldWork ? lease?.branch : undefined, mayHoldWork };
  });
}

/** Git data of an agent's that oompa has moved aside, and folders that could not be emptied. */
function isAside(name: string): boolean {
  return /\.(git-found|stuck)-\d+$/.test(name);
}

/** What freeing a worktree gave. After `failed` it is as it was; `detail` is one line. */
export type Freed =
  | { readonly kind: 'freed'; /** The ref that keeps what was in it. */ readonly rescued?: string }
  | { readonly kind: 'in-use' }
  | { readonly kind: 'failed'; readonly detail: string };

/** Deletes a worktree that no living process has. What is in it and nowhere else is kept on a rescue ref before. */
export async function freeWorktree(pool: WorktreePool, name: string, refs: Refs): Promise<Freed> {
  const { repository } = pool;
  const taken = await takeDead(pool, name);
  if (taken === undefined) return { kind: 'in-use' };
  const { home, lease, slot } = taken;
  // A slot that was detached on purpose holds nobody's work.
  const kept = lease.branch === '' ? nothing : await keepIn(repository, { slot, lease, refs });
  if (kept.kind === 'failed') {
    await noteLease(home, { ...lease, pid: 0 });
    return kept;
  }
  await openWorktrees(pool).remove(slot);
  await rm(join(home, `${name}.setup.json`), { force: true });
  return kept.kind === 'kept' ? { kind: 'freed', rescued: kept.ref } : { kind: 'freed' };
}

const nothing: Kept = { kind: 'nothing' };

/** A slot that no living process had; this one has its lease now. */
interface TakenSlot {
  /** Absolute path of the pool's folder. */
  readonly home: string;
  readonly lease: Lease;
  readonly slot: Slot;
}

/** Takes the slot of that name; undefined when a living process has it. */
export async function takeDead(pool: WorktreePool, name: string): Promise<TakenSlot | undefined> {
  const { repository, withLock } = pool;
  const home = await realpath(pool.folder);
  const lease = await withLock(async () => {
    const before = (await readLeases(home)).find((each) => each.name === name);
    return before !== undefined && isHeld(before) ? undefined : takeLease(home, name);
  });
  if (lease === undefined) return undefined;
  const slot = { name, number: lease.number, folder: join(home, name), isNew: false };
  rememberSlot({ slot, repository, withLock, lease, merging: undefined });
  return { home, lease, slot };
}

/** On a ref that is named after the iteration, unless some ref keeps the same already. */
function keepIn(
  repository: Repository,
  { slot, lease, refs }: { readonly slot: Slot; readonly lease: Lease; readonly refs: Refs },
): Promise<Kept> {
  const [, run = 'unknown', worker = slot.name, iteration = '0'] =
    /^oompa\/([^/]+)\/(.+)-i(\d+)$/.exec(lease.branch) ?? [];
  const name = { task: 'found', run, worker, iteration: Number(iteration) };
  return keepWork(repository, { slot, base: repository.head, name, refs });
}

/** The branches of all iterations, by name. */
export async function iterationBranches(root: string): Promise<string[]> {
  const { stdout } = await git(root, ['for-each-ref', '--format=%(refname:lstrip=2)', 'refs/heads/oompa/']);
  return stdout.split('\n').filter((name) => name !== '');
}

/** The branches that some work tree is on, or will come back to: whoever deletes one of these breaks that work tree. */
export async function checkedOutBranches({ commonDir, mainCheckout }: Repository): Promise<Set<string>> {
  const linked = (await linkedWorktrees(commonDir)).map(({ admin }) => admin);
  const admins = mainCheckout === undefined ? linked : [commonDir, ...linked];
  const found = admins.map(async (admin) => {
    const head = await headOf(admin);
    return [head.kind === 'branch' ? head.branch : undefined, await branchToReturnTo(admin)];
  });
  return new Set((await Promise.all(found)).flat().filter((branch) => branch !== undefined));
}

/**
 * Removes a rescue ref of which main has everything, and the files that were kept beside it; with `givenUp` (why, in one line)
 * also one whose work is then lost: the user has said so, and it is written down for audits.
 */
export async function removeRescue(
  repository: Repository,
  { ref, commit }: Rescue,
  { refs, givenUp, now }: { readonly refs: Refs; readonly givenUp: string | undefined; readonly now: Date },
): Promise<Removal> {
  const { root } = repository;
  if (givenUp === undefined) {
    const hasAll = (await landedRescues(repository)).has(ref) && !(await keptCommits(root)).includes(commit);
    if (!hasAll) return { kind: 'refused', detail: `main lacks what ${ref} keeps` };
  } else {
    const problem = noteFreed(root, { ref, commit, why: givenUp, at: now.toISOString() });
    if (problem !== undefined) return { kind: 'refused', detail: problem };
  }
  const result = await refs.transaction([{ delete: ref, from: commit }]);
  if (result.kind !== 'done') return result;
  const others = await listRescues(root);
  if (!others.some((other) => other.commit === commit)) await removeKeptFiles(root, commit);
  return { kind: 'removed' };
}
