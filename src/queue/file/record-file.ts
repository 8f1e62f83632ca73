import type { TaskRecord } from '../../core/task.ts';
import { changeText } from './disk.ts';
import type { Located } from './move.ts';
import type { Places } from './places.ts';
import type { RecordFields } from './record.ts';
import { mergeRecord } from './record.ts';
import { spliceRecord } from './splice.ts';
import { readText } from './task-reader.ts';

/**
 * Merges a record into a task file, or changes its block otherwise. Throws node's own error when the disk fails; the file is then
 * as it was. The caller syncs the folder that the file ends up in.
 */
export async function noteRecord(
  places: Places,
  file: Located,
  record: TaskRecord,
  before: (existing: RecordFields) => RecordFields = (existing) => existing,
): Promise<void> {
  const path = places.file(file.state, file.name);
  // A file that a hand broke meanwhile takes no record. It moves all the same, and is then named as unreadable.
  const read = () => {
    const text = readText(path);
    return typeof text === 'string' ? text : undefined;
  };
  await changeText(path, read, (text) =>
    spliceRecord(text, file.extension, (existing) => mergeRecord(before(existing), record)),
  );
}
