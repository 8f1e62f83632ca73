import type { Fact } from '../core/iteration.ts';
import { changes, commitAll } from '../git/worktree/work.ts';
import { unreachable } from '../core/unreachable.ts';
import type { SwarmContext } from './context.ts';
import { tell } from './context.ts';
import { harvestTasks } from './harvest.ts';
import type { Job } from './job.ts';
import { placeOf } from './job.ts';
import { keepReplaced } from './replaced.ts';
import { largeText, scopeProblem } from './scope-check.ts';

/** Takes the proposed tasks out of the worktree, commits what the agent left, and checks what it touched. */
export async function commitWork(context: SwarmContext, job: Job): Promise<Fact> {
  const place = placeOf(job);
  const { task } = job.claim;
  const proposed = await harvestTasks(context, place, {
    by: job.of.worker,
    welcome: job.pool.can_plan,
    room: Infinity,
  });
  const result = await commitAll(place.slot, {
    branch: place.branch,
    base: job.base,
    message: `${task.id}: turn ${String(job.state?.turns ?? 1)}\n`,
    largest: context.config.limits.file,
  });
  switch (result.kind) {
    case 'unchanged':
      return { kind: 'unchanged', proposed };
    case 'committed':
      await keepReplaced(context, job, result.head);
      job.head = result.head;
      job.base = result.base;
      for (const path of result.nested) {
        tell(context, {
          type: 'problem:seen',
          message: `${task.id}: ${path} is a git repository of its own and was left out`,
        });
      }
      return checkedScope(context, job, result.head);
    case 'refused':
      return {
        kind: 'sent-back',
        feedback: sentBack(context, job, `A commit hook refused the work:\n\n${result.detail}`),
      };
    case 'too-large':
      return {
        kind: 'sent-back',
        feedback: sentBack(context, job, largeText(result.files, context.config.limits.file) ?? ''),
      };
    case 'unfinished':
      return {
        kind: 'sent-back',
        feedback: sentBack(context, job, `A ${result.operation} is half done in your worktree. Finish it or abort it.`),
      };
    case 'rewritten':
      await keepReplaced(context, job, result.head);
      job.head = result.head;
      return {
        kind: 'sent-back',
        feedback: sentBack(
          context,
          job,
          `The branch no longer contains the commit that it started from (${job.base}). Rebase your work onto it.`,
        ),
      };
    case 'lost':
      return { kind: 'ended', outcome: { kind: 'git-failed', why: result.detail } };
    default:
      return unreachable(result);
  }
}

async function checkedScope(context: SwarmContext, job: Job, head: string): Promise<Fact> {
  const changed = await changes(context.repository.root, job.base, head);
  const paths = changed.map(({ path }) => path);
  job.files = paths;
  tell(context, {
    type: 'work:committed',
    ...job.of,
    commit: head,
    files: paths,
    added: sum(changed.map(({ added }) => added)),
    deleted: sum(changed.map(({ deleted }) => deleted)),
  });
  const offence = await scopeProblem(context, job, changed);
  if (offence === undefined) return { kind: 'committed' };
  const feedback = { source: 'scope', text: offence } as const;
  tell(context, { type: 'work:sent-back', ...job.of, feedback });
  return { kind: 'sent-back', feedback };
}

function sentBack(context: SwarmContext, job: Job, text: string) {
  const feedback = { source: 'commit', text } as const;
  tell(context, { type: 'work:sent-back', ...job.of, feedback });
  return feedback;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
