import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { adminOf, exists, findAdmin } from '../admin.ts';
import { firstError, git } from '../git.ts';
import { reveal } from './hidden.ts';
import type { Lease } from './lease.ts';
import type { Repository } from '../repository.ts';

/** Runs `work` while no other process adds or removes worktrees of the workspace. */
export type WithLock = <T>(work: () => Promise<T>) => Promise<T>;

/** A worktree of the pool, leased by this process. */
export interface Slot {
  readonly name: string;
  /** Absolute path of the worktree. */
  readonly folder: string;
  /** Unique among all slots in use in the workspace; from 1. */
  readonly number: number;
  /** True until the slot is leased the next time: its folder was made anew, so nothing of an earlier iteration is in it. */
  readonly isNew: boolean;
}

/** What `git/` knows of a slot besides: the pool it belongs to, and what was begun in it. */
export interface SlotState {
  readonly slot: Slot & { isNew: boolean };
  readonly repository: Repository;
  readonly withLock: WithLock;
  lease: Lease;
  /** Main as `mergeMain` merged it, and the paths that were in conflict. */
  merging: { readonly oid: string; readonly paths: readonly string[] } | undefined;
}

/** Notes what belongs to a slot. */
export function rememberSlot(state: SlotState): void {
  states.set(state.slot, state);
}

/** What belongs to a slot; a slot that no pool has leased is a bug. */
export function stateOf(slot: Slot): SlotState {
  const state = states.get(slot);
  if (state === undefined) throw new Error(`internal error: the slot ${slot.name} was not leased`);
  return state;
}

const states = new WeakMap<Slot, SlotState>();

/** What became of a worktree that an agent may have damaged. */
export type Soundness =
  | { readonly kind: 'sound'; readonly admin: string }
  /** Its files are there, but git's part was missing and has been made anew. */
  | { readonly kind: 'repaired'; readonly admin: string }
  | { readonly kind: 'gone'; readonly detail: string };

/**
 * Makes sure that commands in the slot's folder reach the slot's own index and HEAD, and no file in it is touched. An agent
 * may have deleted `.git`, pointed it elsewhere, made a repository of its own there, or had git prune the worktree.
 */
export async function makeSound(slot: Slot): Promise<Soundness> {
  const state = stateOf(slot);
  const { commonDir } = state.repository;
  if (!(await exists(slot.folder))) return { kind: 'gone', detail: 'the worktree was deleted' };
  const admin = await adminOf(slot.folder, commonDir);
  if (admin !== undefined) return { kind: 'sound', admin };
  await moveAside(join(slot.folder, '.git'), `${slot.folder}.git-found`);
  const claiming = await findAdmin(slot.folder, commonDir);
  if (claiming !== undefined) {
    await writeFile(join(slot.folder, '.git'), `gitdir: ${claiming}\n`);
    return { kind: 'repaired', admin: claiming };
  }
  return state.withLock(() => remake(state));
}

/** Has git look again at every file of the slot, whatever an agent has told it to pass over. */
export function revealIn(slot: Slot, admin: string): Promise<void> {
  const oidBytes = stateOf(slot).repository.head.length / 2;
  return reveal({ index: join(admin, 'index'), folder: slot.folder, admin, oidBytes });
}

/** git makes the missing part for an empty folder; it is then moved to where the files are. */
async function remake({ slot, repository, lease }: SlotState): Promise<Soundness> {
  const spare = await mkdtemp(`${slot.folder}.remade-`);
  try {
    const head = lease.branch === '' ? ['--detach', repository.head] : [lease.branch];
    const added = await git(repository.root, [
      'worktree',
      'add',
      '-q',
      '-f',
      '--no-checkout',
      ...lockOptions,
      spare,
      ...head,
    ]);
    if (added.code !== 0) return { kind: 'gone', detail: `git's part of the worktree is lost: ${firstError(added)}` };
    const admin = await adminOf(spare, repository.commonDir);
    if (admin === undefined) return { kind: 'gone', detail: "git's part of the worktree is lost" };
    await writeFile(join(admin, 'gitdir'), `${join(slot.folder, '.git')}\n`);
    await rename(join(spare, '.git'), join(slot.folder, '.git'));
    const index = await git(slot.folder, ['read-tree', 'HEAD']);
    if (index.code !== 0) return { kind: 'gone', detail: firstError(index) };
    return { kind: 'repaired', admin };
  } finally {
    await rm(spare, { recursive: true, force: true });
  }
}

/** Locked worktrees survive `git worktree prune`, which agents do run (git 2.39). */
export const lockOptions: readonly string[] = ['--lock', '--reason', 'oompa works here'];

/** Keeps what is in the way under another name. */
export async function moveAside(path: string, wish: string): Promise<void> {
  if (!(await exists(path))) return;
  for (let n = 1; ; n += 1) {
    const target = `${wish}-${n}`;
    if (await exists(target)) continue;
    await rename(path, target);
    return;
  }
}
