import { summarise } from '../core/summary.ts';
import type { QueueCounts } from '../queue/queue.ts';
import type { RunRecord } from '../runs/read-runs.ts';
import { listRuns, readRun } from '../runs/read-runs.ts';
import { painter } from '../ui/paint.ts';
import { renderStatus } from '../ui/status.ts';
import type { ExitCode, Io } from './io.ts';
import { readQueue } from './read-queue.ts';
import { openWorkspace } from './workspace.ts';

/** `oompa status`. */
export interface StatusOptions {
  readonly json?: boolean;
}

/** What goes on in the workspace now: live runs, the queue, and what waits for a person. */
export async function status(
  options: StatusOptions,
  io: Io,
  countTasks: (workspace: string) => Promise<QueueCounts> = countTaskFiles,
): Promise<ExitCode> {
  const repository = await openWorkspace(io, { identity: false });
  if (repository === undefined) return 2;
  const queue = await countTasks(repository.root);
  const live = await liveRuns(repository.root);
  const latest = live.length > 0 ? undefined : await readRun(repository.root, 'latest');
  const last = latest?.kind === 'found' ? latest.run : undefined;
  if (options.json === true) {
    const runs = live.map(({ state }) => summarise(state));
    const before = last === undefined ? null : { life: last.life, ...summarise(last.state) };
    io.stdout(`${JSON.stringify({ queue, live: runs, last: before }, undefined, 2)}\n`);
  } else {
    const paint = painter(io.color);
    const now = io.now().toISOString();
    const states = live.map(({ state }) => state);
    io.stdout(renderStatus({ live: states, last }, { columns: io.columns, rows: Infinity, paint, now, queue }));
  }
  return 0;
}

async function liveRuns(workspace: string): Promise<RunRecord[]> {
  const live = (await listRuns(workspace)).filter(({ life }) => life === 'live');
  const found = await Promise.all(live.map(({ id }) => readRun(workspace, id)));
  return found.flatMap((search) => (search.kind === 'found' && search.run.life === 'live' ? [search.run] : []));
}

async function countTaskFiles(workspace: string): Promise<QueueCounts> {
  return (await readQueue(workspace)).counts;
}
