import { isAncestor, oidOf } from '../git/ancestry.ts';
import { keepCommit } from '../git/rescue/rescue.ts';
import type { SwarmContext } from './context.ts';
import { tell } from './context.ts';
import type { Job } from './job.ts';

/**
 * Keeps what an earlier turn had committed when `head` does not lead to it: the agent has amended it, or deleted its branch. A
 * commit that the log names can always be found again. Gives the ref when one was made. Costs one git process, and only from
 * the second commit of an iteration on.
 */
export async function keepReplaced(context: SwarmContext, job: Job, head: string): Promise<string | undefined> {
  const { root } = context.repository;
  const before = job.head;
  if (before === undefined || before === head || (await isAncestor(root, before, head))) return undefined;
  // The agent may have had git throw it away.
  if ((await oidOf(root, `${before}^{commit}`)) === undefined) return undefined;
  const { worker, task, iteration } = job.of;
  const kept = await keepCommit(before, { task: 'left', run: context.log.id, worker, iteration }, context.refs);
  if (kept.kind === 'kept') return kept.ref;
  if (kept.kind === 'nothing') return undefined;
  const message = `${task}: ${before.slice(0, 12)}, which its agent has replaced, could not be kept on a ref: ${kept.detail}`;
  tell(context, { type: 'problem:seen', message });
  return undefined;
}
