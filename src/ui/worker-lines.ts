import type { Doing, WorkerState } from '../core/run-state.ts';
import { msBetween, usageOf } from '../core/run-tables.ts';
import type { Paint } from './paint.ts';
import { cut, displayWidth, elapsed, left, oneLine, right, tokenCount } from './text.ts';

/** How wide the parts of a worker's line are; the same for all workers, so that nothing jumps. */
export interface WorkerLayout {
  readonly width: number;
  readonly name: number;
  readonly task: number;
}

/** The layout for `workers` in `width` columns. */
export function workerLayout(workers: readonly WorkerState[], width: number): WorkerLayout {
  return { width, name: Math.min(16, Math.max(8, ...workers.map(({ name }) => displayWidth(name)))), task: 15 };
}

/** What one worker does now; `now` is a time like those of the log. */
export function workerLine(worker: WorkerState, layout: WorkerLayout, now: string): string {
  const name = left(worker.name, layout.name);
  const { iteration, doing } = worker;
  if (iteration === undefined) {
    return `  ${name}  ${cut(idleWords(doing, elapsed(msBetween(worker.since, now))), layout.width - layout.name - 4)}`;
  }
  const used = usageOf(iteration);
  const figures = ` ${right(elapsed(msBetween(iteration.claimedAt, now)), 8)}${right(tokenCount(used.input + used.output), 7)}`;
  const room = layout.width - layout.name - layout.task - displayWidth(figures) - 6;
  const line = `  ${name}  ${left(iteration.task, layout.task)}  ${left(stepWords(doing), room)}${figures}`;
  return cut(line, layout.width);
}

/** The last thing that the worker's agent said, under its task; empty when it said nothing. */
export function saidLine(worker: WorkerState, layout: WorkerLayout, paint: Paint): string {
  if (worker.said === undefined) return '';
  const indent = layout.name + 4;
  return ' '.repeat(indent) + paint('dim', cut(oneLine(worker.said), Math.max(0, layout.width - indent)));
}

/** The step that a worker is in, in words. */
export function stepWords(doing: Doing): string {
  switch (doing.kind) {
    case 'preparing':
      return 'preparing the worktree';
    case 'turn':
      return `${turnName(doing)} ${String(doing.turn)}, ${doing.agent}`;
    case 'committing':
      return 'committing';
    case 'review':
      return `review ${String(doing.round)}${doing.maxRounds === undefined ? '' : ` of ${String(doing.maxRounds)}`} by ${doing.reviewer}`;
    case 'verify':
      return `verify: ${oneLine(doing.command)}`;
    case 'landing':
      return 'landing';
    case 'between':
      return 'next step';
    case 'idle':
    case 'planning':
      return doing.kind;
    case 'waiting':
      return waitingWords(doing.why);
    case 'stopped':
      return `stopped: ${oneLine(doing.why)}`;
  }
}

function turnName({ prompt }: Extract<Doing, { kind: 'turn' }>): string {
  switch (prompt) {
    case 'start':
    case 'answered':
    case 'continue':
    case 'nothing-changed':
      return 'turn';
    case 'fix':
      return 'fix turn';
    case 'conflict':
      return 'conflict turn';
  }
}

function idleWords(doing: Doing, since: string): string {
  if (doing.kind === 'planning') return `planning ${since}`;
  return doing.kind === 'waiting' ? waitingWords(doing.why, ` ${since}`) : stepWords(doing);
}

function waitingWords(why: string, since = ''): string {
  return `waiting${since}${/^(for|until|because) /.test(why) ? ' ' : ': '}${oneLine(why)}`;
}
