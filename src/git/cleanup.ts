import { readdir, realpath, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { isAlive } from '../system/process-identity.ts';
import { branchToReturnTo, headOf, linkedWorktrees } from './admin.ts';
import { git } from './git.ts';
import { noteLease, readLeases, takeLease } from './lease.ts';
import type { Lease } from './lease.ts';
import type { Refs } from './refs.ts';
import { contentsOfRescues, keepWork } from './rescue.ts';
import type { Kept, Removal, Rescue } from './rescue.ts';
import type { Repository } from './repository.ts';
import { rememberSlot } from './slot.ts';
import type { Slot, WithLock } from './slot.ts';
import { openWorktrees } from './worktree.ts';

/** The pool of worktrees, seen from outside of any run. */
export interface WorktreePool {
  readonly repository: Repository;
  readonly folder: string;
  readonly withLock: WithLock;
}

/** One worktree of the pool. */
export interface PooledWorktree {
  readonly name: string;
  /** Whether a living process has it. */
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
  const folders = entries.filter((entry) => entry.isDirectory() && !isGitData(entry.name)).map(({ name }) => name);
  const known = (await linkedWorktrees(repository.commonDir)).filter(({ checkout }) => dirname(checkout) === home);
  const names = [...leases.map(({ name }) => name), ...folders, ...known.map(({ checkout }) => basename(checkout))];
  return [...new Set(names)].sort().map((name) => {
    const lease = leases.find((each) => each.name === name);
    const inUse = lease !== undefined && isAlive(lease.pid, lease.pidStart);
    const mayHoldWork = lease?.branch !== '';
    return { name, inUse, branch: mayHoldWork ? lease?.branch : undefined, mayHoldWork };
  });
}

/** What an agent had put in the place of a worktree's `.git`, and oompa has moved aside. */
function isGitData(name: string): boolean {
  return /\.git-found-\d+$/.test(name);
}

/** What freeing a worktree gave. After `failed` it is as it was; `detail` is one line. */
export type Freed =
  | { readonly kind: 'freed'; /** The ref that keeps what was in it. */ readonly rescued?: string }
  | { readonly kind: 'in-use' }
  | { readonly kind: 'failed'; readonly detail: string };

/** Deletes a worktree that no living process has. What is in it and nowhere else is kept on a rescue ref before. */
export async function freeWorktree(pool: WorktreePool, name: string, refs: Refs): Promise<Freed> {
  const { repository, withLock } = pool;
  const home = await realpath(pool.folder);
  const lease = await withLock(() => takeDead(home, name));
  if (lease === undefined) return { kind: 'in-use' };
  const slot = { name, number: lease.number, folder: join(home, name), isNew: false };
  rememberSlot({ slot, repository, withLock, lease, merging: undefined });
  // A slot that was detached on purpose holds nobody's work.
  const kept = lease.branch === '' ? nothing : await keepOnce(repository, { slot, lease, refs });
  if (kept.kind === 'failed') {
    await noteLease(home, { ...lease, pid: 0 });
    return kept;
  }
  await openWorktrees(pool).remove(slot);
  await rm(join(home, `${name}.setup.json`), { force: true });
  return kept.kind === 'kept' ? { kind: 'freed', rescued: kept.ref } : { kind: 'freed' };
}

const nothing: Kept = { kind: 'nothing' };

/** The lease of a slot that no living process has, now taken for this one; undefined when one has it. */
async function takeDead(home: string, name: string): Promise<Lease | undefined> {
  const before = (await readLeases(home)).find((each) => each.name === name);
  if (before !== undefined && isAlive(before.pid, before.pidStart)) return undefined;
  return takeLease(home, name);
}

/** Work that a run kept when it ended still lies in the slot: one ref for it is enough. */
async function keepOnce(
  repository: Repository,
  { slot, lease, refs }: { readonly slot: Slot; readonly lease: Lease; readonly refs: Refs },
): Promise<Kept> {
  const earlier = await contentsOfRescues(repository.root);
  const [, run = 'unknown', worker = slot.name, iteration = '0'] =
    /^oompa\/([^/]+)\/(.+)-i(\d+)$/.exec(lease.branch) ?? [];
  const name = { task: 'found', run, worker, iteration: Number(iteration) };
  const kept = await keepWork(repository, { slot, base: repository.head, name, refs });
  if (kept.kind !== 'kept' || earlier.has(kept.ref)) return kept;
  const content = (await contentsOfRescues(repository.root)).get(kept.ref);
  const [same] = [...earlier].find(([, each]) => each === content) ?? [];
  if (same === undefined) return kept;
  await refs.transaction([{ delete: kept.ref, from: kept.commit }]);
  return { ...kept, ref: same };
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

/** The rescue refs of which main has everything. */
export async function landedRescues(repository: Repository): Promise<Set<string>> {
  const { root, branch } = repository;
  const rescues = await git(root, [
    'for-each-ref',
    '--format=%(refname)',
    `--merged=refs/heads/${branch}`,
    'refs/oompa/rescue/',
  ]);
  return new Set(rescues.stdout.split('\n').filter((ref) => ref !== ''));
}

/** Removes a rescue ref of which main has everything; with `unlanded` also one whose work is then lost: the user has said so. */
export async function removeRescue(
  repository: Repository,
  { ref, commit }: Rescue,
  { refs, unlanded }: { readonly refs: Refs; readonly unlanded: boolean },
): Promise<Removal> {
  if (!unlanded && !(await landedRescues(repository)).has(ref)) {
    return { kind: 'refused', detail: `main lacks what ${ref} keeps` };
  }
  const result = await refs.transaction([{ delete: ref, from: commit }]);
  return result.kind === 'done' ? { kind: 'removed' } : result;
}
