import { landedCommit } from '../git/landing.ts';
import { endLeftovers } from '../harness/leftovers.ts';
import { recoverStranded } from '../queue/file/recover.ts';
import type { QueuedTask } from '../queue/queue.ts';
import { isRunGone } from '../runs/read-runs.ts';
import type { SwarmContext } from './context.ts';
import { tell } from './context.ts';
import type { HeldLandings } from './held.ts';

/**
 * Ends the agents of runs that are gone, and puts right what those left in `current/`: landed work becomes complete, held
 * work is taken over, everything else goes back. What belongs to a live run is not touched.
 */
export async function recover(context: SwarmContext, landings: HeldLandings): Promise<void> {
  // First: an agent that still writes must not meet the next one in its worktree.
  await endLeftovers((run) => isRunGone(context.repository.root, run));
  const stranded = await recoverStranded({
    workspace: context.repository.root,
    landedCommit: (task, generation) =>
      landedCommit(context.repository, { task, ...(generation === undefined ? {} : { claim: generation.n }) }),
    fence: context.fence,
  });
  for (const { id, how } of stranded) {
    tell(context, { type: 'task:recovered', task: id, how });
    if (how === 'held') await takeOver(context, landings, id);
  }
}

async function takeOver(context: SwarmContext, landings: HeldLandings, id: string): Promise<void> {
  const { tasks } = await context.queue.list();
  const found = tasks.find(({ task }) => task.id === id);
  const head = found === undefined ? undefined : await workOf(context, found);
  if (found === undefined || head === undefined) return;
  const owner = { run: context.log.id, worker: 'held' };
  const adopted = await context.queue.adopt(id, owner);
  if (adopted.kind !== 'claimed') return;
  await landings.attempt({
    claim: adopted.claim,
    title: found.task.title,
    head,
    approval: found.task.record.approval,
  });
}

async function workOf(context: SwarmContext, { task }: QueuedTask): Promise<string | undefined> {
  return task.record.rescue === undefined ? undefined : context.objects.resolve(task.record.rescue);
}
