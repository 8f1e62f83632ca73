import { mkdir, realpath, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { adminOf, exists, findAdmin, headOf, operationIn, removeStaleLocks } from '../admin.ts';
import { firstError, git } from '../git.ts';
import type { GitResult } from '../git.ts';
import { dropLease, noteLease, takeLease } from './lease.ts';
import type { Lease } from './lease.ts';
import { openUp } from './open-up.ts';
import { keepFound } from '../rescue/rescue.ts';
import type { Kept } from '../rescue/rescue.ts';
import type { Repository } from '../repository.ts';
import { lockOptions, makeSound, moveAside, rememberSlot, revealIn, stateOf } from './slot.ts';
import type { Slot, SlotState, WithLock } from './slot.ts';

export type { Slot } from './slot.ts';

/** What leasing gave. `detail`: one line. */
export type LeaseResult =
  | {
      readonly kind: 'leased';
      readonly slot: Slot;
      /** Ref that keeps what an earlier process had left there. */ readonly rescued?: string;
    }
  | { readonly kind: 'failed'; readonly detail: string };

/** What preparing a slot gave. `detail`: one line. */
export type StartResult = { readonly kind: 'started' } | { readonly kind: 'failed'; readonly detail: string };

/** What a slot is to hold. `clean`: remove untracked files, or (`all`) ignored ones too. */
export interface Content {
  /** An oid, read before anything else happens: a landing is built on it later. */
  readonly base: string;
  readonly clean: 'tracked' | 'all';
}

/** The pool of worktrees: one for each worker, kept from iteration to iteration and from run to run, never shared by two. */
export interface Worktrees {
  /**
   * The slot of that name for as long as this pool is open; the same one when asked again. A slot that another living
   * process has is left alone: a name near the wish is taken. What a dead process left there uncommitted is rescued first.
   */
  lease(name: string): Promise<LeaseResult>;
  /** Puts the slot on the new branch at `base`. Whatever is in it goes: keep it before. A branch that exists elsewhere is not reset. */
  start(slot: Slot, content: Content & { readonly branch: string }): Promise<StartResult>;
  /** Puts the slot on `base` with HEAD detached. */
  detach(slot: Slot, content: Content): Promise<StartResult>;
  /** Deletes the worktree and gives the slot back. Whatever is in it goes: keep it before. */
  remove(slot: Slot): Promise<void>;
  /** Leaves a slot as it is for ever: what is in it could not be kept. Its worker gets another folder. */
  abandon(slot: Slot): Promise<void>;
  /** Gives all slots back, off their branches and on `base`; the folders stay for the next run. What is in them goes: keep it before. */
  close(base: string | undefined): Promise<void>;
}

/** Opens the pool in `folder`. Adding and removing goes one at a time over all processes: parallel git commands for it fail. */
export function openWorktrees(pool: {
  readonly repository: Repository;
  readonly folder: string;
  readonly withLock: WithLock;
}): Worktrees {
  const leased = new Map<string, Promise<LeaseResult>>();
  return {
    async lease(name) {
      const earlier = leased.get(name);
      if (earlier !== undefined) return again(await earlier);
      const taking = takeSlot(pool, name).catch(failure);
      leased.set(name, taking);
      const result = await taking;
      if (result.kind === 'failed') leased.delete(name);
      return result;
    },
    start: (slot, { branch, ...content }) => put(slot, content, branch).catch(failure),
    detach: (slot, content) => put(slot, content, '').catch(failure),
    async remove(slot) {
      const state = stateOf(slot);
      await state.withLock(async () => {
        await removeFolders(state);
        await dropLease(join(slot.folder, '..'), slot.name);
      });
      for (const [name, result] of leased) if (slotOf(await result) === slot) leased.delete(name);
    },
    async abandon(slot) {
      for (const [name, result] of leased) if (slotOf(await result) === slot) leased.delete(name);
    },
    async close(base) {
      for (const [name, result] of leased) {
        const slot = slotOf(await result);
        if (slot === undefined) continue;
        if (base !== undefined && stateOf(slot).lease.branch !== '')
          await put(slot, { base, clean: 'tracked' }, '').catch(failure);
        // A disk that takes no note costs nothing: the lease ends with this process as well.
        await noteLease(join(slot.folder, '..'), { ...stateOf(slot).lease, pid: 0 }).catch(failure);
        leased.delete(name);
      }
    },
  };
}

/** The disk is full, a folder can't be written. */
function failure(error: unknown): { readonly kind: 'failed'; readonly detail: string } {
  return { kind: 'failed', detail: error instanceof Error ? error.message : String(error) };
}

function slotOf(result: LeaseResult): Slot | undefined {
  return result.kind === 'leased' ? result.slot : undefined;
}

function again(result: LeaseResult): LeaseResult {
  if (result.kind === 'leased') stateOf(result.slot).slot.isNew = false;
  return result.kind === 'leased' ? { kind: 'leased', slot: result.slot } : result;
}

async function takeSlot(
  pool: { readonly repository: Repository; readonly folder: string; readonly withLock: WithLock },
  name: string,
): Promise<LeaseResult> {
  await mkdir(pool.folder, { recursive: true });
  const home = await realpath(pool.folder);
  const lease = await pool.withLock(() => takeLease(home, name));
  const state = newState(pool, home, lease);
  rememberSlot(state);
  const { slot } = state;
  const isThere = await exists(slot.folder);
  const found: Kept = isThere ? await keepFound(slot) : { kind: 'nothing' };
  if (found.kind === 'failed') {
    await noteLease(home, { ...lease, pid: 0 });
    return { kind: 'failed', detail: `what an earlier run left in ${slot.folder} could not be kept: ${found.detail}` };
  }
  const sound = isThere && (await makeSound(slot)).kind === 'sound';
  const problem = sound ? await refreshIndex(slot) : await remake(state);
  if (problem === undefined) return { kind: 'leased', slot, ...(found.kind === 'kept' ? { rescued: found.ref } : {}) };
  await noteLease(home, { ...lease, pid: 0 });
  return { kind: 'failed', detail: problem };
}

function newState(
  { repository, withLock }: { readonly repository: Repository; readonly withLock: WithLock },
  home: string,
  lease: Lease,
): SlotState {
  const { name, number } = lease;
  const slot = { name, number, folder: join(home, name), isNew: false };
  return { slot, repository, withLock, lease, merging: undefined };
}

async function put(slot: Slot, content: Content, branch: string): Promise<StartResult> {
  const state = stateOf(slot);
  const { base } = content;
  state.merging = undefined;
  state.lease = { ...state.lease, branch };
  await noteLease(join(slot.folder, '..'), state.lease);
  const first = (await isReusable(state)) ? await fill(slot, content, branch) : undefined;
  if (first?.code === 0) return { kind: 'started' };
  const problem = await remake(state);
  if (problem !== undefined) return { kind: 'failed', detail: problem };
  const second = await fill(slot, content, branch);
  if (second.code === 0) return { kind: 'started' };
  const place = branch === '' ? base : `${branch} at ${base}`;
  return { kind: 'failed', detail: `the worktree could not be put on ${place}: ${firstError(second)}` };
}

/** A slot with something half done in it is made anew rather than talked out of it. */
async function isReusable({ slot, repository }: SlotState): Promise<boolean> {
  const sound = await makeSound(slot);
  if (sound.kind !== 'sound') return false;
  if ((await operationIn(sound.admin)) !== undefined) return false;
  if (await exists(join(sound.admin, 'index.lock'))) return false;
  await revealIn(slot, sound.admin);
  return (await adminOf(slot.folder, repository.commonDir)) !== undefined;
}

/** `-c` and not `-C`: a branch that somebody has work on is never reset. One that a crash left at its start is taken over. */
async function fill(slot: Slot, { base, clean }: Content, branch: string): Promise<GitResult> {
  const where = branch === '' ? ['--detach', base] : ['--no-track', '-c', branch, base];
  let switched = await git(slot.folder, ['switch', '-q', '-f', ...where]);
  if (switched.code !== 0 && branch !== '' && (await isAt(slot, branch, base))) {
    switched = await git(slot.folder, ['switch', '-q', '-f', '--ignore-other-worktrees', branch]);
  }
  if (switched.code !== 0) return switched;
  return git(slot.folder, ['clean', clean === 'all' ? '-ffdqx' : '-ffdq']);
}

async function isAt(slot: Slot, branch: string, base: string): Promise<boolean> {
  const { code, stdout } = await git(slot.folder, ['rev-parse', '-q', '--verify', `refs/heads/${branch}`]);
  return code === 0 && stdout.trim() === base;
}

/** Deletes the slot's worktree if there is one, and adds it again. The checkout happens outside of the lock. */
async function remake(state: SlotState): Promise<string | undefined> {
  const { slot, repository } = state;
  const added = await state.withLock(async () => {
    await removeFolders(state);
    const add = ['worktree', 'add', '-q', '--detach', '--no-checkout', ...lockOptions, slot.folder, repository.head];
    return git(repository.root, add);
  });
  if (added.code !== 0) return `the worktree ${slot.name} could not be added: ${firstError(added)}`;
  slot.isNew = true;
  const filled = await git(slot.folder, ['reset', '-q', '--hard']);
  if (filled.code !== 0) return `the worktree ${slot.name} could not be filled: ${firstError(filled)}`;
  return refreshIndex(slot);
}

/** Without it the first switch hashes every file again: a fresh index does not trust files of its own second. */
async function refreshIndex(slot: Slot): Promise<string | undefined> {
  const { repository } = stateOf(slot);
  const admin = await adminOf(slot.folder, repository.commonDir);
  if (admin !== undefined) {
    const head = await headOf(admin);
    await removeStaleLocks(admin, repository.commonDir, head.kind === 'branch' ? head.branch : '');
  }
  const status = await git(slot.folder, ['status', '--porcelain', '-z'], { env: { GIT_OPTIONAL_LOCKS: '1' } });
  return status.code === 0 ? undefined : `the worktree ${slot.name} can't be read: ${firstError(status)}`;
}

/** By hand, because `git worktree prune` would also take worktrees of the user's whose disk is not there at the moment. */
async function removeFolders({ slot, repository }: SlotState): Promise<void> {
  const admin = await findAdmin(slot.folder, repository.commonDir);
  if (admin !== undefined) await rm(admin, { recursive: true, force: true });
  try {
    await rm(slot.folder, { recursive: true, force: true, maxRetries: 3 });
  } catch {
    // An agent may have made folders that can't be emptied.
    await openUp(slot.folder);
    await rm(slot.folder, { recursive: true, force: true }).catch(() => undefined);
    await moveAside(slot.folder, `${slot.folder}.stuck`);
  }
}
