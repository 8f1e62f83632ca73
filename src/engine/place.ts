import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Outcome } from '../core/outcome.ts';
import type { Slot } from '../git/worktree/worktree.ts';
import type { SwarmContext } from './context.ts';
import { tell } from './context.ts';
import { furnish } from './furnish.ts';
import type { Job } from './job.ts';

/** Where agents work: a worktree, and what they are told about it. */
export interface Place {
  readonly slot: Slot;
  /** Absolute path of the worktree. */
  readonly folder: string;
  /** Branch of this iteration; empty where HEAD is detached (planner, verify). */
  readonly branch: string;
  /** The commit that it started from. */
  readonly base: string;
  /** OOMPA_* and TMPDIR. */
  readonly env: Readonly<Record<string, string>>;
  /** Files in the worktree's `tasks/pending/` before any agent ran: whatever comes later was proposed. */
  readonly taskFiles: ReadonlySet<string>;
}

/** What preparing gave. */
export type Preparation =
  { readonly kind: 'ready'; readonly place: Place } | { readonly kind: 'failed'; readonly outcome: Outcome };

/** Opens the worker's worktree on a new branch from main, with everything that the config wants in it. */
export async function preparePlace(context: SwarmContext, job: Job): Promise<Preparation> {
  const { worker, task, iteration } = job.of;
  const begun = context.clock();
  const branch = `oompa/${context.log.id}/${worker}-i${String(iteration)}`;
  const opened = await openPlace(context, { slot: worker, branch, env: { OOMPA_TASK: task } });
  if (opened.kind === 'failed') return opened;
  const { place } = opened;
  tell(context, { type: 'worktree:ready', ...job.of, branch, base: place.base, ms: elapsed(context, begun) });
  return furnished(context, place, (command, passed, ms) => {
    tell(context, { type: 'setup:ended', ...job.of, command, passed, ms });
  });
}

/** A worktree with HEAD detached at `base`, for agents and commands that make no branch. */
export async function prepareDetached(context: SwarmContext, slot: string, base: string): Promise<Preparation> {
  const opened = await openPlace(context, { slot, base, branch: '', env: {} });
  if (opened.kind === 'failed') return opened;
  return furnished(context, opened.place, () => undefined);
}

interface PlaceOrder {
  readonly slot: string;
  readonly branch: string;
  /** Main's tip when left out. */
  readonly base?: string;
  readonly env: Readonly<Record<string, string>>;
}

async function openPlace(context: SwarmContext, order: PlaceOrder): Promise<Preparation> {
  const { worktrees, config } = context;
  const leased = await worktrees.lease(order.slot);
  if (leased.kind === 'failed') return failed(leased.detail);
  const { slot, rescued } = leased;
  if (rescued !== undefined) {
    tell(context, {
      type: 'problem:seen',
      message: `an earlier run left work in ${slot.folder}; it is kept: git log -p ${rescued}`,
    });
  }
  const main = order.base === undefined ? await context.guard.main.check() : undefined;
  if (main?.distrust !== undefined) return untrusted;
  const base = order.base ?? main?.tip;
  if (base === undefined) return failed(`the branch ${context.main} is gone`);
  const clean = config.worktree.clean;
  const started =
    order.branch === ''
      ? await worktrees.detach(slot, { base, clean })
      : await worktrees.start(slot, { branch: order.branch, base, clean });
  if (started.kind === 'failed') return failed(started.detail);
  const tmp = join(context.repository.root, '.oompa', 'tmp', slot.name);
  const problem = await makeEmpty(tmp);
  if (problem !== undefined) return failed(`${tmp} could not be emptied: ${problem}`);
  const place: Place = {
    slot,
    folder: slot.folder,
    branch: order.branch,
    base,
    env: {
      ...order.env,
      TMPDIR: tmp,
      OOMPA_RUN: context.log.id,
      OOMPA_WORKER: order.slot,
      OOMPA_SLOT: slot.name,
      OOMPA_PORT_BASE: String(portBase(slot.number)),
    },
    taskFiles: new Set(await listOrNothing(join(slot.folder, 'tasks', 'pending'))),
  };
  return { kind: 'ready', place };
}

async function furnished(
  context: SwarmContext,
  place: Place,
  onSetup: (command: string, passed: boolean, ms: number) => void,
): Promise<Preparation> {
  const problem = await furnish(context, place, onSetup);
  if (problem === undefined) return { kind: 'ready', place };
  await clearTemporary(place);
  return { kind: 'failed', outcome: problem };
}

/** Empties the folder for temporary files; what can't be removed now goes when the slot is used again. */
export async function clearTemporary(place: Place): Promise<void> {
  const folder = place.env['TMPDIR'];
  if (folder !== undefined) await rm(folder, { recursive: true, force: true }).catch(() => undefined);
}

/** An empty folder; the reason, when the disk refuses it. */
async function makeEmpty(folder: string): Promise<string | undefined> {
  try {
    await rm(folder, { recursive: true, force: true });
    await mkdir(folder, { recursive: true });
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** Ten ports for each slot, below the range that systems hand out by themselves. */
function portBase(slotNumber: number): number {
  return 20_000 + (slotNumber % 1000) * 10;
}

/** Nothing begins on a main that an agent has moved. */
const untrusted: Preparation = { kind: 'failed', outcome: { kind: 'interrupted' } };

function failed(why: string): Preparation {
  return { kind: 'failed', outcome: { kind: 'git-failed', why } };
}

function elapsed(context: SwarmContext, begun: number): number {
  return Math.round(context.clock() - begun);
}

async function listOrNothing(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch {
    return [];
  }
}
