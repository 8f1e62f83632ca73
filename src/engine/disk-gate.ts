import { setTimeout as sleep } from 'node:timers/promises';
import { sizeText } from '../core/size.ts';
import type { SwarmContext } from './context.ts';
import { tell } from './context.ts';

/** How often a worker looks again whether there is room by now, in milliseconds. */
const lookAgainMs = 2000;

/**
 * True once the disk has room for another worktree (`limits.free_disk`): at once, or after a wait that is said once. Where the
 * system does not tell, there is room. False when the run is asked to stop meanwhile.
 */
export async function hasRoom(context: SwarmContext, worker: string): Promise<boolean> {
  const { draining } = context.shutdown;
  for (let told = false; !draining.aborted; told = true) {
    const shortage = shortageOf(context);
    if (shortage === undefined) return true;
    if (!told) tell(context, { type: 'worker:waiting', worker, why: shortage });
    await sleep(lookAgainMs, undefined, { signal: draining }).catch(() => undefined);
  }
  return false;
}

function shortageOf(context: SwarmContext): string | undefined {
  const floor = context.config.limits.free_disk;
  const free = context.freeBytes();
  if (free === undefined || free >= floor) return undefined;
  return `for room on the disk: ${sizeText(free)} are free, limits.free_disk asks for ${sizeText(floor)} (make room: oompa cleanup)`;
}
