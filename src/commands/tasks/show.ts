import { renderTask } from '../../ui/task.ts';
import type { ExitCode, Io } from '../io.ts';
import { idIn, listedTasks, noSuchTask, styleOf, withQueue } from './queue.ts';

/** `oompa tasks show ID`. */
export interface ShowOptions {
  readonly id: string;
  readonly json?: boolean;
}

/** Shows one task with everything that oompa noted. 1 when its file cannot be read, 2 when there is none. */
export async function showTask({ id, json = false }: ShowOptions, io: Io): Promise<ExitCode> {
  return withQueue(io, async (queue) => {
    const listing = await queue.list();
    const found = listedTasks(listing).find(({ task }) => task.id === id);
    if (found !== undefined) {
      io.stdout(json ? `${JSON.stringify(found, undefined, 2)}\n` : renderTask(found, styleOf(io)));
      return 0;
    }
    const unreadable = listing.unreadable.filter(({ path }) => idIn(path) === id);
    for (const { path, line, column, message } of unreadable) io.stderr(`${path}:${line}:${column}  ${message}\n`);
    if (unreadable.length > 0) {
      io.stderr('Mend it, then check with: oompa tasks lint\n');
      return 1;
    }
    io.stderr(noSuchTask(id, listing));
    return 2;
  });
}
