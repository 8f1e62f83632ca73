import type { RunEvent } from '../core/event.ts';
import { foldRun } from '../core/fold-run.ts';
import type { RunState, WorkerState } from '../core/run-state.ts';
import { emptyRun } from '../core/run-state.ts';
import { msBetween } from '../core/run-tables.ts';
import type { EventLine } from './event-lines.ts';
import { eventLine, lineText } from './event-lines.ts';
import type { Paint } from './paint.ts';
import type { Clock, Reporter } from './reporter.ts';
import { systemClock } from './reporter.ts';
import { renderRun } from './run-summary.ts';
import { spentLine } from './screen-sections.ts';
import { elapsed, someOf } from './text.ts';

/** What the plain view needs. */
export interface PlainOptions {
  readonly write: (text: string) => void;
  readonly paint: Paint;
  /** Asked for at the end: a terminal changes its size. */
  readonly columns: () => number;
  /** The run's folder, as a person would type it. */
  readonly folder: string;
  /** Whether `report.html` is there when the run has ended. */
  readonly hasReport?: boolean;
  readonly clock?: Clock;
}

/** The view of a run on a pipe: one line an event that a person cares about, one a minute when nothing else happens, and the summary. */
export function plainReporter(options: PlainOptions): Reporter {
  const { write, paint, columns, folder, hasReport = false, clock = systemClock } = options;
  let state = emptyRun;
  let saidAt = clock.now().getTime();
  /** Turns that ended ready: their lines wait for what was committed. */
  const ready = new Map<string, RunEvent>();

  const say = (line: EventLine | undefined): void => {
    if (line === undefined) return;
    saidAt = clock.now().getTime();
    write(`${lineText(line)}\n`);
  };
  const sayReady = (worker: string, files?: number): void => {
    const turn = ready.get(worker);
    if (turn === undefined) return;
    ready.delete(worker);
    say(eventLine(turn, undefined, files));
  };
  const sayAllReady = () => {
    for (const worker of [...ready.keys()]) sayReady(worker);
  };
  const stop = clock.every(5000, () => {
    if (state.head === undefined || clock.now().getTime() - saidAt < minute) return;
    sayAllReady();
    const at = clock.now().toISOString();
    say({ at, label: 'still', text: stillWords(state, at) });
  });

  return {
    event: (event) => {
      const worker = workerOf(state, event);
      state = foldRun(state, event);
      if ('worker' in event && event.type !== 'turn:said') {
        sayReady(event.worker, event.type === 'work:committed' ? event.files.length : undefined);
      }
      if (event.type === 'turn:ended' && event.signal === 'ready') ready.set(event.worker, event);
      else if (!isOldNews(event, worker)) say(eventLine(event, worker?.iteration));
    },
    end: () => {
      stop();
      sayAllReady();
      const life = state.end === undefined ? 'crashed' : 'ended';
      const now = clock.now().toISOString();
      const view = { life, columns: columns(), paint, folder, now, hasReport } as const;
      if (state.head !== undefined) write(`\n${renderRun(state, view)}`);
    },
  };
}

const minute = 60_000;

function workerOf({ workers }: RunState, event: RunEvent): WorkerState | undefined {
  return 'worker' in event ? workers.find(({ name }) => name === event.worker) : undefined;
}

/** A worker that looks again and still waits for the same. */
function isOldNews(event: RunEvent, worker: WorkerState | undefined): boolean {
  return event.type === 'worker:waiting' && worker?.doing.kind === 'waiting' && worker.doing.why === event.why;
}

/** `3 working (add-login 03:41, fix-parser 01:07), 12 pending, $1.84 · 212k tokens`. */
function stillWords(state: RunState, now: string): string {
  const going = state.workers.flatMap(({ iteration }) => iteration ?? []);
  const each = going.map(({ task, claimedAt }) => `${task} ${elapsed(msBetween(claimedAt, now))}`);
  const working = going.length === 0 ? 'nobody works' : `${String(going.length)} working (${someOf(each, 4)})`;
  return `${working}, ${String(state.pending)} pending, ${spentLine(state)}`;
}
