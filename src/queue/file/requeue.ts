import type { TaskRecord, TaskState } from '../../core/task.ts';
import { syncFolder } from '../../system/files.ts';
import type { RequeueResult } from '../queue.ts';
import { locate, moveTask } from './move.ts';
import { makeFolders } from './places.ts';
import { restarted } from './record.ts';
import type { SettleParts } from './settle.ts';
import { noteRecord } from './settle.ts';
import { idProblem } from './task-name.ts';

/** Puts a failed or blocked task back into `pending/`. Its attempts start again; what was learnt stays with it. */
export async function requeueTask(
  { places, moved }: Pick<SettleParts, 'places' | 'moved'>,
  id: string,
  record: TaskRecord,
): Promise<RequeueResult> {
  const files = idProblem(id) === undefined ? locate(places, id) : [];
  const file = files.find(({ state }) => state === 'failed' || state === 'blocked');
  if (file === undefined) return files[0] === undefined ? { kind: 'not-found' } : wrongState(files[0].state);
  const twin = files.find((other) => other !== file);
  if (twin !== undefined) return wrongState(twin.state);
  await makeFolders(places);
  await noteRecord(places, file, record, restarted);
  switch (moveTask(places, file.name, file.state, 'pending')) {
    case 'moved':
      await syncFolder(places.folder('pending'));
      moved(file, { ...file, state: 'pending' });
      return { kind: 'requeued' };
    case 'gone':
      return { kind: 'not-found' };
    case 'taken':
      return wrongState('pending');
  }
}

function wrongState(state: TaskState): RequeueResult {
  return { kind: 'wrong-state', state };
}
