import type { Claim, TaskRecord, TaskState } from '../../core/task.ts';
import { unreachable } from '../../core/unreachable.ts';
import { syncFolder } from '../../system/files.ts';
import { withLock } from '../../system/lock.ts';
import type { Fence, SettleResult, Settlement } from '../queue.ts';
import { digestOf, readNote, writeReleased } from './claim-note.ts';
import { orDisk, tolerating } from './disk.ts';
import { renewNote } from './lease.ts';
import { locate, moveOut } from './move.ts';
import type { Located } from './move.ts';
import type { Places } from './places.ts';
import { taskLock } from './places.ts';
import { afterAttempt } from './record.ts';
import { noteRecord } from './record-file.ts';

/** What settling works with. */
export interface SettleParts {
  readonly places: Places;
  readonly fence: Pick<Fence, 'lower'>;
  /** Told of every move, so that indexes can follow. */
  readonly moved: (from: Located, to: Located) => void;
  /** Settlements whose note the disk did not take: digests by token. Asked for again, they are done. */
  readonly unnoted: Map<string, string>;
}

/**
 * Moves a claimed task on. The order survives a crash anywhere: the record is in the file before the file moves, and the claim
 * is over once it has moved.
 */
export async function settleClaim(parts: SettleParts, claim: Claim, settlement: Settlement): Promise<SettleResult> {
  return inSection(parts.places, claim, () => settleLocked(parts, claim, settlement));
}

async function settleLocked(
  { places, fence, moved, unnoted }: SettleParts,
  { task, generation }: Claim,
  settlement: Settlement,
): Promise<SettleResult> {
  const note = readNote(places.claims, task.id);
  if (note?.generation.token !== generation.token) return stale;
  const known = unnoted.get(generation.token) ?? (note.state === 'released' ? (note.settled ?? '') : undefined);
  if (known !== undefined) return known === digestOf(settlement) ? settled : stale;
  const file = locate(places, task.id, ['current'])[0];
  if (file === undefined) return stale;
  await noteRecord(places, file, settlement.record, (existing) => afterAttempt(existing, settlement.record));
  const there = await moveOut(places, file, targetOf(settlement));
  if (there === undefined) return stale;
  moved(file, there);
  await fence.lower(task.id);
  // It has moved. A note that still says "claimed" harms nobody: the next claim writes a new one.
  if (!(await tolerating(() => writeReleased(places.claims, note, settlement)))) {
    unnoted.set(generation.token, digestOf(settlement));
  }
  return settled;
}

/** Merges a record into the file of a task that stays claimed. */
export async function noteOnClaim(places: Places, claim: Claim, record: TaskRecord): Promise<SettleResult> {
  return inSection(places, claim, async () => {
    const file = heldFile(places, claim);
    if (file === undefined) return stale;
    await noteRecord(places, file, record);
    await syncFolder(places.folder('current'));
    return settled;
  });
}

/** Begins the lease of a claim anew. */
export async function renewClaim(places: Places, claim: Claim, now: () => Date): Promise<SettleResult> {
  return inSection(places, claim, () => {
    if (heldFile(places, claim) === undefined) return Promise.resolve(stale);
    renewNote(places.claims, claim.task.id, now());
    return Promise.resolve(settled);
  });
}

/** The file in `current/` that the claim still owns, or undefined. */
export function heldFile(places: Places, { task, generation }: Claim): Located | undefined {
  const note = readNote(places.claims, task.id);
  if (note?.state !== 'claimed' || note.generation.token !== generation.token) return undefined;
  return locate(places, task.id, ['current'])[0];
}

/** What looks whose the task is must also act before anybody else can: both under the task's lock. */
async function inSection({ claims }: Places, claim: Claim, work: () => Promise<SettleResult>): Promise<SettleResult> {
  return orDisk<SettleResult>(
    () => withLock(taskLock({ claims }, claim.task.id), work),
    (why) => ({ kind: 'failed', why }),
  );
}

const settled: SettleResult = { kind: 'settled' };
const stale: SettleResult = { kind: 'stale-claim' };

function targetOf({ kind }: Settlement): TaskState {
  switch (kind) {
    case 'complete':
      return 'complete';
    case 'release':
      return 'pending';
    case 'fail':
      return 'failed';
    case 'block':
      return 'blocked';
    default:
      return unreachable(kind);
  }
}
