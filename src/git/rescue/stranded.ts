import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { adminOf, exists, findAdmin } from '../admin.ts';
import { takeDead } from './cleanup.ts';
import type { Freed, WorktreePool } from './cleanup.ts';
import { git } from '../git.ts';
import { noteLease } from '../worktree/lease.ts';
import type { Lease } from '../worktree/lease.ts';
import type { Refs } from '../refs.ts';
import { contentsOfRescues, keepCommit, keepWork, removeBranch } from './rescue.ts';
import type { Kept, Removal, RescueName } from './rescue.ts';
import type { Repository } from '../repository.ts';
import { makeSound } from '../worktree/slot.ts';
import type { Slot } from '../worktree/slot.ts';
import { openWorktrees } from '../worktree/worktree.ts';

/** An iteration, as the name of its branch tells of it: `oompa/<run>/<worker>-i<k>`. */
export type IterationName = Omit<RescueName, 'task'>;

/** Takes the name of an iteration's branch apart; undefined for any other branch. */
export function iterationOf(branch: string): IterationName | undefined {
  const [, run, worker, iteration] = /^oompa\/([^/]+)\/(.+)-i(\d+)$/.exec(branch) ?? [];
  if (run === undefined || worker === undefined) return undefined;
  return { run, worker, iteration: Number(iteration) };
}

/** Where work that was found is kept, and whose it is. */
export interface Keeping {
  readonly refs: Refs;
  /** The task of an iteration; undefined when no log tells. */
  taskOf(iteration: IterationName): Promise<string | undefined>;
  /** The commit as which the work of a branch has landed, where a log tells: a squash leaves no other trace. */
  landingOf(branch: string): Promise<string | undefined>;
}

/**
 * Keeps the work in a worktree that no living process has, and gives the worktree back to the pool; one that can't be put
 * right goes. Killed in the middle and done again, it ends in the same state: the same work is never kept twice.
 */
export async function keepStranded(pool: WorktreePool, name: string, keeping: Keeping): Promise<Freed> {
  const { repository } = pool;
  const taken = await takeDead(pool, name);
  if (taken === undefined) return { kind: 'in-use' };
  const { home, lease, slot } = taken;
  try {
    const empty = await wasNeverFilled(slot, repository);
    const kept = empty ? nothing : await keepIfWork(repository, { slot, lease, keeping });
    if (kept.kind === 'failed') throw new Error(kept.detail);
    // Nothing in it is only there any more: like a slot that was given back, it is on no branch and holds no work.
    const worktrees = openWorktrees(pool);
    const content = { base: repository.head, clean: 'tracked' } as const;
    const isSound = !empty && (await makeSound(slot)).kind !== 'gone';
    const cleared = isSound ? await worktrees.detach(slot, content) : undefined;
    if (cleared?.kind === 'started') await noteLease(home, { ...lease, branch: '', pid: 0 });
    else await worktrees.remove(slot);
    return kept.kind === 'kept' ? { kind: 'freed', rescued: kept.ref } : { kind: 'freed' };
  } catch (error) {
    // A disk that takes no lease either leaves this process's own, which ends with it.
    await noteLease(home, { ...lease, pid: 0 }).catch(() => undefined);
    return { kind: 'failed', detail: error instanceof Error ? error.message : String(error) };
  }
}

/** Removes an iteration's branch; what neither main nor a rescue ref has of it is kept on a rescue ref before. */
export async function keepBranch(
  repository: Repository,
  branch: string,
  keeping: Keeping,
): Promise<Removal & { readonly rescued?: string }> {
  const { refs } = keeping;
  const landedAs = await keeping.landingOf(branch);
  const first = await removeBranch(repository, { branch, refs, ...(landedAs === undefined ? {} : { landedAs }) });
  const tip = first.kind === 'removed' ? undefined : await tipOf(repository.root, branch);
  if (tip === undefined) return first;
  const kept = await keepCommit(tip, await nameOf(branch, branch.replaceAll('/', '-'), keeping), refs);
  if (kept.kind !== 'kept') return kept.kind === 'failed' ? { kind: 'refused', detail: kept.detail } : first;
  return { ...(await removeBranch(repository, { branch, refs })), rescued: kept.ref };
}

const nothing: Kept = { kind: 'nothing' };

async function keepIfWork(
  repository: Repository,
  { slot, lease, keeping }: { readonly slot: Slot; readonly lease: Lease; readonly keeping: Keeping },
): Promise<Kept> {
  // A slot that was detached on purpose holds nobody's work.
  if (lease.branch === '') return nothing;
  const name = await nameOf(lease.branch, slot.name, keeping);
  const earlier = await contentsOfRescues(repository.root);
  const kept = await keepWork(repository, { slot, base: repository.head, name, refs: keeping.refs });
  if (kept.kind !== 'kept' || earlier.has(kept.ref)) return kept;
  const content = (await contentsOfRescues(repository.root)).get(kept.ref);
  const [same] = [...earlier].find(([, each]) => each === content) ?? [];
  if (same === undefined) return kept;
  await keeping.refs.transaction([{ delete: kept.ref, from: kept.commit }]);
  return { ...kept, ref: same };
}

/** A worktree that was being made when its process died: without an index, "no file" does not mean that all were deleted. */
async function wasNeverFilled({ folder }: Slot, { commonDir }: Repository): Promise<boolean> {
  const names = await readdir(folder).catch(() => undefined);
  if (names?.every((each) => each === '.git') !== true) return false;
  const admin = (await adminOf(folder, commonDir)) ?? (await findAdmin(folder, commonDir));
  return admin === undefined || !(await exists(join(admin, 'index')));
}

async function nameOf(branch: string, otherwise: string, keeping: Keeping): Promise<RescueName> {
  const iteration = iterationOf(branch);
  if (iteration === undefined) return { task: 'found', run: 'unknown', worker: otherwise, iteration: 0 };
  return { ...iteration, task: (await keeping.taskOf(iteration)) ?? 'found' };
}

async function tipOf(root: string, branch: string): Promise<string | undefined> {
  const { code, stdout } = await git(root, ['rev-parse', '-q', '--verify', `refs/heads/${branch}`]);
  return code === 0 ? stdout.trim() : undefined;
}
