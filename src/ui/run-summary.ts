import { eventFormat } from '../core/event.ts';
import type { RunState } from '../core/run-state.ts';
import type { TaskRow } from '../core/run-tables.ts';
import { agentRows, allIterations, msBetween, taskRows, workerRows } from '../core/run-tables.ts';
import { countStandings } from '../core/summary.ts';
import { limitWords } from './budget-words.ts';
import { failureLines } from './failure-counts.ts';
import type { TroubleView } from './run-troubles.ts';
import { troubleLines } from './run-troubles.ts';
import { agentTable, taskTable, workerTable } from './run-tables.ts';
import { runVerdict } from './run-verdict.ts';
import {
  clockTime,
  counted,
  cut,
  money,
  oneLine,
  packed,
  shortCommit,
  spokenTime,
  tokenCount,
  wordFor,
} from './text.ts';

/** How a run is shown. */
export interface RunView extends TroubleView {
  /** ISO 8601; the end of a run that goes on. */
  readonly now: string;
  /** Whether `report.html` has been written. */
  readonly hasReport?: boolean;
}

/** One run from its headline to where its files lie: the end of `oompa swarm`. */
export function renderRun(state: RunState, view: RunView): string {
  const rows = taskRows(state);
  return pageOf([...troublesFirst(state, rows, view), ...tables(state, rows, view), places(state, view)]);
}

/** The same with what became of each task, step by step (`story`: blocks of lines), and with the agents that ran. */
export function renderRunStory(state: RunState, story: readonly (readonly string[])[], view: RunView): string {
  const rows = taskRows(state);
  return pageOf([
    ...troublesFirst(state, rows, view),
    ...story,
    ...tables(state, rows, view),
    agentTable(agentRows(state), view),
    places(state, view),
  ]);
}

/** Only these tasks of the run: their troubles, their story and their lines in the table. */
export function renderTaskStory(
  state: RunState,
  story: readonly (readonly string[])[],
  rows: readonly TaskRow[],
  view: RunView,
): string {
  return pageOf([
    headline(state, taskRows(state), view),
    troubleLines(state, rows, view),
    ...story,
    taskTable(rows, view),
  ]);
}

/** Blocks with an empty line between; those without a line are left out. */
export function pageOf(blocks: readonly (readonly string[])[]): string {
  return `${blocks
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n')}\n`;
}

function troublesFirst(state: RunState, rows: readonly TaskRow[], view: RunView): string[][] {
  const troubles = troubleLines(state, rows, view);
  return [
    headline(state, rows, view),
    troubles,
    failureLines(state, rows, { ...view, said: troubles }),
    noteLines(state, view),
  ];
}

function tables(state: RunState, rows: readonly TaskRow[], view: RunView): string[][] {
  return rows.length === 0 ? [] : [taskTable(rows, view), workerTable(workerRows(state), view)];
}

function headline(state: RunState, rows: readonly TaskRow[], view: RunView): string[] {
  const { head, end, lastAt, spent } = state;
  if (head === undefined) return [nothingYet(view.life)];
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

function nothingYet(life: RunView['life']): string {
  if (life === 'starting')
    return 'A run that is starting: it has written nothing into its log yet. Look again: oompa status';
  return life === 'crashed'
    ? 'A run that never started: its log is empty, and its process is gone. Start another: oompa swarm'
    : 'A run that wrote nothing into its log.';
}

/** What concerns no single task of the run: budgets that it reached, files that could not be read, what recovery did, trouble with the surroundings. */
function noteLines({ head, badFiles, recovered, budgets, problems }: RunState, { columns, paint }: RunView): string[] {
  const { schema = eventFormat, version = '' } = head ?? {};
  const foreign =
    schema === eventFormat
      ? []
      : [
          `problem: its log has event format ${String(schema)}, of oompa ${version}; this version knows ${String(eventFormat)}`,
        ];
  // Those of tasks and turns are told by the tasks.
  const reached = budgets
    .filter(({ scope }) => scope === 'run' || scope === 'pool')
    .map((budget) => `budget reached: ${limitWords(budget, budget.name)}`);
  const files = badFiles.map(
    ({ path, line, column, message, by }) =>
      `${by === undefined ? 'unreadable' : `refused from ${by}`}: ${path}:${String(line)}:${String(column)}  ${message}`,
  );
  const recoveries = recovered.map(({ task, how }) => `recovered: ${task}, ${wordFor(recoveryWords, how)}`);
  const notes = [
    ...foreign,
    ...reached,
    ...files,
    ...recoveries,
    ...problems.map(({ message }) => `problem: ${message}`),
  ];
  const shown = notes.slice(0, mostNotes).map((note) => paint('yellow', cut(`  ${oneLine(note)}`, columns)));
  return notes.length > mostNotes ? [...shown, `  and ${counted(notes.length - mostNotes, 'more note')}`] : shown;
}

const mostNotes = 8;

const recoveryWords = {
  completed: 'which was on main already',
  released: 'left by a run that was cut off',
  held: 'which still waits for your checkout',
} as const;

function places(state: RunState, { columns, folder, hasReport }: RunView): string[] {
  const reviews = allIterations(state).reduce((sum, each) => sum + each.reviews.length, 0);
  const { head, main } = state;
  const parts = [
    reviews === 0 ? '' : `reviews: ${folder}/reviews/ (${String(reviews)})`,
    hasReport === true ? `report: ${folder}/report.html` : '',
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
