import type { SettleResult } from '../queue/queue.ts';
import type { SwarmContext } from './context.ts';
import { tell } from './context.ts';

/** Says so when the disk did not let a task move on. Nothing is lost: whoever starts next finds it and settles it. */
export function tellIfUnsettled(context: SwarmContext, task: string, result: SettleResult): void {
  if (result.kind !== 'failed') return;
  const message = `${task}: its file stays in tasks/current until the next start settles it: ${result.why}`;
  tell(context, { type: 'problem:seen', message });
}
