import type { Found, Judgement } from '../../core/reconcile.ts';
import { judge } from '../../core/reconcile.ts';
import { openLandings } from '../../git/landing/landings.ts';
import type { Landings } from '../../git/landing/landings.ts';
import { findLeftovers } from '../../harness/leftovers.ts';
import type { Leftovers } from '../../harness/leftovers.ts';
import { isRunGone } from '../../runs/read-runs.ts';
import { findBranches, openRunReader } from './branches.ts';
import type { RunReader } from './branches.ts';
import type { ReconcileParts } from './parts.ts';
import { findFences, findTasks, findUnreadable } from './tasks.ts';
import { findLocks, findScratch, findTemporaries } from './traces.ts';
import { findWorktrees } from './worktrees.ts';

/** What was found in a workspace, with one verdict on each thing, in the order in which it is put right. */
export interface ReconcilePlan {
  readonly judgements: readonly Judgement[];
  /** The processes among them, as they are to be ended. */
  readonly leftovers: Leftovers;
  /** What the acts ask for again, so that nothing is read twice. */
  readonly landings: Landings;
  readonly runs: RunReader;
}

/**
 * `start`: what the start of a run puts right, because its workers would stumble over it. Where all is well this costs one git
 * process and a few small files. `all`: everything that runs leave behind.
 */
export type Scope = 'start' | 'all';

/** Looks at everything that runs may have left in the workspace, and decides what becomes of each thing. Changes nothing. */
export async function planReconciliation(parts: ReconcileParts, scope: Scope): Promise<ReconcilePlan> {
  const { root } = parts.repository;
  const landings = openLandings(parts.repository, parts.objects);
  const runs = openRunReader(root);
  const leftovers = await findLeftovers(root, (run) => isRunGone(root, run));
  const processes = leftovers.processes.map(({ pid, run, what }): Found => {
    return { kind: 'process', name: what === undefined ? String(pid) : `${String(pid)} ${what}`, run };
  });
  const worktrees = await findWorktrees(parts);
  const tasks = await findTasks(parts, landings);
  const fences = await findFences(parts, tasks);
  const rest = scope === 'all' ? await findRest(parts, runs, worktrees) : [];
  const traces = [...(await findLocks(parts)), ...(await findTemporaries(parts))];
  const found: readonly Found[] = [...processes, ...worktrees, ...tasks, ...fences, ...rest, ...traces];
  return { judgements: found.map(judge), leftovers, landings, runs };
}

/** What no worker stumbles over. */
async function findRest(parts: ReconcileParts, runs: RunReader, worktrees: readonly Found[]): Promise<Found[]> {
  const branches = worktrees.flatMap((found) =>
    found.kind === 'worktree' && !judge(found).fine ? (found.branch ?? []) : [],
  );
  return [
    ...(await findUnreadable(parts)),
    ...(await findBranches(parts, runs, new Set(branches))),
    ...(await findScratch(parts)),
  ];
}
