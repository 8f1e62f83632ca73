import type { TaskRecord, TaskState } from '../../core/task.ts';
import { syncFolder } from '../../system/files.ts';
import { withLock } from '../../system/lock.ts';
import type { RequeueResult } from '../queue.ts';
import { orDisk, tolerating } from './disk.ts';
import { locate, moveTask } from './move.ts';
import { makeFolders, taskLock } from './places.ts';
import type { RecordFields } from './record.ts';
import { afterAttempt, restarted } from './record.ts';
import { noteRecord } from './record-file.ts';
import type { SettleParts } from './settle.ts';
import { idProblem } from './task-name.ts';

type RequeueParts = Pick<SettleParts, 'places' | 'moved'>;

/** Puts a failed or blocked task back into `pending/`. Its attempts start again; what was learnt stays with it. */
export async function requeueTask(parts: RequeueParts, id: string, record: TaskRecord): Promise<RequeueResult> {
  if (idProblem(id) !== undefined) return { kind: 'not-found' };
  return orDisk<RequeueResult>(
    () => withLock(taskLock(parts.places, id), () => requeueLocked(parts, id, record)),
    (why) => ({ kind: 'failed', why }),
  );
}

async function requeueLocked({ places, moved }: RequeueParts, id: string, record: TaskRecord): Promise<RequeueResult> {
  const files = locate(places, id);
  const file = files.find(({ state }) => state === 'failed' || state === 'blocked');
  if (file === undefined) return files[0] === undefined ? { kind: 'not-found' } : wrongState(files[0].state);
  const twin = files.find((other) => other !== file);
  if (twin !== undefined) return wrongState(twin.state);
  await makeFolders(places);
  // Nobody has to go on in a session that was left with its question.
  const before = record.answer === undefined ? beginAnew : restarted;
  await noteRecord(places, file, record, before);
  switch (moveTask(places, file.name, file.state, 'pending')) {
    case 'moved':
      await tolerating(() => syncFolder(places.folder('pending')));
      moved(file, { ...file, state: 'pending' });
      return { kind: 'requeued' };
    case 'gone':
      return { kind: 'not-found' };
    case 'taken':
      return wrongState('pending');
  }
}

function beginAnew(existing: RecordFields): RecordFields {
  return afterAttempt(restarted(existing), {});
}

function wrongState(state: TaskState): RequeueResult {
  return { kind: 'wrong-state', state };
}
