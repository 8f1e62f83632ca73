import { nearest } from '../../core/nearest.ts';
import { readinessOf, surroundingsOf } from '../../core/schedule.ts';
import { noFence, openFileQueue } from '../../queue/file/file-queue.ts';
import type { Queue, QueueListing } from '../../queue/queue.ts';
import type { ListedTask, TaskStyle } from '../../ui/tasks.ts';
import { painter } from '../../ui/paint.ts';
import type { ExitCode, Io } from '../io.ts';
import { openWorkspace } from '../workspace.ts';

/** Runs `work` with the queue of the workspace around `io.cwd`; 2 when there is none. These commands claim nothing. */
export async function withQueue(
  io: Io,
  work: (queue: Queue, workspace: string) => Promise<ExitCode>,
): Promise<ExitCode> {
  const repository = await openWorkspace(io, { identity: false });
  if (repository === undefined) return 2;
  const queue = await openFileQueue({ workspace: repository.root, fence: noFence });
  try {
    return await work(queue, repository.root);
  } finally {
    queue.close();
  }
}

/** The tasks of a listing, the pending ones with what they wait for. */
export function listedTasks({ tasks }: QueueListing): (ListedTask & { readonly path: string })[] {
  const of = (wanted: string) => tasks.filter(({ state }) => state === wanted).map(({ task }) => task);
  const complete = new Set(of('complete').map(({ id }) => id));
  const around = surroundingsOf(of('current'), (id) => complete.has(id));
  return tasks.map((each) =>
    each.state === 'pending' ? { ...each, readiness: readinessOf(each.task, around) } : each,
  );
}

/** The ids of all task files, unreadable ones included. */
export function knownIds({ tasks, unreadable }: QueueListing): string[] {
  const ids = [...tasks.map(({ task }) => task.id), ...unreadable.map(({ path }) => idIn(path))];
  return [...new Set(ids)];
}

/** The id that a task file's path gives. */
export function idIn(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1).replace(/\.[^.]+$/, '');
}

/** Says that there is no such task, which one may be meant, and how to see all. */
export function noSuchTask(id: string, listing: QueueListing): string {
  const meant = nearest(id, knownIds(listing));
  const guess = meant === undefined ? '.' : `; did you mean \`${meant}\`?`;
  return `There is no task \`${id}\`${guess} See all with: oompa tasks list\n`;
}

/** How this command's output is to look. */
export function styleOf(io: Io): TaskStyle {
  return { paint: painter(io.color), columns: io.columns, now: io.now() };
}
