import { rm } from 'node:fs/promises';
import type { Found, Judgement } from '../../core/reconcile.ts';
import { judge } from '../../core/reconcile.ts';
import type { TaskRecord } from '../../core/task.ts';
import { unreachable } from '../../core/unreachable.ts';
import { claimsRoot } from '../../git/landing/fence.ts';
import { awaitOrphanedLandings } from '../../git/landing/orphans.ts';
import { listRescues } from '../../git/rescue/rescue.ts';
import type { Rescue } from '../../git/rescue/rescue.ts';
import { keepBranch, keepStranded } from '../../git/rescue/stranded.ts';
import { endLeftovers } from '../../harness/leftovers.ts';
import { lastRunOf, returnLanded } from '../../queue/file/finish.ts';
import type { Recovered } from '../../queue/queue.ts';
import { tryLock } from '../../system/lock.ts';
import type { ReconcileParts } from './parts.ts';
import { poolOf } from './parts.ts';
import type { ReconcilePlan } from './plan.ts';
import { landedBy } from './tasks.ts';
import { findScratch } from './traces.ts';

/** What became of one thing. `left`: nothing was to be done, or somebody has taken it meanwhile. */
export interface Settled extends Judgement {
  readonly result: 'done' | 'left' | 'failed';
  /** One line: the ref that keeps the work, or why it failed. */
  readonly detail?: string;
  /** The ref that keeps what was found in it. */
  readonly rescued?: string;
}

/** What a whole reconciliation did. */
export interface Reconciliation {
  readonly settled: readonly Settled[];
  /** What the queue did with each file in `current/`. */
  readonly recovered: readonly Recovered[];
}

/**
 * Does what was planned. Every act looks again and takes what it changes by compare-and-swap or under its lock, so that a plan
 * which is a little old, or carried out by two at once, or again after a kill, does no harm.
 */
export async function performPlan(parts: ReconcileParts, plan: ReconcilePlan): Promise<Reconciliation> {
  const settled: Settled[] = [];
  const each = async <Kind extends Found['kind']>(kind: Kind, act: (found: Of<Kind>) => Result | Promise<Result>) => {
    for (const judgement of plan.judgements) {
      const { found } = judgement;
      if (!isOf(found, kind)) continue;
      const nothing = judgement.fine || judgement.verdict === 'keep';
      settled.push({ ...judgement, ...(nothing ? left : await attempt(() => act(found))) });
    }
  };
  await awaitOrphanedLandings();
  // First: what still writes must not meet the next one in its worktree. Then the work is kept, and the task told of it.
  const stay = new Set((await endLeftovers(plan.leftovers)).map(({ pid }) => String(pid)));
  await each('process', ({ name }) => endingOf(name, stay));
  await each('worktree', ({ name }) => keepWorktree(parts, plan, name));
  await each('aside', () => left);
  await each('landed', ({ name }) => takeBack(parts, plan, name));
  const rescues = await listRescues(parts.repository.root);
  const recovered = await parts.queue.recover({
    ...landedBy(plan.landings),
    recordFor: (id) => rescueRecord(parts, rescues, id),
  });
  await each('task', ({ name }) => resultOf(recovered, name));
  await each('unreadable', () => left);
  await each('fence', (fence) => dropFence(parts, fence));
  await each('branch', ({ name }) => removeBranch(parts, plan, name));
  await each('lock', removeLock);
  await each('temporary', (temporary) => removeTemporary(parts, temporary));
  return { settled, recovered };
}

type Of<Kind extends Found['kind']> = Extract<Found, { kind: Kind }>;
type Result = Omit<Settled, keyof Judgement>;

const done: Result = { result: 'done' };
const left: Result = { result: 'left' };

function isOf<Kind extends Found['kind']>(found: Found, kind: Kind): found is Of<Kind> {
  return found.kind === kind;
}

/** A disk that fails, or a folder that can't be written, costs this one thing: the next reconciliation meets it again. */
async function attempt(act: () => Result | Promise<Result>): Promise<Result> {
  try {
    return await act();
  } catch (error) {
    if (!(error instanceof Error) || !('code' in error)) throw error;
    return { result: 'failed', detail: error.message };
  }
}

function endingOf(name: string, stay: ReadonlySet<string>): Result {
  const pid = name.split(' ')[0] ?? '';
  return stay.has(pid) ? { result: 'failed', detail: `it can't be ended; try: kill -9 ${pid}` } : done;
}

async function keepWorktree(parts: ReconcileParts, { runs }: ReconcilePlan, name: string): Promise<Result> {
  const freed = await keepStranded(poolOf(parts), name, { refs: parts.refs, ...runs });
  switch (freed.kind) {
    case 'freed':
      return freed.rescued === undefined
        ? { result: 'done', detail: 'nothing in it was unkept' }
        : { result: 'done', detail: `kept: git log -p ${freed.rescued}`, rescued: freed.rescued };
    case 'in-use':
      return left;
    case 'failed':
      return { result: 'failed', detail: `what is in it could not be kept: ${freed.detail}` };
    default:
      return unreachable(freed);
  }
}

async function takeBack(parts: ReconcileParts, { landings }: ReconcilePlan, id: string): Promise<Result> {
  const terms = { ...landedBy(landings), now: parts.now() };
  return (await returnLanded(parts.repository.root, id, terms)) ? done : left;
}

/**
 * The next worker on a task goes on from what the last one left. Asked of the refs and not of this reconciliation alone: one
 * that was killed may have kept the work and not told the task of it.
 */
function rescueRecord(parts: ReconcileParts, rescues: readonly Rescue[], id: string): TaskRecord | undefined {
  const run = lastRunOf(parts.repository.root, id);
  const isOfLastRun = ({ ref, task }: Rescue) =>
    task === id && run !== undefined && ref.split('/').at(-1)?.startsWith(`${run}-`) === true;
  const rescue = rescues.findLast(isOfLastRun)?.ref;
  return rescue === undefined ? undefined : { outcome: 'interrupted', rescue, at: parts.now().toISOString() };
}

function resultOf(recovered: readonly Recovered[], id: string): Result {
  const found = recovered.find((each) => each.id === id);
  switch (found?.kind) {
    case undefined:
    case 'live':
    case 'held':
      return left;
    case 'completed':
      return { result: 'done', detail: `landed as ${found.commit.slice(0, 7)}` };
    case 'released':
      return done;
    case 'failed':
      return { result: 'failed', detail: found.why };
    default:
      return unreachable(found);
  }
}

/** Somebody who has claimed the task meanwhile has put another fence there, and keeps it. */
async function dropFence({ refs }: ReconcileParts, { name, oid }: Of<'fence'>): Promise<Result> {
  const dropped = await refs.transaction([{ delete: `${claimsRoot}${name}`, from: oid }]);
  return dropped.kind === 'done' ? done : left;
}

async function removeBranch(
  { repository, refs }: ReconcileParts,
  { runs }: ReconcilePlan,
  name: string,
): Promise<Result> {
  const removed = await keepBranch(repository, name, { refs, ...runs });
  if (removed.kind === 'refused') return { result: 'failed', detail: removed.detail };
  const { rescued } = removed;
  return rescued === undefined ? done : { result: 'done', detail: `kept: git log -p ${rescued}`, rescued };
}

/** A lock whose holder is gone goes by being taken and given back: so nobody who takes it at the same time loses it. */
async function removeLock({ of, path }: Of<'lock'>): Promise<Result> {
  if (of === 'oompa') tryLock(path)?.();
  else await rm(path, { force: true });
  return done;
}

/** Under the pool's lock, and after another look: a worker may have begun with a folder for temporary files. */
async function removeTemporary(parts: ReconcileParts, { path }: Of<'temporary'>): Promise<Result> {
  return poolOf(parts).withLock(async () => {
    const scratch = (await findScratch(parts)).find((each) => each.path === path);
    if (scratch !== undefined && judge(scratch).fine) return left;
    await rm(path, { recursive: true, force: true, maxRetries: 3 });
    return done;
  });
}
