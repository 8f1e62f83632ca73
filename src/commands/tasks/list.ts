import { join } from 'node:path';
import { loadConfig } from '../../config/load.ts';
import { configFile } from '../../config/schema.ts';
import { builtInHarnesses } from '../../harness/registry.ts';
import { renderTaskList } from '../../ui/tasks.ts';
import type { ExitCode, Io } from '../io.ts';
import { listedTasks, styleOf, withQueue } from './queue.ts';

/** `oompa tasks list`. */
export interface ListOptions {
  /** Complete tasks too. */
  readonly all?: boolean;
  readonly json?: boolean;
}

/** Shows all tasks, by state. */
export async function listTasks({ all = false, json = false }: ListOptions, io: Io): Promise<ExitCode> {
  return withQueue(io, async (queue, workspace) => {
    const listing = await queue.list();
    const tasks = listedTasks(listing);
    const { unreadable } = listing;
    if (json) io.stdout(`${JSON.stringify({ tasks, unreadable }, undefined, 2)}\n`);
    else io.stdout(renderTaskList({ tasks, unreadable, all, attempts: await attemptsIn(workspace) }, styleOf(io)));
    return 0;
  });
}

/** `limits.attempts`; a config with problems is no reason not to list tasks. */
async function attemptsIn(workspace: string): Promise<number | undefined> {
  const loaded = await loadConfig({ path: join(workspace, configFile), workspace, knownHarnesses: builtInHarnesses });
  return loaded.kind === 'loaded' ? loaded.config.limits.attempts : undefined;
}
