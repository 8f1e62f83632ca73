import { constants, copyFile, mkdir, readFile, readdir, rm, stat } from 'node:fs/promises';
import { join, parse } from 'node:path';
import { errorCode } from '../system/files.ts';
import type { SwarmContext } from './context.ts';
import { tell } from './context.ts';
import type { Place } from './place.ts';

/** Who proposes, whether it may, and how many new tasks the queue has room for. */
export interface Proposer {
  readonly by: string;
  readonly welcome: boolean;
  readonly room: number;
}

/** Larger files are refused unread. */
const maxBytes = 1024 * 1024;

/**
 * Moves the task files that an agent wrote in its worktree into the queue. They never become part of the diff; what is
 * refused is kept in the run's folder. Gives the ids that were added.
 */
export async function harvestTasks(context: SwarmContext, place: Place, proposer: Proposer): Promise<string[]> {
  const folder = join(place.folder, 'tasks', 'pending');
  const added: string[] = [];
  for (const name of await newFiles(folder, place.taskFiles)) {
    try {
      const id = await harvestOne(context, join(folder, name), proposer, added.length);
      if (id !== undefined) added.push(id);
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      tell(context, {
        type: 'problem:seen',
        message: `the proposed task ${join(folder, name)} stays where it is: ${why}`,
      });
    }
  }
  return added;
}

async function harvestOne(
  context: SwarmContext,
  path: string,
  proposer: Proposer,
  before: number,
): Promise<string | undefined> {
  const { name: id, ext: extension } = parse(path);
  const result = !proposer.welcome
    ? refusal(`${proposer.by} may not propose tasks (can_plan: false)`)
    : before >= proposer.room
      ? refusal(`the queue has room for ${String(proposer.room)} new tasks only`)
      : (await stat(path)).size > maxBytes
        ? refusal('a task file may have 1 MB at most')
        : await context.queue.add({
            id,
            extension,
            text: await readFile(path, 'utf8'),
            record: { created_by: `${proposer.by}, run ${context.log.id}` },
          });
  const kept = await setAside(context, path, result.kind === 'added' ? 'proposed' : 'refused');
  if (result.kind === 'added') {
    tell(context, { type: 'task:added', task: result.task.id, title: result.task.title, by: proposer.by });
    return result.task.id;
  }
  const { message, line, column } = result;
  tell(context, { type: 'task:refused', path: kept, line, column, message, by: proposer.by });
  return undefined;
}

function refusal(message: string) {
  return { kind: 'refused', message, line: 1, column: 1 } as const;
}

/** Out of the worktree, into the run's folder, beside others of the same name: nothing that an agent wrote is deleted. */
async function setAside(context: SwarmContext, path: string, kind: 'proposed' | 'refused'): Promise<string> {
  const folder = join(context.log.folder, kind);
  await mkdir(folder, { recursive: true });
  const { name, ext } = parse(path);
  for (let n = 1; ; n += 1) {
    const kept = n === 1 ? `${name}${ext}` : `${name}.${String(n)}${ext}`;
    try {
      await copyFile(path, join(folder, kept), constants.COPYFILE_EXCL);
    } catch (error) {
      if (errorCode(error) === 'EEXIST') continue;
      throw error;
    }
    await rm(path);
    return `runs/${context.log.id}/${kind}/${kept}`;
  }
}

async function newFiles(folder: string, known: ReadonlySet<string>): Promise<string[]> {
  try {
    const entries = await readdir(folder, { withFileTypes: true });
    return entries
      .filter((entry) => entry.isFile() && !known.has(entry.name) && /\.(ya?ml|json|md)$/.test(entry.name))
      .map((entry) => entry.name)
      .sort();
  } catch {
    return [];
  }
}
