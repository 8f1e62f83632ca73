import type { Generation, Task } from '../../core/task.ts';
import { withLock } from '../../system/lock.ts';
import type { Fence } from '../queue.ts';
import { idsBeingClaimed } from './claim-marker.ts';
import type { ClaimNote } from './claim-note.ts';
import { isOwnerAlive, readNote } from './claim-note.ts';
import { openFolder } from './folder.ts';
import { moveOut } from './move.ts';
import type { Places } from './places.ts';
import { makeFolders, placesOf, recoveryLock } from './places.ts';
import { noteRecord, releaseNote } from './settle.ts';
import type { TaskName } from './task-name.ts';
import { createTaskReader } from './task-reader.ts';

/** What recovery works with. */
export interface RecoveryOptions {
  /** Absolute path of the folder that holds `tasks/`. */
  readonly workspace: string;
  readonly claimsDir?: string;
  readonly fence?: Pick<Fence, 'lower'>;
  /** Whether the owner still works; by its process and host when left out. */
  readonly isLive?: (owner: Omit<ClaimNote, 'generation'>) => boolean;
  /** The commit on main that names this task, if there is one: then its work is done, whatever the file says. */
  readonly landedCommit?: (id: string, generation: Generation | undefined) => Promise<string | undefined>;
}

/** What became of a task whose owner is gone. `held` stays in `current/`, for `adopt`. */
export interface Recovered {
  readonly id: string;
  readonly how: 'completed' | 'released' | 'held';
}

/**
 * Puts right what ended runs left in `current/`. What belongs to a live process is not touched, and one recovery at a time looks.
 * A released task keeps its attempts: an interruption uses none.
 */
export async function recoverStranded(options: RecoveryOptions): Promise<Recovered[]> {
  const places = placesOf(options.workspace, options.claimsDir);
  await makeFolders(places);
  return withLock(recoveryLock(places), async () => {
    const current = openFolder(places.folder('current'));
    await current.refresh();
    const recovered: Recovered[] = [];
    for (const name of current.names.values()) {
      const how = await recoverOne(places, name, options);
      if (how !== undefined) recovered.push({ id: name.id, how });
    }
    return recovered;
  });
}

/** Undefined when somebody works on the task, or took it away. */
async function recoverOne(
  places: Places,
  name: TaskName,
  { fence, landedCommit, isLive = isOwnerAlive }: RecoveryOptions,
): Promise<Recovered['how'] | undefined> {
  // The note first: whoever claims in between has its marker up before the file moves.
  const note = readNote(places.claims, name.id);
  if (note?.state === 'claimed' && isLive(note)) return undefined;
  if (idsBeingClaimed(places).has(name.id)) return undefined;
  const file = { ...name, state: 'current' } as const;
  const commit = await landedCommit?.(name.id, note?.generation);
  if (commit !== undefined) await noteRecord(places, file, { outcome: 'landed', commit });
  else if (isHeld(places, name, note)) return 'held';
  const there = await moveOut(places, name, commit === undefined ? 'pending' : 'complete');
  if (there === undefined) return undefined;
  releaseNote(places, name.id);
  await fence?.lower(name.id);
  return commit === undefined ? 'released' : 'completed';
}

/** Held by the very claim that the note tells of: a block that says so may be older. */
function isHeld(places: Places, name: TaskName, note: ClaimNote | undefined): boolean {
  const read = createTaskReader().read(places.file('current', name.name), name);
  const record: Task['record'] = read?.kind === 'task' ? read.task.record : {};
  const isOfThisClaim =
    note === undefined || note.adopted === true || record.run === undefined || record.run === note.run;
  return record.outcome === 'held' && isOfThisClaim;
}
