import type { RunState } from '../core/run-state.ts';
import type { TaskRow, WorkerRow } from '../core/run-tables.ts';
import { allIterations, msBetween, taskRows, workerRows } from '../core/run-tables.ts';
import { countStandings } from '../core/summary.ts';
import type { Usage } from '../core/usage.ts';
import { failureLines } from './failure-counts.ts';
import type { Style } from './paint.ts';
import type { TroubleView } from './run-troubles.ts';
import { troubleLines } from './run-troubles.ts';
import { runVerdict } from './run-verdict.ts';
import type { Column } from './table.ts';
import { table } from './table.ts';
import {
  clockTime,
  counted,
  cut,
  elapsed,
  money,
  oneLine,
  packed,
  shortCommit,
  spokenTime,
  tokenCount,
} from './text.ts';

/** How a run is shown. */
export interface RunView extends TroubleView {
  /** ISO 8601; the end of a run that goes on. */
  readonly now: string;
}

/** One run from its headline to where its files lie: the end of `oompa swarm`, and `oompa runs show`. */
export function renderRun(state: RunState, view: RunView): string {
  const rows = taskRows(state);
  const troubles = troubleLines(state, rows, view);
  const blocks = [
    headline(state, rows, view),
    troubles,
    failureLines(state, rows, { ...view, said: troubles }),
    noteLines(state, view),
    rows.length === 0
      ? []
      : table(
          taskColumns,
          rows.map((row) => taskCells(row, view)),
          { width: view.columns, paint: view.paint },
        ),
    rows.length === 0
      ? []
      : table(workerColumns, workerRows(state).map(workerCells), { width: view.columns, paint: view.paint }),
    places(state, view),
  ];
  return `${blocks
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n')}\n`;
}

function headline(state: RunState, rows: readonly TaskRow[], view: RunView): string[] {
  const { head, end, lastAt, spent } = state;
  if (head === undefined) return ['A run that wrote nothing into its log.'];
  const counts = countStandings(rows);
  const verdict = runVerdict({ life: view.life, counts, why: end?.why });
  const until = end?.at ?? (view.life === 'live' ? view.now : (lastAt ?? head.at));
  const span = `${clockTime(head.at).slice(0, 5)}–${clockTime(until).slice(0, 5)}, ${spokenTime(msBetween(head.at, until))}`;
  const cost = money(spent.costUsd);
  const used = `${cost === '' ? '' : `${cost}, `}${tokenCount(spent.input + spent.output)} tokens`;
  const lines = packed([`run ${head.run}`, verdict.text, span, used], '  ', view.columns);
  return lines.map(
    (line, index) =>
      `${index === 0 ? '' : '  '}${line.replace(verdict.text, () => view.paint(verdict.style, verdict.text))}`,
  );
}

/** What concerns no single task of the run: files that could not be read, what recovery did, trouble with the surroundings. */
function noteLines({ badFiles, recovered, problems }: RunState, { columns, paint }: RunView): string[] {
  const files = badFiles.map(
    ({ path, line, column, message, by }) =>
      `${by === undefined ? 'unreadable' : `refused from ${by}`}: ${path}:${String(line)}:${String(column)}  ${message}`,
  );
  const recoveries = recovered.map(({ task, how }) => `recovered: ${task}, ${recoveryWords[how]}`);
  const notes = [...files, ...recoveries, ...problems.map(({ message }) => `problem: ${message}`)];
  const shown = notes.slice(0, mostNotes).map((note) => paint('yellow', cut(`  ${oneLine(note)}`, columns)));
  return notes.length > mostNotes ? [...shown, `  and ${counted(notes.length - mostNotes, 'more note')}`] : shown;
}

const mostNotes = 8;

const recoveryWords = {
  completed: 'which was on main already',
  released: 'left by a run that was cut off',
  held: 'which still waits for your checkout',
} as const;

const taskColumns: readonly Column[] = [
  { title: 'task', align: 'left', shrinksTo: 12 },
  { title: 'outcome', align: 'left', style: outcomeStyle },
  { title: 'try', align: 'right' },
  { title: 'rounds', align: 'right' },
  { title: 'turns', align: 'right' },
  { title: 'time', align: 'right' },
  { title: 'tokens', align: 'right' },
  { title: 'cost', align: 'right' },
  { title: 'commit', align: 'left' },
];

function taskCells(row: TaskRow, { life }: RunView): string[] {
  return [
    row.task,
    row.standing === 'open' ? (life === 'live' ? 'going' : 'cut off') : row.standing,
    String(row.attempt),
    String(row.rounds),
    String(row.turns),
    elapsed(row.ms),
    ...usageCells(row.usage),
    row.commit === undefined ? '' : shortCommit(row.commit),
  ];
}

function outcomeStyle(outcome: string): Style | undefined {
  if (outcome === 'landed' || outcome === 'proposed') return 'green';
  return outcome === 'failed' || outcome === 'cut off' ? 'red' : 'yellow';
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

function usageCells({ input, output, costUsd }: Usage): [string, string] {
  return [tokenCount(input + output), costUsd === undefined ? '–' : money(costUsd)];
}

function places(state: RunState, { columns, folder }: RunView): string[] {
  const reviews = allIterations(state).reduce((sum, each) => sum + each.reviews.length, 0);
  const { head, main } = state;
  const parts = [
    reviews === 0 ? '' : `reviews: ${folder}/reviews/ (${String(reviews)})`,
    `log: ${folder}/events.jsonl`,
    head === undefined || main === undefined || main === head.base
      ? ''
      : `landed: git log --oneline ${shortCommit(head.base)}..${shortCommit(main)}`,
  ];
  return packed(
    parts.filter((part) => part !== ''),
    '   ',
    columns,
  );
}
