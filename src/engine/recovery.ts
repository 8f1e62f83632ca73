import type { QueuedTask } from '../queue/queue.ts';
import type { SwarmContext } from './context.ts';
import { tell } from './context.ts';
import type { HeldLandings } from './held.ts';
import { planReconciliation, reconcile } from './reconcile/reconcile.ts';
import type { Settled } from './reconcile/reconcile.ts';

/**
 * Puts right what ended runs left behind: their agents are ended, their work is kept and their tasks told of it; landed
 * work becomes complete, held work is taken over, everything else goes back. What belongs to a live run is not touched.
 */
export async function recover(context: SwarmContext, landings: HeldLandings): Promise<void> {
  const plan = await planReconciliation(context, 'start');
  const { settled, recovered } = await reconcile(context, plan);
  for (const each of settled) reportProblem(context, each);
  for (const { kind, id } of recovered) {
    if (kind === 'completed' || kind === 'released') tell(context, { type: 'task:recovered', task: id, how: kind });
  }
  const held = settled.filter(({ found, verdict }) => found.kind === 'task' && verdict === 'held');
  for (const { found } of held) {
    tell(context, { type: 'task:recovered', task: found.name, how: 'held' });
    await takeOver(context, landings, found.name);
  }
}

/** Says where work that was found is kept, and what could not be put right. */
function reportProblem(context: SwarmContext, { found, result, detail, rescued }: Settled): void {
  const say = (message: string) => {
    tell(context, { type: 'problem:seen', message });
  };
  if (rescued !== undefined)
    say(`an earlier run left work in the ${found.kind} ${found.name}; it is kept: git log -p ${rescued}`);
  if (result !== 'failed') return;
  say(`${found.kind} ${found.name}: ${detail ?? 'it could not be put right'}; look again with: oompa doctor --fix`);
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
