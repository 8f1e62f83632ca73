import type { RunEvent } from '../../core/event.ts';
import type { LoggedTurn, TurnEnd } from '../../core/logged-turn.ts';
import { followEvents } from '../../runs/follow-events.ts';
import { readEvents } from '../../runs/read-events.ts';
import type { RunRecord } from '../../runs/read-runs.ts';
import type { Io } from '../io.ts';
import { eventsFile } from './turn-stage.ts';
import type { OpenEnd, TurnFollow, TurnStage } from './turn-stage.ts';
import { isKnown, turnLog, wantedIn } from './wanted-turns.ts';
import type { TurnLog, Wish } from './wanted-turns.ts';

/** What to follow. */
export interface FollowOrder {
  readonly run: RunRecord;
  readonly wish: Wish;
  readonly stage: TurnStage;
  /** Whether the run's process is no more. */
  readonly isGone: () => Promise<boolean>;
}

/** How following ended. */
export type FollowEnd =
  /** The run has ended, or the user has seen enough. */
  | { readonly kind: 'ended' }
  /** The run has nothing of that name. */
  | { readonly kind: 'unknown'; readonly log: TurnLog };

/** Shows the wanted turns, and those that come, until the run ends, its process is gone, or the user asks to stop. */
export async function followTurns({ run, wish, stage, isGone }: FollowOrder, io: Io): Promise<FollowEnd> {
  const path = eventsFile(run.folder);
  const show = turnFollower(wish, stage, io);
  const stopped = new AbortController();
  const gone = new AbortController();
  io.onStop(() => {
    stopped.abort();
  });
  const look = setInterval(() => {
    void isGone().then((is) => {
      if (is) gone.abort();
    });
  }, lookEveryMs);
  let read = 0;
  try {
    for await (const events of followEvents(path, { signal: AbortSignal.any([stopped.signal, gone.signal]) })) {
      read += events.length;
      if (!(await show.take(events))) return { kind: 'unknown', log: show.log };
    }
    // What it wrote in its last moments.
    if (gone.signal.aborted) await show.take([...readEvents(path)].slice(read));
  } finally {
    clearInterval(look);
    await show.end(gone.signal.aborted ? 'cut-off' : undefined);
  }
  return { kind: 'ended' };
}

const lookEveryMs = 2000;

interface TurnFollower {
  readonly log: TurnLog;
  /** Takes the next events; false when there is nothing of the wanted name. */
  take(events: readonly RunEvent[]): Promise<boolean>;
  /** Ends what is still shown. */
  readonly end: TurnFollow;
}

/** Events up to the first empty piece are history: from them it is seen which turns are wanted. */
function turnFollower(wish: Wish, stage: TurnStage, io: Io): TurnFollower {
  const log = turnLog();
  let wanted: ((turn: LoggedTurn) => boolean) | undefined;
  let caughtUp = false;
  let current: { readonly turn: LoggedTurn; readonly end: TurnFollow } | undefined;
  return { log, take, end: leave };

  async function take(events: readonly RunEvent[]): Promise<boolean> {
    if (wanted === undefined) return begin(events);
    for (const event of events) {
      const news = log.read(event);
      if (news === undefined || !wanted(news.turn)) continue;
      if (news.kind === 'started') await enter(news.turn);
      else await leave(news.end);
    }
    return true;
  }

  async function begin(events: readonly RunEvent[]): Promise<boolean> {
    for (const event of events) log.read(event);
    const isOver = events.at(-1)?.type === 'run:ended';
    caughtUp ||= events.length === 0 || isOver;
    if (!caughtUp) return true;
    const known = isKnown(log, wish.name);
    if (known !== true) return known === undefined;
    const isWanted = wantedIn(log, wish);
    wanted = isWanted;
    const turns = [...log.turns].filter(([turn]) => isWanted(turn));
    const last = isOver ? undefined : turns.at(-1)?.[0];
    for (const [turn, end] of turns) {
      if (turn === last && end === undefined) await enter(turn);
      else await stage.show(turn, end ?? 'cut-off');
    }
    if (turns.length === 0 && !isOver) {
      io.stderr(`No agent works for ${wish.name} yet; waiting for one (Ctrl-C ends this)\n`);
    }
    return true;
  }

  async function enter(turn: LoggedTurn): Promise<void> {
    await leave(undefined);
    current = { turn, end: await stage.follow(turn) };
  }

  async function leave(end: TurnEnd | OpenEnd | undefined): Promise<void> {
    await current?.end(end);
    current = undefined;
  }
}
