import { existsSync } from 'node:fs';
import { join, relative } from 'node:path';
import { nearest } from '../../core/nearest.ts';
import { taskRows } from '../../core/run-tables.ts';
import { summarise } from '../../core/summary.ts';
import type { RunRecord } from '../../runs/read-runs.ts';
import { runFiles } from '../../runs/run-folder.ts';
import { painter } from '../../ui/paint.ts';
import { planningStory, runStory, waitedStory } from '../../ui/run-story.ts';
import { renderRunStory, renderTaskStory } from '../../ui/run-summary.ts';
import { findRun } from '../find-run.ts';
import type { ExitCode, Io } from '../io.ts';
import { openWorkspace } from '../workspace.ts';

/** `oompa runs show [run]`. */
export interface ShowRunOptions {
  /** An id, or how one begins or ends; the newest run when left out. */
  readonly run?: string;
  /** Only this task. */
  readonly task?: string;
  /** The story of every task, however many there are. */
  readonly all?: boolean;
  readonly json?: boolean;
}

/** One run: whole, still going or cut off. */
export async function showRun(options: ShowRunOptions, io: Io): Promise<ExitCode> {
  const repository = await openWorkspace(io, { identity: false });
  if (repository === undefined) return 2;
  const run = await findRun(io, repository.root, options.run);
  return run === undefined ? 2 : print(run, options, io);
}

function print(run: RunRecord, options: ShowRunOptions, io: Io): ExitCode {
  const { state, life, events } = run;
  const folder = relative(io.cwd, run.folder);
  const { task } = options;
  const rows = taskRows(state);
  if (task !== undefined && rows.every((row) => row.task !== task)) {
    io.stderr(`The run ${run.id} has no task ${task}${guessOf(task, rows)} See them with: oompa runs show ${run.id}\n`);
    return 2;
  }
  if (options.json === true) {
    const { tasks, ...summary } = summarise(state);
    const shown = tasks.filter(({ id }) => task === undefined || id === task);
    io.stdout(`${JSON.stringify({ life, folder, ...summary, tasks: shown }, undefined, 2)}\n`);
    return 0;
  }
  const hasReport = existsSync(join(run.folder, runFiles.report));
  const named = options.run === undefined ? '' : ` --run ${run.id}`;
  const looks = { columns: io.columns, paint: painter(io.color), now: io.now().toISOString() };
  const view = { life, folder, hasReport, run: named, ...looks };
  const most = options.all === true ? Infinity : mostTold;
  const shown = rows.filter((row) => task === undefined || row.task === task);
  const told = runStory(events, shown, { ...view, most });
  const story = task === undefined ? [planningStory(events, view), waitedStory(events, view), ...told] : told;
  io.stdout(task === undefined ? renderRunStory(state, story, view) : renderTaskStory(state, story, shown, view));
  return 0;
}

/** More than that nobody reads at once. */
const mostTold = 20;

function guessOf(task: string, rows: readonly { readonly task: string }[]): string {
  const meant = nearest(
    task,
    rows.map((row) => row.task),
  );
  return meant === undefined ? '.' : `; did you mean \`${meant}\`?`;
}
