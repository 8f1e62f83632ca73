import type { RunLife } from '../core/run-state.ts';
import type { AgentRow, Standing, TaskRow, WorkerRow } from '../core/run-tables.ts';
import type { Usage } from '../core/usage.ts';
import type { Paint, Style } from './paint.ts';
import type { Column } from './table.ts';
import { table } from './table.ts';
import { elapsed, money, shortCommit, tokenCount } from './text.ts';

/** Where a table is shown. */
export interface TableView {
  readonly life: RunLife;
  readonly columns: number;
  readonly paint: Paint;
}

/** The tasks of a run; no line when there is none. */
export function taskTable(rows: readonly TaskRow[], view: TableView): string[] {
  return lines(
    taskColumns,
    rows.map((row) => taskCells(row, view)),
    view,
  );
}

/** The workers of a run. */
export function workerTable(rows: readonly WorkerRow[], view: TableView): string[] {
  return lines(workerColumns, rows.map(workerCells), view);
}

/** The harnesses and models that really ran; nothing where one did all. */
export function agentTable(rows: readonly AgentRow[], view: TableView): string[] {
  return rows.length < 2 ? [] : lines(agentColumns, rows.map(agentCells), view);
}

/** Where a task stands, in one or two words. */
export function standingWord(standing: Standing, life: RunLife): string {
  return standing === 'open' ? (life === 'live' ? 'going' : 'cut off') : standing;
}

/** The colour of such a word. */
export function standingStyle(word: string): Style | undefined {
  if (word === 'landed' || word === 'proposed') return 'green';
  return word === 'failed' || word === 'cut off' ? 'red' : 'yellow';
}

function lines(columns: readonly Column[], rows: readonly (readonly string[])[], view: TableView): string[] {
  return rows.length === 0 ? [] : table(columns, rows, { width: view.columns, paint: view.paint });
}

const taskColumns: readonly Column[] = [
  { title: 'task', align: 'left', shrinksTo: 12 },
  { title: 'outcome', align: 'left', style: standingStyle },
  { title: 'try', align: 'right' },
  { title: 'rounds', align: 'right' },
  { title: 'turns', align: 'right' },
  { title: 'time', align: 'right' },
  { title: 'tokens', align: 'right' },
  { title: 'cost', align: 'right' },
  { title: 'commit', align: 'left' },
];

function taskCells(row: TaskRow, { life }: TableView): string[] {
  return [
    row.task,
    standingWord(row.standing, life),
    String(row.attempt),
    String(row.rounds),
    String(row.turns),
    elapsed(row.ms),
    ...usageCells(row.usage),
    row.commit === undefined ? '' : shortCommit(row.commit),
  ];
}

const workerColumns: readonly Column[] = [
  { title: 'worker', align: 'left', shrinksTo: 12 },
  { title: 'iterations', align: 'right' },
  { title: 'landed', align: 'right' },
  { title: 'rejected', align: 'right' },
  { title: 'failed', align: 'right' },
  { title: 'turns', align: 'right' },
  { title: 'busy', align: 'right' },
  { title: 'tokens', align: 'right' },
  { title: 'cost', align: 'right' },
];

function workerCells(row: WorkerRow): string[] {
  return [
    row.worker.name,
    ...[row.iterations, row.landed, row.rejected, row.failed, row.turns].map(String),
    `${String(Math.round(row.busy * 100))} %`,
    ...usageCells(row.usage),
  ];
}

const agentColumns: readonly Column[] = [
  { title: 'agent', align: 'left', shrinksTo: 16 },
  { title: 'turns', align: 'right' },
  { title: 'reviews', align: 'right' },
  { title: 'failed', align: 'right' },
  { title: 'time', align: 'right' },
  { title: 'tokens', align: 'right' },
  { title: 'cost', align: 'right' },
];

function agentCells(row: AgentRow): string[] {
  const counts = [row.turns, row.reviews, row.failed].map(String);
  return [row.agent, ...counts, elapsed(row.ms), ...usageCells(row.usage)];
}

function usageCells({ input, output, costUsd }: Usage): [string, string] {
  return [tokenCount(input + output), costUsd === undefined ? '–' : money(costUsd)];
}
