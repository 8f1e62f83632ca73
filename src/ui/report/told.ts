import type { LoggedTurn } from '../../core/logged-turn.ts';
import { turnReader } from '../../core/logged-turn.ts';
import type { RunEvent } from '../../core/event.ts';
import type { IterationRecord, RunLife, RunState } from '../../core/run-state.ts';
import type { TaskRow } from '../../core/run-tables.ts';
import { taskRows } from '../../core/run-tables.ts';
import { storiesOf } from '../../core/story.ts';
import { isTrouble } from '../run-troubles.ts';
import { stepLines } from '../story-steps.ts';
import type { StoryLine } from '../story-steps.ts';

/** One task of the run with all that the log tells of it. */
export interface ToldTask {
  readonly row: TaskRow;
  /** What links lead to. */
  readonly anchor: string;
  readonly iterations: readonly ToldIteration[];
  /** The last turn of its worker. */
  readonly lastTurn: LoggedTurn | undefined;
}

/** One iteration, step by step. */
export interface ToldIteration {
  readonly record: IterationRecord;
  readonly steps: readonly StoryLine[];
}

/** The tasks of a run: those that need a person first, then in the order of their first claims. */
export function toldTasks(state: RunState, events: readonly RunEvent[], life: RunLife): ToldTask[] {
  const turns = lastTurns(events);
  const steps = new Map(storiesOf(events).map((story) => [keyOf(story), stepLines(story.steps, life)]));
  return taskRows(state)
    .toSorted(
      (a, b) =>
        Number(isTrouble(b.standing, life)) - Number(isTrouble(a.standing, life)) || (claimOf(a) < claimOf(b) ? -1 : 1),
    )
    .map((row, index) => ({
      row,
      anchor: `task-${String(index + 1)}`,
      iterations: row.iterations.map((record) => ({ record, steps: steps.get(keyOf(record)) ?? [] })),
      lastTurn: turns.get(row.task),
    }));
}

/** The turns of the run's planner, in order. */
export function planningTurns(events: readonly RunEvent[]): LoggedTurn[] {
  return turnsOf(events, 'planner');
}

/** Which texts the report shows, by what is missed most: paths relative to the run's folder, and turns. */
export function wantedTexts(
  tasks: readonly ToldTask[],
  events: readonly RunEvent[],
): {
  readonly files: readonly string[];
  readonly turns: readonly LoggedTurn[];
} {
  const reviews = tasks.flatMap(({ iterations }) => iterations.flatMap(({ record }) => record.reviews));
  return {
    files: [...reviews.map(({ log }) => log), ...reviews.flatMap(({ diff }) => diff ?? [])].filter(isOwnFile),
    turns: [...tasks.flatMap(({ lastTurn }) => lastTurn ?? []), ...planningTurns(events)].filter(({ label }) =>
      isOwnFile(`turns/${label}`),
    ),
  };
}

/** Whether this is the name of a review or a transcript, and leads nowhere else: anybody can edit a log. */
export function isOwnFile(path: string): boolean {
  return /^(reviews|turns)\/[^/\\\p{Cc}]+$/u.test(path);
}

/** What the events tell, one by one. One of a foreign shape tells nothing: the log may be of another version, or edited. */
export function tellEach<Told>(events: readonly RunEvent[], tell: (event: RunEvent) => readonly Told[]): Told[] {
  return events.flatMap((event) => {
    try {
      return tell(event);
    } catch {
      return [];
    }
  });
}

function lastTurns(events: readonly RunEvent[]): Map<string, LoggedTurn> {
  return new Map(turnsOf(events, 'worker').map((turn) => [turn.task, turn]));
}

function turnsOf(events: readonly RunEvent[], role: LoggedTurn['role']): LoggedTurn[] {
  const read = turnReader();
  return tellEach(events, (event) => {
    const news = read(event);
    return news?.kind === 'started' && news.turn.role === role ? [news.turn] : [];
  });
}

function keyOf({ worker, iteration }: { readonly worker: string; readonly iteration: number }): string {
  return `${worker} ${String(iteration)}`;
}

function claimOf({ iterations, last }: TaskRow): string {
  return (iterations[0] ?? last).claimedAt;
}
