import type { RunLife, RunState, WorkerState } from '../core/run-state.ts';
import { msBetween, taskRows } from '../core/run-tables.ts';
import { countStandings } from '../core/summary.ts';
import type { TaskState } from '../core/task.ts';
import type { Paint } from './paint.ts';
import { besideWords } from './phrases.ts';
import { runVerdict } from './run-verdict.ts';
import { sectionLines } from './screen-sections.ts';
import { counted, cut, elapsed, oneLine, shortCommit } from './text.ts';
import { saidLine, workerLayout, workerLine } from './worker-lines.ts';

/** How a screen is to be drawn. */
export interface ScreenSize {
  readonly columns: number;
  /** Lines that there is room for: a screen that doesn't fit can't be drawn in place. Endless where nothing is redrawn. */
  readonly rows: number;
  readonly paint: Paint;
  /** ISO 8601. */
  readonly now: string;
  /** The task files as they lie now; without them the queue is told from the run's own events. */
  readonly queue?: Readonly<Record<TaskState, number>>;
  /** The worker that a person has chosen: it has a mark, and is always among those that are shown. */
  readonly chosen?: string | undefined;
  /** What became of the run, where that is to be said: how it went, and what to do next. */
  readonly life?: RunLife;
}

/** What a run does now: the lines of the live view and of `oompa status`, at most `rows` of them. */
export function screenLines(state: RunState, asked: ScreenSize): string[] {
  const size = { ...asked, now: timeOf(state, asked) };
  const inner = { ...size, columns: widthOf(size) };
  const top = [headLine(state, size), noteLine(state, size)];
  const room = size.rows - top.length - 1;
  const workers = workerLines(state, inner, room);
  const lines = [...top, ...workers, '', ...sectionLines(state, inner, room - workers.length)];
  return lines.slice(0, Math.max(1, size.rows));
}

/** Lines that run over the whole of a wide terminal are hard to follow. */
function widthOf({ columns }: ScreenSize): number {
  return Math.min(columns, 100) - 2;
}

/** For a run that goes on no more the time stands still. */
function timeOf({ end, lastAt }: RunState, { life, now }: ScreenSize): string {
  return end?.at ?? (life === 'crashed' ? lastAt : undefined) ?? now;
}

function headLine({ head }: RunState, { paint, now, columns }: ScreenSize): string {
  if (head === undefined) return cut('oompa  starting', columns);
  const facts = [
    `run ${head.run}`,
    `${head.branch} ${shortCommit(head.base)}`,
    counted(head.workers.length, 'worker'),
    elapsed(msBetween(head.at, now)),
  ];
  return `${paint('bold', 'oompa')}  ${cut(facts.join(' · '), columns - 7)}`;
}

/** Takes the place of the empty line under the head, so that nothing moves. */
function noteLine(state: RunState, { paint, columns, life }: ScreenSize): string {
  const { draining: why, end, head } = state;
  if (life === 'ended' || life === 'crashed') {
    const { text, style } = runVerdict({ life, counts: countStandings(taskRows(state)), why: end?.why });
    return `       ${paint(style, cut(text, columns - 7))}`;
  }
  if (end !== undefined) return '';
  const note = why === undefined ? besideWords(head?.beside) : `takes no new tasks: ${oneLine(why)}`;
  return note === '' ? '' : paint('yellow', cut(`       ${note}`, columns));
}

/** What is kept free for what stands under the workers; more than that is cut, so that no worker ever moves. */
const [sectionsWanted, sectionsNeeded] = [8, 5];

/**
 * Two lines a worker, said or not, because what is redrawn must not jump; where they don't fit one, and where those don't
 * fit some of the workers.
 */
function workerLines({ workers }: RunState, size: ScreenSize, room: number): string[] {
  const layout = workerLayout(workers, size.columns);
  const lineOf = (worker: WorkerState) => marked(workerLine(worker, layout, size.now).trimEnd(), worker, size);
  if (workers.length * 2 <= room - sectionsWanted) {
    const lines = workers.flatMap((worker) => [lineOf(worker), saidLine(worker, layout, size.paint)]);
    return room === Infinity ? lines.filter((line) => line !== '') : lines;
  }
  const lines = Math.max(2, room - sectionsNeeded);
  if (workers.length <= lines) return workers.map(lineOf);
  const shown = lines - 1;
  const above = Math.max(0, workers.findIndex(({ name }) => name === size.chosen) - shown + 1);
  const below = workers.length - shown - above;
  const rest =
    above === 0 ? `and ${counted(below, 'more worker')}` : `${String(above)} more above, ${String(below)} below`;
  return [...workers.slice(above, above + shown).map(lineOf), `  … ${rest}`];
}

function marked(line: string, { name }: WorkerState, { chosen, paint }: ScreenSize): string {
  return name === chosen ? `${paint('bold', '>')}${line.slice(1)}` : line;
}
