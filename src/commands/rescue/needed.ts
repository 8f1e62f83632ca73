import type { Rescue } from '../../git/rescue/rescues.ts';
import { readQueue } from '../read-queue.ts';

/** The tasks that go on from a rescue, by its ref: those that are not at their end, and those whose file nobody can read. */
export async function neededRescues(workspace: string, rescues: readonly Rescue[]): Promise<Map<string, string>> {
  const { listing } = await readQueue(workspace);
  const open = listing.tasks.filter(({ state }) => state !== 'complete' && state !== 'failed');
  const told = open.flatMap(({ task }): [string, string][] => {
    return task.record.rescue === undefined ? [] : [[task.record.rescue, task.id]];
  });
  const unreadable = new Set(listing.unreadable.map(({ path }) => idIn(path)));
  const unknown = rescues.filter(({ task }) => unreadable.has(task));
  return new Map([...unknown.map(({ ref, task }): [string, string] => [ref, task]), ...told]);
}

function idIn(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1).replace(/\.[^.]+$/, '');
}
