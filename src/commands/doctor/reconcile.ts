import type { Settled } from '../../engine/reconcile/reconcile.ts';
import { planReconciliation, reconcile } from '../../engine/reconcile/reconcile.ts';
import type { ReconcilePlan } from '../../engine/reconcile/reconcile.ts';
import { openFence } from '../../git/landing/fence.ts';
import { openObjectReader } from '../../git/object-reader.ts';
import { openRefs } from '../../git/refs.ts';
import type { Repository } from '../../git/repository.ts';
import { openFileQueue } from '../../queue/file/file-queue.ts';
import type { Check } from '../../ui/doctor.ts';
import type { ReconcileItem } from '../../ui/reconcile.ts';
import { countsByKind, isDue, renderOutcome, renderVerdicts } from '../../ui/reconcile.ts';
import { counted, someOf } from '../../ui/text.ts';
import type { Io } from '../io.ts';

/** How `oompa doctor --fix` goes about it. */
export interface FixOptions {
  /** Decides and says, and changes nothing. */
  readonly dryRun: boolean;
  /** Prints nothing: what comes back is printed as data. */
  readonly silent: boolean;
}

/** Prints the verdict on everything that runs have left, then acts, then prints what came of it. */
export async function fixWorkspace(repository: Repository, options: FixOptions, io: Io): Promise<ReconcileItem[]> {
  const print = (text: string) => {
    if (!options.silent) io.stdout(text);
  };
  return withParts(repository, io, async (parts) => {
    const plan = await planReconciliation(parts, 'all');
    print(renderVerdicts(plan.judgements, io));
    const items = options.dryRun ? [...plan.judgements] : inOrderOf(plan, (await reconcile(parts, plan)).settled);
    print(renderOutcome(items, options.dryRun, io));
    return items;
  });
}

/** What a reconciliation would have to do, for a doctor that changes nothing. */
export async function reconcileChecks(repository: Repository, io: Io): Promise<Check[]> {
  const { judgements } = await withParts(repository, io, (parts) => planReconciliation(parts, 'all'));
  const due = judgements.filter(isDue);
  const of = (kind: string, verdicts: readonly string[]) =>
    judgements.filter(({ found, verdict }) => found.kind === kind && verdicts.includes(verdict));
  const held = of('task', ['held']);
  const stranded = of('task', ['put-back', 'finish']);
  const worktrees = of('worktree', ['rescue']);
  const others = due.filter((each) => !stranded.includes(each) && !worktrees.includes(each));
  const inTheWay = judgements.filter(({ fine, verdict, found }) => {
    return !fine && verdict === 'keep' && (found.kind === 'lock' || found.kind === 'aside');
  });
  return [
    ...named(held, 'task', 'approved and held', 'land it with: oompa land'),
    ...named(stranded, 'task', 'left claimed by a run that is gone', `the next run takes it up; or now: ${remedy}`),
    ...named(worktrees, 'worktree', 'of a run that died', `what is in it is kept by: ${remedy}`),
    ...(others.length === 0 ? [] : [warning(`left by runs that are gone: ${countsByKind(others)}`, remedy)]),
    ...inTheWay.map(({ found, why }) => warning(found.name, why)),
  ];
}

/** One failed check for everything that a reconciliation could not put right. */
export function failureChecks(items: readonly ReconcileItem[]): Check[] {
  const failed = items.filter(({ result }) => result === 'failed').map(({ found }) => found.name);
  if (failed.length === 0) return [];
  const text = `${counted(failed.length, 'thing')} could not be put right: ${someOf(failed, 5)}`;
  return [{ status: 'fail', text, hint: `try again with: ${remedy}` }];
}

const remedy = 'oompa doctor --fix';

function named(found: ReconcilePlan['judgements'], noun: string, what: string, hint: string): Check[] {
  if (found.length === 0) return [];
  const names = found.map((each) => each.found.name).sort();
  return [warning(`${counted(names.length, noun)} ${what}: ${someOf(names, 5)}`, hint)];
}

function warning(text: string, hint: string): Check {
  return { status: 'warn', text, hint };
}

/** The acts come in an order of their own; people read the results where they read the verdicts. */
function inOrderOf(plan: ReconcilePlan, settled: readonly Settled[]): ReconcileItem[] {
  const results = new Map(settled.map((each) => [each.found, each]));
  return plan.judgements.map((judgement) => results.get(judgement.found) ?? judgement);
}

type Parts = Parameters<typeof planReconciliation>[0];

/** Opens what a reconciliation works with, outside of any run. */
async function withParts<T>(repository: Repository, io: Io, work: (parts: Parts) => Promise<T>): Promise<T> {
  const { root, commonDir } = repository;
  const objects = openObjectReader(root);
  const refs = openRefs(root);
  const fence = openFence({ repositoryRoot: root, commonDir, objects, refs });
  const queue = await openFileQueue({ workspace: root, fence });
  try {
    return await work({ repository, queue, objects, refs, fence, now: () => io.now() });
  } finally {
    queue.close();
    await Promise.all([objects.close(), refs.close(), fence.close()]);
  }
}
