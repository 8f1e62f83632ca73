import { feedbackText } from '../core/prompt.ts';
import type { Fate, Outcome } from '../core/outcome.ts';
import { sizeText } from '../core/size.ts';
import type { TaskRecord } from '../core/task.ts';
import { intrusionWords } from '../core/trespass.ts';
import { unreachable } from '../core/unreachable.ts';
import { keptFilesOf } from '../git/rescue/kept-files.ts';
import { keepWork } from '../git/rescue/rescue.ts';
import type { SettleResult } from '../queue/queue.ts';
import { redactAll } from '../runs/redact.ts';
import type { SwarmContext } from './context.ts';
import { tell } from './context.ts';
import { harvestTasks } from './harvest.ts';
import type { Job } from './job.ts';
import { clearTemporary } from './place.ts';
import { keepReplaced } from './replaced.ts';
import { tellIfUnsettled } from './unsettled.ts';

/**
 * Ends an iteration: keeps what is not on main, moves the task file on, and says so. The outcome that comes back differs
 * from the one given only when the claim turned out to be somebody else's.
 */
export async function settleTask(context: SwarmContext, job: Job, outcome: Outcome, fate: Fate): Promise<Outcome> {
  if (job.place !== undefined) {
    await harvestTasks(context, job.place, { by: job.of.worker, welcome: job.pool.can_plan, room: Infinity });
  }
  const rescue = outcome.kind === 'landed' ? undefined : ((await keep(context, job)) ?? keptByGuard(outcome));
  const record = redactAll(recordOf(context, job, { outcome, fate, rescue }), (text) => context.redact(text));
  const settled = await move(context, job, record, fate);
  tellIfUnsettled(context, job.of.task, settled);
  if (job.place !== undefined) await clearTemporary(job.place);
  const final: Outcome = settled.kind === 'stale-claim' ? { kind: 'stale-claim' } : outcome;
  tell(context, {
    type: 'iteration:ended',
    ...job.of,
    outcome: final,
    transition: settled.kind === 'settled' ? fate.transition : 'none',
    attempt: (job.claim.task.record.attempts ?? 0) + 1,
    attempts: context.config.limits.attempts,
    turns: job.state?.turns ?? 0,
    rounds: job.state?.rounds ?? 0,
    usage: job.usage,
    ms: Math.round(context.clock() - job.startedAt),
  });
  return final;
}

/** What an agent put on main is there, and so no work to keep, until the user takes it off. */
function keptByGuard(outcome: Outcome): string | undefined {
  return outcome.kind === 'trespassed' && outcome.what === 'main' ? outcome.kept : undefined;
}

/** Keeps the work on a rescue ref; undefined when there is nothing that main does not have. */
async function keep(context: SwarmContext, job: Job): Promise<string | undefined> {
  if (job.place === undefined) return undefined;
  const { worker, task, iteration } = job.of;
  const kept = await keepWork(context.repository, {
    slot: job.place.slot,
    base: job.base,
    name: { task, run: context.log.id, worker, iteration },
    refs: context.refs,
  });
  switch (kept.kind) {
    case 'nothing':
      return keepReplaced(context, job, `refs/heads/${context.main}`);
    case 'kept':
      await keepReplaced(context, job, kept.commit);
      tell(context, { type: 'work:rescued', ...job.of, ref: kept.ref, commit: kept.commit });
      await tellKeptFiles(context, job, kept.commit);
      return kept.ref;
    case 'failed': {
      await context.worktrees.abandon(job.place.slot);
      const message = `${task}: its work could not be kept on a ref (${kept.detail}); it stays in ${job.place.folder}`;
      tell(context, { type: 'problem:seen', message });
      return undefined;
    }
    default:
      return unreachable(kept);
  }
}

/** Files that are too large for git are kept beside it: nobody must look for them in the commit. */
async function tellKeptFiles(context: SwarmContext, { of }: Job, commit: string): Promise<void> {
  const files = await keptFilesOf(context.repository.root, commit);
  const [first] = files;
  if (first === undefined) return;
  const more = files.length === 1 ? '' : ` and ${String(files.length - 1)} more`;
  const message = `${of.task}: ${first.name} (${sizeText(first.bytes)})${more} is kept beside git: ls .oompa/kept/${commit}`;
  tell(context, { type: 'problem:seen', message });
}

async function move(context: SwarmContext, job: Job, record: TaskRecord, fate: Fate): Promise<SettleResult> {
  const { queue } = context;
  switch (fate.transition) {
    case 'complete':
    case 'release':
    case 'fail':
    case 'block':
      return queue.settle(job.claim, { kind: fate.transition, record });
    case 'stay':
      return queue.note(job.claim, record);
    case 'none':
      return { kind: 'settled' };
    default:
      return unreachable(fate.transition);
  }
}

function recordOf(
  context: SwarmContext,
  job: Job,
  { outcome, fate, rescue }: { outcome: Outcome; fate: Fate; rescue: string | undefined },
): TaskRecord {
  const before = job.claim.task.record;
  const used = (before.attempts ?? 0) + (fate.usesAttempt ? 1 : 0);
  const feedback = outcome.kind === 'landed' ? undefined : feedbackFor(job, outcome);
  return {
    outcome: outcome.kind,
    ...(used > 0 ? { attempts: used } : {}),
    by: `${job.of.worker}, ${job.pool.harness}${job.pool.model === undefined ? '' : ` ${job.pool.model}`}`,
    run: context.log.id,
    ...((job.state?.rounds ?? 0) > 0 ? { rounds: job.state?.rounds ?? 0 } : {}),
    ...(outcome.kind === 'landed' ? { commit: outcome.commit } : {}),
    ...(outcome.kind === 'held' && job.approval !== undefined ? { approval: job.approval } : {}),
    ...(outcome.kind === 'needs-input' ? { question: outcome.question, ...askedIn(job) } : {}),
    ...(feedback === undefined ? {} : { feedback }),
    ...(rescue === undefined ? {} : { rescue }),
    at: context.now().toISOString(),
  };
}

/** The conversation in which the agent asked: it goes on there when the answer has come. */
function askedIn({ pool, link, session, of }: Job): Pick<TaskRecord, 'session'> {
  const agent = [pool, ...pool.fallback][link] ?? pool;
  if (session === undefined) return {};
  const { id, totals } = session;
  const { input, output, costUsd } = totals;
  const { harness, model } = agent;
  return {
    session: {
      harness,
      ...(model === undefined ? {} : { model }),
      ...{ id, worker: of.worker, input, output },
      ...(costUsd === undefined ? {} : { cost_usd: costUsd }),
    },
  };
}

/** What the next worker starts from: why it ended, and everything that was found. */
function feedbackFor(job: Job, outcome: Outcome): string | undefined {
  const found = job.state?.feedback ?? [];
  const why = reasonOf(outcome);
  const parts = [...(why === undefined ? [] : [why]), ...(found.length === 0 ? [] : [feedbackText(found)])];
  return parts.length === 0 ? undefined : parts.join('\n\n').slice(0, 20_000);
}

function reasonOf(outcome: Outcome): string | undefined {
  switch (outcome.kind) {
    case 'rejected':
      return `The reviewer rejected the approach:\n\n${outcome.reason}`;
    case 'needs-followup':
      return `The agent could not finish: ${outcome.why}`;
    case 'review-unavailable':
      return `No reviewer gave a verdict: ${outcome.why}`;
    case 'verify-unavailable':
      return `\`${outcome.command}\` could not be run: ${outcome.why}`;
    case 'setup-failed':
      return `\`${outcome.command}\` failed in the new worktree: ${outcome.why}`;
    case 'disk-failed':
      return `The disk failed: ${outcome.why}`;
    case 'internal-error':
      return `internal error: ${outcome.why}`;
    case 'git-failed':
      return `git: ${outcome.why}`;
    case 'agent-failed':
      return `The agent failed (${outcome.failure.kind}): ${outcome.failure.detail}`;
    case 'over-budget':
      return `What the ${outcome.scope} may use is used up.`;
    case 'no-changes':
      return 'The agent said that it was ready, but changed nothing.';
    case 'rounds-exhausted':
      return `The reviewer still wanted changes after ${String(outcome.rounds)} rounds.`;
    case 'turns-exhausted':
      return `The agent was not ready after ${String(outcome.turns)} turns.`;
    case 'trespassed':
      return `The agent was stopped: ${intrusionWords(outcome)}`;
    case 'landed':
    case 'proposed':
    case 'held':
    case 'needs-input':
    case 'stale-claim':
    case 'interrupted':
      return undefined;
    default:
      return unreachable(outcome);
  }
}
