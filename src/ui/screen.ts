import type { IterationRecord, RunState } from '../core/run-state.ts';
import type { Standing } from '../core/run-tables.ts';
import { lastIterations, msBetween, standingOf } from '../core/run-tables.ts';
import { countStandings } from '../core/summary.ts';
import type { TaskState } from '../core/task.ts';
import { taskStates } from '../core/task.ts';
import type { Paint } from './paint.ts';
import { besideWords, heldWords, outcomeMessage } from './phrases.ts';
import { clockTime, counted, cut, elapsed, left, money, oneLine, packed, shortCommit, tokenCount } from './text.ts';
import { saidLine, workerLayout, workerLine } from './worker-lines.ts';

/** How a screen is to be drawn. */
export interface ScreenSize {
  readonly columns: number;
  /** Lines of the terminal: a screen that doesn't fit can't be drawn in place. Endless where nothing is redrawn. */
  readonly rows: number;
  readonly paint: Paint;
  /** ISO 8601. */
  readonly now: string;
  /** The task files as they lie now; without them the queue is told from the run's own events. */
  readonly queue?: Readonly<Record<TaskState, number>>;
}

/** What a run does now: the lines of the live view and of `oompa status`. */
export function screenLines(state: RunState, size: ScreenSize): string[] {
  const width = widthOf(size);
  const top = [headLine(state, size), noteLine(state, size)];
  const bottom = [...queueLines(state, { ...size, columns: width })];
  return [
    ...top,
    ...workerLines(state, { ...size, columns: width }, size.rows - top.length - bottom.length - 2),
    '',
    ...bottom,
  ];
}

/** Lines that run over the whole of a wide terminal are hard to follow. */
function widthOf({ columns }: ScreenSize): number {
  return Math.min(columns, 100) - 2;
}

function headLine({ head, end }: RunState, { paint, now, columns }: ScreenSize): string {
  if (head === undefined) return cut('oompa  starting', columns);
  const facts = [
    `run ${head.run}`,
    `${head.branch} ${shortCommit(head.base)}`,
    counted(head.workers.length, 'worker'),
    elapsed(msBetween(head.at, end?.at ?? now)),
  ];
  return `${paint('bold', 'oompa')}  ${cut(facts.join(' · '), columns - 7)}`;
}

/** Takes the place of the empty line under the head, so that nothing moves. */
function noteLine({ draining: why, end, head }: RunState, { paint, columns }: ScreenSize): string {
  if (end !== undefined) return '';
  const note = why === undefined ? besideWords(head?.beside) : `takes no new tasks: ${oneLine(why)}`;
  return note === '' ? '' : paint('yellow', cut(`       ${note}`, columns));
}

/**
 * Two lines a worker, said or not, because what is redrawn must not jump; where they don't fit one, and where those don't
 * fit the first workers.
 */
function workerLines({ workers }: RunState, size: ScreenSize, room: number): string[] {
  const layout = workerLayout(workers, size.columns);
  const lineOf = (worker: (typeof workers)[number]) => workerLine(worker, layout, size.now).trimEnd();
  if (workers.length * 2 <= room) {
    const lines = workers.flatMap((worker) => [lineOf(worker), saidLine(worker, layout, size.paint)]);
    return room === Infinity ? lines.filter((line) => line !== '') : lines;
  }
  if (workers.length <= room) return workers.map(lineOf);
  const shown = Math.max(1, room - 1);
  return [...workers.slice(0, shown).map(lineOf), `  … and ${counted(workers.length - shown, 'more worker')}`];
}

/** The queue, what landed, what waits for a person, and what it cost. */
function queueLines(state: RunState, size: ScreenSize): string[] {
  const records = lastIterations(state);
  const lastLanded = records.filter((record) => isLanded(record)).slice(-3);
  const problem = state.problems.at(-1);
  const room = size.columns - indent;
  return [
    ...section('queue', [cut(queueWords(size.queue ?? queueSeen(state, records)), room)]),
    ...section(
      'landed',
      lastLanded.map((record) => landedLine(record, size)),
    ),
    ...linesOfWaiting(records, size),
    ...section('problem', problem === undefined ? [] : [cut(oneLine(problem.message), room)]),
    ...section('spent', [cut(spentLine(state), room)]),
  ];
}

/** What failed, what is held and who asks: the last few of each. */
export function waitingLines(state: RunState, size: ScreenSize): string[] {
  return linesOfWaiting(lastIterations(state), size);
}

function linesOfWaiting(records: readonly IterationRecord[], size: ScreenSize): string[] {
  const last = (standing: Standing) => records.filter((record) => standingOf(record) === standing).slice(-3);
  const yellow = (label: string) => size.paint('yellow', label);
  return [
    ...section(
      'failed',
      last('failed').map((record) => failedLine(record, size)),
      (label) => size.paint('red', label),
    ),
    ...section(
      'held',
      last('held').map((record) => heldLine(record, size)),
      yellow,
    ),
    ...section(
      'asks',
      last('asks').flatMap((record) => asksLines(record, size)),
      yellow,
    ),
  ];
}

function section(name: string, lines: readonly string[], style = (label: string) => label): string[] {
  const label = left(name, indent - 4);
  return lines.map((line, index) => `  ${index === 0 ? style(label) : ' '.repeat(indent - 4)}  ${line}`);
}

const indent = 11;

/** What the events of a run tell of the queue; what people do to it meanwhile is not in it. */
function queueSeen(state: RunState, records: readonly IterationRecord[]): Record<TaskState, number> {
  const counts = countStandings(records.map((record) => ({ standing: standingOf(record) })));
  return {
    pending: state.pending,
    current: counts.open + counts.held,
    complete: counts.landed + counts.proposed + state.recovered.filter(({ how }) => how === 'completed').length,
    failed: counts.failed,
    blocked: counts.asks,
  };
}

/** `12 pending   3 current   7 complete   1 failed   1 blocked`. */
export function queueWords(counts: Readonly<Record<TaskState, number>>): string {
  return taskStates.map((state) => `${String(counts[state])} ${state}`).join('   ');
}

function isLanded(record: IterationRecord): record is Landed {
  return record.landing !== undefined;
}

type Landed = IterationRecord & { readonly landing: NonNullable<IterationRecord['landing']> };

function landedLine({ task, reviews, landing }: Landed, { columns, paint }: ScreenSize): string {
  const rounds = counted(new Set(reviews.map(({ round }) => round)).size, 'round');
  const facts = [
    clockTime(landing.at),
    left(task, 15),
    left(rounds, 8),
    shortCommit(landing.commit),
    oneLine(landing.title),
  ];
  const line = cut(facts.join('  '), columns - indent);
  return `${paint('green', line.slice(0, 8))}${line.slice(8)}`;
}

function failedLine({ task, turns, ended }: IterationRecord, { columns }: ScreenSize): string {
  const agent = turns.at(-1) ?? { harness: 'the agent' };
  const what = ended === undefined ? '' : outcomeMessage(ended.outcome, agent).what;
  return cut(`${task}: ${what}`, columns - indent);
}

function heldLine({ task, held }: IterationRecord, { columns }: ScreenSize): string {
  return cut(
    `${task}: ${held === undefined ? 'approved, and waits for your checkout' : heldWords(held)}`,
    columns - indent,
  );
}

/** The question and how to answer it, on one line where they fit. */
function asksLines({ task, ended }: IterationRecord, { columns }: ScreenSize): string[] {
  const outcome = ended?.outcome;
  const question = `${task}: ${outcome?.kind === 'needs-input' ? oneLine(outcome.question) : ''}`;
  const answer = `oompa tasks answer ${task} "…"`;
  return packed([question, answer], '   ', columns - indent).map((line) => cut(line, columns - indent));
}

/** `$1.84 of $20.00 · 212k tokens`. */
export function spentLine({ spent, head }: RunState): string {
  const cost = money(spent.costUsd);
  const tokens = tokenCount(spent.input + spent.output);
  const ofCost = head?.maxCostUsd === undefined ? '' : ` of ${money(head.maxCostUsd)}`;
  const ofTokens = head?.maxTokens === undefined ? '' : ` of ${tokenCount(head.maxTokens)}`;
  return [cost === '' ? '' : `${cost}${ofCost}`, `${tokens}${ofTokens} tokens`]
    .filter((part) => part !== '')
    .join(' · ');
}
