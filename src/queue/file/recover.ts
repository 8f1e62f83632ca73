import type { Task, TaskRecord } from '../../core/task.ts';
import { isLocked, withLockIfFree } from '../../system/lock.ts';
import type { Fence, Owner, Recovered, RecoverOptions } from '../queue.ts';
import type { ClaimNote, LeaseTerms } from './claim-note.ts';
import { readNote, writeReleased } from './claim-note.ts';
import { orDisk, tolerating } from './disk.ts';
import { openFolder } from './folder.ts';
import { bringBackFromFuture, isLive } from './lease.ts';
import { locate, moveOut } from './move.ts';
import type { Located } from './move.ts';
import type { Places } from './places.ts';
import { taskLock } from './places.ts';
import { afterAttempt } from './record.ts';
import { noteRecord } from './record-file.ts';
import type { SettleParts } from './settle.ts';
import { idProblem } from './task-name.ts';
import { createTaskReader } from './task-reader.ts';

/** What recovery works with. */
export interface RecoverParts {
  readonly places: Places;
  readonly fence: Fence;
  readonly lease: Pick<LeaseTerms, 'now'>;
  readonly moved: SettleParts['moved'];
}

/** Puts right what owners that are gone left in `current/`; what is live, or is just changing hands, is not touched. */
export async function recoverTasks(parts: RecoverParts, options: RecoverOptions): Promise<Recovered[]> {
  const current = openFolder(parts.places.folder('current'));
  await current.refresh('now');
  const recovered: Recovered[] = [];
  for (const name of current.names.values()) {
    const found = await orDisk<Recovered | undefined>(
      () => recoverOne(parts, { ...name, state: 'current' }, options),
      (why) => ({ kind: 'failed', id: name.id, why }),
    );
    if (found !== undefined) recovered.push(found);
  }
  return recovered;
}

/** Undefined when the file has left `current/` meanwhile. */
async function recoverOne(parts: RecoverParts, file: Located, options: RecoverOptions): Promise<Recovered | undefined> {
  const { places, lease } = parts;
  const { id } = file;
  const lock = taskLock(places, id);
  if (options.dryRun === true && isLocked(lock)) return live(places, id);
  if (options.dryRun === true) return recoverLocked(parts, file, options);
  bringBackFromFuture(places.claims, id, lease.now());
  // Most are live: they need no lock to be left alone.
  const note = readNote(places.claims, id);
  if (note !== undefined && isLive(places.claims, note, lease.now())) return live(places, id);
  // Tried, not waited for: a process that is paused in the middle of a step keeps its claim until it wakes or dies.
  const tried = await withLockIfFree(lock, () => recoverLocked(parts, file, options));
  return tried.kind === 'done' ? tried.value : live(places, id);
}

async function recoverLocked(
  parts: RecoverParts,
  file: Located,
  { landedCommit, recordFor, dryRun }: RecoverOptions,
): Promise<Recovered | undefined> {
  const { places, lease, fence } = parts;
  const { id } = file;
  if (!locate(places, id, ['current']).some(({ name }) => name === file.name)) return undefined;
  const note = readNote(places.claims, id);
  if (note !== undefined && isLive(places.claims, note, lease.now())) return live(places, id);
  if (idProblem(id) !== undefined) return dryRun === true ? { kind: 'released', id } : release(parts, file, note);

  const revoked = await fence.revoke(id, { dryRun: dryRun === true });
  if (revoked.kind === 'landing') return live(places, id);
  if (revoked.kind === 'failed') return { kind: 'failed', id, why: revoked.why };
  // Looked for after the fence is down: from then on its claim can't land any more, so nobody is ever handed a task that an
  // earlier claim has landed or still will.
  const landed = await landedCommit?.(id, note?.generation);
  if (typeof landed === 'object') return { kind: 'failed', id, why: landed.unknown };
  if (landed !== undefined) {
    return dryRun === true
      ? { kind: 'completed', id, commit: landed }
      : complete(parts, file, { note, commit: landed });
  }
  if (isHeld(places, file, note)) return { kind: 'held', id };
  return dryRun === true ? { kind: 'released', id } : release(parts, file, note, recordFor?.(id));
}

async function complete(
  parts: RecoverParts,
  file: Located,
  { note, commit }: { readonly note: ClaimNote | undefined; readonly commit: string },
): Promise<Recovered | undefined> {
  const record: TaskRecord = { outcome: 'landed', commit };
  await noteRecord(parts.places, file, record, (existing) => afterAttempt(existing, record));
  const { id } = file;
  return (await moveOn(parts, file, { to: 'complete', note })) ? { kind: 'completed', id, commit } : undefined;
}

async function release(
  parts: RecoverParts,
  file: Located,
  note: ClaimNote | undefined,
  record?: TaskRecord,
): Promise<Recovered | undefined> {
  if (record !== undefined) await noteRecord(parts.places, file, record);
  return (await moveOn(parts, file, { to: 'pending', note })) ? { kind: 'released', id: file.id } : undefined;
}

/** False when the file is gone. */
async function moveOn(
  { places, moved }: RecoverParts,
  file: Located,
  { to, note }: { readonly to: 'complete' | 'pending'; readonly note: ClaimNote | undefined },
): Promise<boolean> {
  const there = await moveOut(places, file, to);
  if (there === undefined) return false;
  moved(file, there);
  if (note?.state === 'claimed') await tolerating(() => writeReleased(places.claims, note));
  return true;
}

function live(places: Places, id: string): Recovered {
  const note = readNote(places.claims, id);
  const owner: Owner | undefined = note?.state === 'claimed' ? { run: note.run, worker: note.worker } : undefined;
  return { kind: 'live', id, ...(owner === undefined ? {} : { owner }) };
}

/** Held by the very claim that the note tells of: a block that says so may be older. */
function isHeld(places: Places, file: Located, note: ClaimNote | undefined): boolean {
  const read = createTaskReader().read(places.file('current', file.name), file);
  const record: Task['record'] = read?.kind === 'task' ? read.task.record : {};
  const isOfThisClaim =
    note === undefined || note.adopted === true || record.run === undefined || record.run === note.run;
  return record.outcome === 'held' && isOfThisClaim;
}
