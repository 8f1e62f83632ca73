import type { Claim, TaskRecord, TaskState } from '../../core/task.ts';
import { unreachable } from '../../core/unreachable.ts';
import { errorCode, replaceFile, syncFolder } from '../../system/files.ts';
import type { Fence, SettleResult, Settlement } from '../queue.ts';
import { readNote, writeReleased } from './claim-note.ts';
import { locate, moveOut } from './move.ts';
import type { Located } from './move.ts';
import type { Places } from './places.ts';
import type { RecordFields } from './record.ts';
import { mergeRecord } from './record.ts';
import { spliceRecord } from './splice.ts';
import { readText } from './task-reader.ts';

/** What settling works with. */
export interface SettleParts {
  readonly places: Places;
  readonly fence: Pick<Fence, 'lower'>;
  /** Told of every move, so that indexes can follow. */
  readonly moved: (from: Located, to: Located) => void;
}

/**
 * Moves a claimed task on. The order survives a crash anywhere: the record is in the file before the file moves, and the claim
 * is over once it has moved.
 */
export async function settleClaim(
  { places, fence, moved }: SettleParts,
  { task, generation }: Claim,
  settlement: Settlement,
): Promise<SettleResult> {
  const file = heldFile(places, task.id, generation.token);
  if (file === undefined) return { kind: 'stale-claim' };
  await noteRecord(places, file, settlement.record);
  // The fence first: once the file has moved, another worker may have claimed it and put up a fence of its own.
  await fence.lower(task.id);
  const there = await moveOut(places, file, targetOf(settlement));
  if (there === undefined) return { kind: 'stale-claim' };
  moved(file, there);
  releaseNote(places, task.id);
  return { kind: 'settled' };
}

/** Merges a record into the file of a task that stays claimed. */
export async function noteOnClaim(
  places: Places,
  { task, generation }: Claim,
  record: TaskRecord,
): Promise<SettleResult> {
  const file = heldFile(places, task.id, generation.token);
  if (file === undefined) return { kind: 'stale-claim' };
  await noteRecord(places, file, record);
  await syncFolder(places.folder('current'));
  return { kind: 'settled' };
}

/** The file in `current/` that the claim with this token still owns, or undefined. */
export function heldFile(places: Places, id: string, token: string): Located | undefined {
  const note = readNote(places.claims, id);
  if (note?.state !== 'claimed' || note.generation.token !== token) return undefined;
  return locate(places, id, ['current'])[0];
}

/** Merges a record into a task file, or changes its block otherwise. The caller syncs the folder that the file ends up in. */
export async function noteRecord(
  places: Places,
  file: Located,
  record: TaskRecord,
  before: (existing: RecordFields) => RecordFields = (existing) => existing,
): Promise<void> {
  const path = places.file(file.state, file.name);
  const text = readText(path);
  if (typeof text !== 'string') return;
  // A file that a hand broke meanwhile takes no record. It moves all the same, and is then named as unreadable.
  const noted = spliceRecord(text, file.extension, (existing) => mergeRecord(before(existing), record));
  if (noted === undefined || noted === text) return;
  try {
    await replaceFile(path, noted);
  } catch (error) {
    // A full disk takes no record either; where the task lies matters more.
    if (errorCode(error) === undefined) throw error;
  }
}

/** Ends the claim in its note; the number in it stays. A power cut may undo this: it ends the claimer as well. */
export function releaseNote(places: Places, id: string): void {
  const note = readNote(places.claims, id);
  if (note?.state === 'claimed') writeReleased(places.claims, note);
}

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
