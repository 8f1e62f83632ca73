import { summarise } from '../core/summary.ts';
import type { QueueCounts } from '../queue/queue.ts';
import type { RunEntry, RunRecord } from '../runs/read-runs.ts';
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

/** What goes on in the workspace now: live and starting runs, the queue, and what waits for a person. */
export async function status(
  options: StatusOptions,
  io: Io,
  countTasks: (workspace: string) => Promise<QueueCounts> = countTaskFiles,
): Promise<ExitCode> {
  const repository = await openWorkspace(io, { identity: false });
  if (repository === undefined) return 2;
  const queue = await countTasks(repository.root);
  const { live, starting } = await runsOf(repository.root);
  const latest = live.length + starting.length > 0 ? undefined : await readRun(repository.root, 'latest');
  const last = latest?.kind === 'found' ? latest.run : undefined;
  if (options.json === true) {
    const runs = live.map(({ state }) => summarise(state));
    const before = last === undefined ? null : { life: last.life, ...summarise(last.state), run: last.id };
    const begun = starting.map(({ id, pid, host }) => ({ run: id, pid, host }));
    io.stdout(`${JSON.stringify({ queue, live: runs, starting: begun, last: before }, undefined, 2)}\n`);
  } else {
    const paint = painter(io.color);
    const now = io.now().toISOString();
    const states = live.map(({ state }) => state);
    io.stdout(
      renderStatus({ live: states, starting, last }, { columns: io.columns, rows: Infinity, paint, now, queue }),
    );
  }
  return 0;
}

async function runsOf(workspace: string): Promise<{ live: RunRecord[]; starting: RunEntry[] }> {
  const runs = await listRuns(workspace);
  const live = runs.filter(({ life }) => life === 'live');
  const found = await Promise.all(live.map(({ id }) => readRun(workspace, id)));
  return {
    live: found.flatMap((search) => (search.kind === 'found' && search.run.life === 'live' ? [search.run] : [])),
    starting: runs.filter(({ life }) => life === 'starting'),
  };
}

async function countTaskFiles(workspace: string): Promise<QueueCounts> {
  return (await readQueue(workspace)).counts;
}
