import { setTimeout as pause } from 'node:timers/promises';
import { isAlive, ownIdentity } from '../../system/process-identity.ts';
import { variableOfEach } from '../../system/process-table.ts';

/** What a git command that moves main carries in its environment: whose it is. */
export function landingMark(): Readonly<Record<string, string>> {
  const { pid, start } = ownIdentity();
  return { [markName]: `${String(pid)},${start}` };
}

/**
 * Waits for fast-forwards that an oompa which was killed has begun: git finishes them without it, and until then main is not yet
 * what it will be. Never ends one: that would leave the user's checkout half done. Gives up after `limitMs`.
 */
export async function awaitOrphanedLandings(limitMs = 30_000): Promise<void> {
  const deadline = performance.now() + limitMs;
  while (performance.now() < deadline && (await hasOrphans())) await pause(50);
}

const markName = 'OOMPA_LANDING';

async function hasOrphans(): Promise<boolean> {
  return [...(await variableOfEach(markName))].some((owner) => {
    const [pid = '', start = ''] = owner.split(',');
    return !isAlive(Number(pid), start);
  });
}
