import { withLockIfFree } from '../../system/lock.ts';
import type { ClaimResult, Owner } from '../queue.ts';
import { readNote } from './claim-note.ts';
import { noteClaim } from './claim.ts';
import type { ClaimParts } from './claim.ts';
import { orDisk } from './disk.ts';
import { bringBackFromFuture, isLive } from './lease.ts';
import { locate } from './move.ts';
import { taskLock } from './places.ts';

type AdoptParts = Pick<ClaimParts, 'places' | 'fence' | 'reader' | 'lease'>;

/** Claims a task that lies in `current/` and whose owner is gone; `dry` when there is no such task. */
export async function adoptTask(parts: AdoptParts, id: string, owner: Owner): Promise<ClaimResult> {
  return orDisk<ClaimResult>(
    async () => {
      const tried = await withLockIfFree(taskLock(parts.places, id), () => adoptLocked(parts, id, owner));
      return tried.kind === 'done' ? tried.value : { kind: 'dry' };
    },
    (why) => ({ kind: 'unavailable', why }),
  );
}

async function adoptLocked(parts: AdoptParts, id: string, owner: Owner): Promise<ClaimResult> {
  const { places, reader, fence, lease } = parts;
  const file = locate(places, id, ['current'])[0];
  if (file === undefined) return { kind: 'dry' };
  bringBackFromFuture(places.claims, id, lease.now());
  const note = readNote(places.claims, id);
  if (note !== undefined && isLive(places.claims, note, lease.now())) return { kind: 'dry' };
  const read = reader.read(places.file('current', file.name), file);
  if (read?.kind !== 'task') return { kind: 'dry' };
  // The owner before may be paused in the middle of a landing.
  const revoked = await fence.revoke(id, { dryRun: false });
  if (revoked.kind === 'failed') return { kind: 'unavailable', why: revoked.why };
  if (revoked.kind === 'landing') return { kind: 'dry' };
  return { kind: 'claimed', claim: await noteClaim(parts, read.task, owner, true) };
}
