import { withLock } from '../../system/lock.ts';
import type { ClaimResult, Owner } from '../queue.ts';
import { idsBeingClaimed } from './claim-marker.ts';
import { isOwnerAlive, readNote } from './claim-note.ts';
import { noteClaim } from './claim.ts';
import type { ClaimParts } from './claim.ts';
import { locate } from './move.ts';
import { recoveryLock } from './places.ts';

/** Claims a task that lies in `current/` and whose owner is gone; `dry` when there is no such task. */
export async function adoptTask(
  parts: Pick<ClaimParts, 'places' | 'fence' | 'reader' | 'now'>,
  id: string,
  owner: Owner,
): Promise<ClaimResult> {
  const { places, reader } = parts;
  // Under the lock of recovery, so that one run alone takes it over.
  return withLock(recoveryLock(places), async () => {
    const file = locate(places, id, ['current'])[0];
    const note = readNote(places.claims, id);
    const isOwned = (note?.state === 'claimed' && isOwnerAlive(note)) || idsBeingClaimed(places).has(id);
    if (file === undefined || isOwned) return { kind: 'dry' };
    const read = reader.read(places.file('current', file.name), file);
    if (read?.kind !== 'task') return { kind: 'dry' };
    return { kind: 'claimed', claim: await noteClaim(parts, read.task, owner, true) };
  });
}
