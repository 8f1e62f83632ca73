import { editDistance } from '../../core/nearest.ts';
import type { RunEvent } from '../../core/event.ts';
import { turnReader } from '../../core/logged-turn.ts';
import type { LoggedTurn, TurnEnd } from '../../core/logged-turn.ts';

/** Which turns of a run somebody wants to see. */
export interface Wish {
  /** A worker, or a task: then all its iterations, whoever took them. */
  readonly name: string;
  readonly iteration?: number;
  readonly turn?: number;
  readonly task?: string;
}

/** What has been read of a run's log. */
export interface TurnLog {
  /** Reads one more event, and gives the turn that it begins or ends. */
  read(event: RunEvent): ReturnType<ReturnType<typeof turnReader>>;
  /** In the order of their starts, each with its end where that is known. */
  readonly turns: Map<LoggedTurn, TurnEnd | undefined>;
  readonly workers: Set<string>;
  readonly tasks: Set<string>;
}

/** A log of which nothing has been read. */
export function turnLog(): TurnLog {
  const readTurn = turnReader();
  const turns: TurnLog['turns'] = new Map();
  const workers = new Set<string>();
  const tasks = new Set<string>();
  return {
    turns,
    workers,
    tasks,
    read: (event) => {
      if (event.type === 'run:started') for (const { name } of event.workers) workers.add(name);
      if (event.type === 'worker:started' || event.type === 'planner:started') workers.add(event.worker);
      if (event.type === 'task:claimed') tasks.add(event.task);
      const news = readTurn(event);
      if (news !== undefined) turns.set(news.turn, news.kind === 'ended' ? news.end : undefined);
      if (news !== undefined) workers.add(news.turn.worker);
      return news;
    },
  };
}

/** Whether there is anything of that name; undefined before the log tells who works. */
export function isKnown({ workers, tasks }: TurnLog, name: string): boolean | undefined {
  if (workers.has(name) || tasks.has(name)) return true;
  return workers.size === 0 ? undefined : false;
}

/** All names there are, the most similar first. */
export function namesLike({ workers, tasks }: TurnLog, name: string): string[] {
  const far = (candidate: string) => editDistance(name.slice(0, 100), candidate.slice(0, 100));
  return [...workers, ...tasks]
    .map((candidate) => ({ candidate, distance: far(candidate) }))
    .sort((a, b) => a.distance - b.distance)
    .map(({ candidate }) => candidate);
}

/** Tells of a turn whether it is wanted: of a worker, when nothing else is said, those of its last iteration so far and later. */
export function wantedIn(log: TurnLog, wish: Wish): (turn: LoggedTurn) => boolean {
  const { name, iteration, turn: number, task } = wish;
  const isWorker = log.workers.has(name);
  const mine = (turn: LoggedTurn) => (isWorker ? turn.worker : turn.task) === name && (task ?? turn.task) === turn.task;
  const all = !isWorker || task !== undefined || iteration !== undefined;
  const first = all ? 0 : Math.max(0, ...[...log.turns.keys()].filter(mine).map((turn) => turn.iteration));
  return (turn) =>
    mine(turn) &&
    turn.iteration >= first &&
    (iteration ?? turn.iteration) === turn.iteration &&
    (number === undefined || (turn.role !== 'reviewer' && turn.number === number));
}
