import { readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import type { RunEvent } from '../../core/event.ts';
import { nearest } from '../../core/nearest.ts';
import type { RunLife } from '../../core/run-state.ts';
import { taskRows } from '../../core/run-tables.ts';
import type { TaskRow } from '../../core/run-tables.ts';
import { storiesOf } from '../../core/story.ts';
import type { Summary } from '../../core/summary.ts';
import { listRuns } from '../../runs/read-runs.ts';
import { painter } from '../../ui/paint.ts';
import { isOwnFile, tellEach } from '../../ui/report/told.ts';
import { renderReviews } from '../../ui/review-log.ts';
import type { ReviewedRound, ReviewLog } from '../../ui/review-log.ts';
import { standingWord } from '../../ui/run-tables.ts';
import { findRun } from '../find-run.ts';
import type { ExitCode, Io } from '../io.ts';
import { openWorkspace } from '../workspace.ts';

/** `oompa runs review TASK`. */
export interface ReviewsOptions {
  readonly task: string;
  /** An id, or how one begins or ends; the newest run that reviewed the task when left out. */
  readonly run?: string;
  /** False: without what changed between the rounds. */
  readonly diff?: boolean;
  readonly json?: boolean;
}

/** All rounds of review of a task in one run. 2 when there are none. */
export async function showReviews(options: ReviewsOptions, io: Io): Promise<ExitCode> {
  const repository = await openWorkspace(io, { identity: false });
  if (repository === undefined) return 2;
  const { task } = options;
  const wanted = options.run ?? (await runThatReviewed(repository.root, task, io));
  const run = wanted === undefined ? undefined : await findRun(io, repository.root, wanted);
  if (run === undefined) return 2;
  const { id, folder, life, events, state } = run;
  const rows = taskRows(state);
  const row = rows.find((each) => each.task === task);
  if (row === undefined || row.rounds === 0) {
    const known = rows.map((each) => each.task);
    const why = row === undefined ? `The run ${id} has no task ${task}${guessOf(task, known)}` : notReviewed(task, id);
    io.stderr(`${why} See what it did: oompa runs show ${id}${row === undefined ? '' : ` --task ${task}`}\n`);
    return 2;
  }
  const log = await reviewLog({ id, folder, life, events, row }, io.cwd);
  if (options.json === true) io.stdout(`${JSON.stringify(log, undefined, 2)}\n`);
  else io.stdout(renderReviews(log, { columns: io.columns, paint: painter(io.color), diffs: options.diff !== false }));
  return 0;
}

/** The id of the newest run that reviewed the task; undefined after saying on stderr that none did. */
async function runThatReviewed(workspace: string, task: string, io: Io): Promise<string | undefined> {
  const runs = await listRuns(workspace);
  const reviewed = runs.find(({ summary }) => reviewsOf(summary, task) > 0);
  if (reviewed !== undefined) return reviewed.id;
  const worked = runs.find(({ summary }) => summary.tasks.some(({ id }) => id === task));
  const known = runs.flatMap(({ summary }) => summary.tasks.map(({ id }) => id));
  if (runs.length === 0) io.stderr('No run yet. Start one with: oompa swarm\n');
  else if (worked === undefined)
    io.stderr(`No run has had a task ${task}${guessOf(task, known)} See the tasks with: oompa tasks list --all\n`);
  else io.stderr(`${notReviewed(task, worked.id)} See what it did: oompa runs show ${worked.id} --task ${task}\n`);
  return undefined;
}

function reviewsOf({ tasks }: Summary, task: string): number {
  const iterations = tasks.find(({ id }) => id === task)?.iterations ?? [];
  return iterations.reduce((sum, { reviews }) => sum + reviews.length, 0);
}

function notReviewed(task: string, run: string): string {
  return `${task} was not reviewed in the run ${run}.`;
}

function guessOf(task: string, known: readonly string[]): string {
  const meant = nearest(task, known);
  return meant === undefined ? '.' : `; did you mean \`${meant}\`?`;
}

interface ReviewedTask {
  readonly id: string;
  readonly folder: string;
  readonly life: RunLife;
  readonly events: readonly RunEvent[];
  readonly row: TaskRow;
}

async function reviewLog({ id, folder, life, events, row }: ReviewedTask, cwd: string): Promise<ReviewLog> {
  const stories = storiesOf(events).filter(({ task }) => task === row.task);
  const seen = (path: string) => relative(cwd, join(folder, path));
  const rounds = stories.flatMap(({ steps }) => {
    const attempt = steps.find((step) => step.type === 'task:claimed')?.attempt ?? 1;
    return tellEach(steps, (step) =>
      step.type === 'review:ended' ? [{ step, round: roundOf(step, attempt, seen) }] : [],
    );
  });
  const read = async (path: string | undefined) =>
    path === undefined || !isOwnFile(path) ? null : readFile(join(folder, path), 'utf8').catch(() => null);
  return {
    run: id,
    task: row.task,
    title: row.title,
    standing: standingWord(row.standing, life),
    rounds: await Promise.all(
      rounds.map(async ({ step, round }): Promise<ReviewedRound> => ({
        ...round,
        text: withoutFront(await read(step.log)),
        changed: await read(step.diff),
      })),
    ),
  };
}

type Reviewed = Extract<RunEvent, { readonly type: 'review:ended' }>;

/** What the log tells of a review. */
function roundOf(
  step: Reviewed,
  attempt: number,
  seen: (path: string) => string,
): Omit<ReviewedRound, 'text' | 'changed'> {
  const { worker, iteration, round, verdict, reviewer, at, ms, usage, summary, commit = null, log, diff } = step;
  return {
    ...{ worker, iteration, attempt, round, try: step.try ?? 1, verdict, reviewer, at, ms, usage, summary, commit },
    log: seen(log),
    diff: diff === undefined ? null : seen(diff),
  };
}

/** A review log without its front matter, which the event has told already. */
function withoutFront(text: string | null): string | null {
  return text?.replace(/^---\n[^]*?\n---\n/, '') ?? null;
}
