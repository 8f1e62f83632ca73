import { createFileDurably } from '../../system/files.ts';
import type { AddResult, Draft } from '../queue.ts';
import { orDisk } from './disk.ts';
import { locate } from './move.ts';
import type { Places } from './places.ts';
import { makeFolders } from './places.ts';
import { mergeRecord } from './record.ts';
import { spliceRecord } from './splice.ts';
import { readTask } from './task-file.ts';
import { idProblem, knownExtension, nthId, taskExtensions } from './task-name.ts';

/**
 * Puts a new task into `pending/`, under a free id. A block of oompa's that the text brings along is not believed: it is replaced
 * by the draft's record.
 */
export async function addTask(places: Places, draft: Draft): Promise<AddResult> {
  return orDisk<AddResult>(() => addNow(places, draft), refused);
}

async function addNow(places: Places, draft: Draft): Promise<AddResult> {
  const badId = idProblem(draft.id);
  if (badId !== undefined) return refused(badId);
  const extension = knownExtension(draft.extension);
  if (extension === undefined)
    return refused(`task files end in ${taskExtensions.join(', ')}, not "${draft.extension}"`);
  const given = readTask(draft.text, { id: draft.id, extension });
  if (given.kind === 'unreadable') return { kind: 'refused', ...given.problem };
  const text = spliceRecord(draft.text, extension, () => mergeRecord({}, draft.record)) ?? draft.text;
  await makeFolders(places);
  for (let n = 1; ; n++) {
    const id = nthId(draft.id, n);
    if (locate(places, id).length > 0) continue;
    if ((await createFileDurably(places.file('pending', `${id}${extension}`), text)) === 'exists') continue;
    return { kind: 'added', task: { ...given.task, id, record: draft.record } };
  }
}

function refused(message: string): AddResult {
  return { kind: 'refused', message, line: 1, column: 1 };
}
