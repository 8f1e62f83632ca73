import type { Queue } from '../../queue/queue.ts';
import { unreachable } from '../../core/unreachable.ts';
import type { ExitCode, Io } from '../io.ts';
import { noSuchTask, withQueue } from './queue.ts';

/** `oompa tasks requeue ID…` or `--failed`. */
export interface RequeueOptions {
  readonly ids: readonly string[];
  /** All failed tasks. */
  readonly failed?: boolean;
}

/** Puts failed or blocked tasks back. 2 when one of them could not be; the others are put back all the same. */
export async function requeueTasks({ ids, failed = false }: RequeueOptions, io: Io): Promise<ExitCode> {
  if (ids.length === 0 && !failed) {
    io.stderr('Name the tasks to put back, or all failed ones: oompa tasks requeue --failed\n');
    return 2;
  }
  return withQueue(io, async (queue) => {
    const all = failed ? await failedIds(queue) : [];
    if (ids.length === 0 && all.length === 0) io.stdout('No task has failed. See all with: oompa tasks list --all\n');
    let code: ExitCode = 0;
    for (const id of new Set([...ids, ...all])) if (!(await requeueOne(queue, id, io))) code = 2;
    return code;
  });
}

async function failedIds(queue: Queue): Promise<string[]> {
  const { tasks } = await queue.list();
  return tasks.filter(({ state }) => state === 'failed').map(({ task }) => task.id);
}

async function requeueOne(queue: Queue, id: string, io: Io): Promise<boolean> {
  const result = await queue.requeue(id, {});
  switch (result.kind) {
    case 'requeued':
      io.stdout(`${id} is pending again\n`);
      return true;
    case 'not-found':
      io.stderr(noSuchTask(id, await queue.list()));
      return false;
    case 'wrong-state':
      io.stderr(
        `${id} is ${result.state}; only failed and blocked tasks can be put back. See: oompa tasks show ${id}\n`,
      );
      return false;
    case 'failed':
      io.stderr(`${id} stays where it is: ${result.why}. Try again with: oompa tasks requeue ${id}\n`);
      return false;
    default:
      return unreachable(result);
  }
}
