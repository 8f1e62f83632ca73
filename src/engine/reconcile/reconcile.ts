import { join } from 'node:path';
import { withLock } from '../../system/lock.ts';
import type { Reconciliation, Settled } from './act.ts';
import { performPlan } from './act.ts';
import type { ReconcileParts } from './parts.ts';
import { ownFolder } from './parts.ts';
import type { ReconcilePlan } from './plan.ts';

export type { Reconciliation, Settled } from './act.ts';
export type { ReconcileParts } from './parts.ts';
export type { ReconcilePlan } from './plan.ts';
export { planReconciliation } from './plan.ts';

/** How long one reconciliation waits for another, in milliseconds. */
const patienceMs = 10_000;

/**
 * Puts right what the plan says, one reconciliation of the workspace at a time: a second start would hand out a task before the
 * first has kept its work and told the task of it. It does not wait for ever: each act is safe beside another's, so
 * somebody who was paused in the middle stops nobody.
 */
export async function reconcile(parts: ReconcileParts, plan: ReconcilePlan): Promise<Reconciliation> {
  if (plan.judgements.every(needsNothing)) return { settled: plan.judgements.map(asLeft), recovered: [] };
  const began = { yet: false };
  const perform = () => {
    began.yet = true;
    return performPlan(parts, plan);
  };
  const patience = AbortSignal.timeout(patienceMs);
  try {
    return await withLock(join(ownFolder(parts), 'reconcile.lock'), perform, patience);
  } catch (error) {
    if (began.yet || !patience.aborted) throw error;
    return performPlan(parts, plan);
  }
}

function needsNothing({ fine, verdict }: ReconcilePlan['judgements'][number]): boolean {
  return fine || verdict === 'keep' || verdict === 'held';
}

function asLeft(judgement: ReconcilePlan['judgements'][number]): Settled {
  return { ...judgement, result: 'left' };
}
