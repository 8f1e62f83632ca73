import type { AgentRole } from './asking-events.ts';
import type { RunEvent } from './event.ts';
import { agentName } from './run-state.ts';

/** One agent process, as the log of its run tells of it. */
export interface LoggedTurn {
  readonly role: AgentRole;
  readonly worker: string;
  /** Empty for a planner. */
  readonly task: string;
  readonly iteration: number;
  /** The turn of the iteration, of a reviewer its round. */
  readonly number: number;
  /** Names its files: `builders-1-i4-t2`, and with a number behind it when it was tried again. */
  readonly label: string;
  readonly harness: string;
  /** `claude sonnet`. */
  readonly agent: string;
  readonly session: 'fresh' | 'resumed';
  /** ISO 8601, UTC. */
  readonly startedAt: string;
}

/** How a turn ended, as the log tells it. */
export type TurnEnd = Extract<RunEvent, { type: 'turn:ended' | 'review:ended' }>;

/** What an event tells of turns. */
export type TurnNews =
  | { readonly kind: 'started'; readonly turn: LoggedTurn }
  | { readonly kind: 'ended'; readonly turn: LoggedTurn; readonly end: TurnEnd };

/** Reads a log's events in their order, and gives what each tells of turns; undefined for most. */
export function turnReader(): (event: RunEvent) => TurnNews | undefined {
  const open = new Map<string, LoggedTurn>();
  const reviews = new Map<string, number>();
  return (event) => {
    if (event.type === 'turn:ended' || event.type === 'review:ended') {
      const turn = open.get(event.worker);
      open.delete(event.worker);
      return turn === undefined ? undefined : { kind: 'ended', turn, end: event };
    }
    const turn =
      event.type === 'turn:started'
        ? agentsTurn(event)
        : event.type === 'review:started'
          ? reviewersTurn(event, reviews)
          : undefined;
    if (turn === undefined) return undefined;
    open.set(turn.worker, turn);
    return { kind: 'started', turn };
  };
}

type EventOf<Type extends RunEvent['type']> = Extract<RunEvent, { type: Type }>;

/** A turn of a worker, or of a planner. */
function agentsTurn(event: EventOf<'turn:started'>): LoggedTurn {
  const { worker, task, iteration, turn, harness, session } = event;
  return {
    role: task === '' ? 'planner' : 'worker',
    ...{ worker, task, iteration, number: turn },
    label: labelOf(`${worker}-i${String(iteration)}-t${String(turn)}`, event.try ?? 1),
    ...{ harness, agent: agentName(event), session, startedAt: event.at },
  };
}

/** A round has a turn for each reviewer that was asked; only their order tells them apart before they have ended. */
function reviewersTurn(event: EventOf<'review:started'>, reviews: Map<string, number>): LoggedTurn {
  const { worker, task, iteration, round, reviewer } = event;
  const label = `${worker}-i${String(iteration)}-r${String(round)}`;
  const number = (reviews.get(label) ?? 0) + 1;
  reviews.set(label, number);
  const [harness = reviewer] = reviewer.split(' ');
  return {
    role: 'reviewer',
    ...{ worker, task, iteration, number: round, label: labelOf(label, number) },
    ...{ harness, agent: reviewer, session: 'fresh', startedAt: event.at },
  };
}

function labelOf(turn: string, number: number): string {
  return number === 1 ? turn : `${turn}-${String(number)}`;
}
