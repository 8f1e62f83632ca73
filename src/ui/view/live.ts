import type { RunEvent } from '../../core/event.ts';
import { foldRun } from '../../core/fold-run.ts';
import type { RunLife, RunState } from '../../core/run-state.ts';
import { emptyRun } from '../../core/run-state.ts';
import { painter } from '../paint.ts';
import type { Clock } from '../reporter.ts';
import { systemClock } from '../reporter.ts';
import { screenLines } from '../screen.ts';
import { newBell } from './bell.ts';
import { openDrawing } from './drawing.tsx';
import type { FrameSize, Scene } from './frame.ts';
import { frameLines, lifeShown, surroundingsOf } from './frame.ts';
import type { Key } from './keys.ts';
import { readKeys } from './keyboard.ts';
import { startPace } from './pace.ts';
import { openReader } from './page-reader.ts';
import type { ViewSource } from './read-page.ts';
import type { Steps } from './steps.ts';
import { foldSteps } from './steps.ts';
import type { Act, Surroundings, View } from './view.ts';
import { firstView, press, sameTop } from './view.ts';

/** What keys do. */
export interface Steering {
  readonly stdin: NodeJS.ReadStream;
  readonly source: ViewSource;
  /** Asks the run to finish and stop, or to stop now; a line to show where there is something to say. */
  stop(how: 'drain' | 'stop-now'): Promise<string>;
  /** Ctrl-C: in raw mode it comes as a key. */
  interrupt(): void;
}

/** What the live view needs. */
export interface LiveOptions {
  readonly stdout: NodeJS.WriteStream;
  readonly color: boolean;
  readonly place: Surroundings['place'];
  /** Without it no key does anything, and none is spoken of. */
  readonly steering?: Steering | undefined;
  /** Whether the terminal's bell rings when the run ends, and when something first needs a person; true when left out. */
  readonly bell?: boolean | undefined;
  readonly clock?: Clock | undefined;
}

/** The view of a run on a terminal. Whatever goes wrong in it, nothing is thrown. */
export interface Live {
  /** Takes in what happened before anybody looked: no bell rings. */
  catchUp(events: readonly RunEvent[]): void;
  /** Begins to draw, and to read keys. */
  open(): void;
  event(event: RunEvent): void;
  /** Says what became of the run, where its events can't tell. */
  life(life: RunLife): void;
  /** It has ended before it was closed, and the run goes on: the person has left, or it failed. */
  readonly ended: Promise<LiveEnd>;
  /** Gives the terminal back. The screen stays on it as text, where one was drawn. */
  close(): void;
}

/** Why a view has ended. */
export type LiveEnd = { readonly kind: 'left' } | { readonly kind: 'failed'; readonly why: string };

/** A view that is not drawn yet. */
export function openLive({ stdout, color, place, steering, bell = true, clock = systemClock }: LiveOptions): Live {
  const paint = painter(color);
  const call = newBell();
  let state: RunState = emptyRun;
  let steps: Steps = new Map();
  let life: RunLife = 'starting';
  let view: View = firstView;
  let opened: { changed(): void; redraw(): void; close(): void } | undefined;
  let settle: (end: LiveEnd) => void = () => undefined;
  const ended = new Promise<LiveEnd>((resolve) => (settle = resolve));
  const reader = openReader(steering?.source, (before) =>
    attempt(() => {
      view = { ...view, top: sameTop(view.top, before, reader.lines(size())) };
      opened?.redraw();
    }),
  );

  const size = (): FrameSize => ({
    columns: stdout.columns || 80,
    rows: stdout.rows || 24,
    paint,
    now: clock.now().toISOString(),
  });
  const scene = (within: FrameSize): Scene => {
    const page = view.page === undefined ? [] : reader.lines(within);
    return { state, life, view, place, hasKeys: steering !== undefined, page };
  };
  const attempt = (effect: () => void): void => {
    try {
      effect();
    } catch (error) {
      settle({ kind: 'failed', why: error instanceof Error ? error.message : String(error) });
      giveBack();
    }
  };
  const take = (event: RunEvent): void => {
    try {
      state = foldRun(state, event);
      steps = foldSteps(steps, event);
    } catch {
      // The log may be of another version, or edited: what can't be understood tells nothing.
    }
    if (event.type === 'run:ended') life = 'ended';
    else if (life === 'starting') life = 'live';
    if ('worker' in event) reader.touched(event.worker);
  };
  const read = () => void reader.refresh({ state, steps });

  function act(what: Act): void {
    if (what === 'leave') settle({ kind: 'left' });
    else if (what === 'interrupt') steering?.interrupt();
    else if (what === 'suspend') suspend();
    else askToStop(what);
  }

  function askToStop(how: 'drain' | 'stop-now'): void {
    steering?.stop(how).then(
      (notice) => {
        view = { ...view, notice };
        opened?.redraw();
      },
      () => undefined,
    );
  }

  function pressed(key: Key): void {
    const after = press(view, key, surroundingsOf(scene(size()), size()));
    view = after.view;
    reader.show(view.page, view.chosen);
    read();
    if (after.act !== undefined) act(after.act);
    opened?.redraw();
  }

  /** Where even that fails, the failure before says more. */
  function giveBack(): void {
    const closing = opened;
    opened = undefined;
    try {
      closing?.close();
    } catch {
      // The terminal is as it is.
    }
  }

  /** As the terminal itself does it to every process in its foreground; what follows happens when the shell lets them go on. */
  function suspend(): void {
    giveBack();
    process.kill(0, 'SIGTSTP');
    open();
  }

  /** The terminal was the shell's in between, and is no more as this view left it. */
  function comeBack(): void {
    giveBack();
    open();
  }

  function close(): void {
    if (opened === undefined) return;
    giveBack();
    const { rows, ...rest } = size();
    const last = screenLines(state, { ...rest, rows: rows - 1, life: lifeShown({ life, place }) });
    stdout.write(`${last.join('\n')}\n`);
  }

  function open(): void {
    if (opened !== undefined) return;
    const redraw = () => attempt(() => drawing.draw(frameLines(scene(size()), size())));
    const drawing = openDrawing(stdout, redraw);
    const pace = startPace(clock, redraw, () => tickMs(state, life));
    const stops = [
      pace.stop,
      clock.every(1000, read),
      onSignal('SIGTSTP', () => attempt(suspend)),
      onSignal('SIGCONT', () => attempt(comeBack)),
    ];
    opened = {
      redraw,
      changed: pace.changed,
      close: () => {
        for (const stop of stops) stop();
        drawing.close();
      },
    };
    if (steering !== undefined) stops.push(readKeys(steering.stdin, (key) => attempt(() => pressed(key))));
    redraw();
  }

  return {
    ended,
    open: () => attempt(open),
    close: () => attempt(close),
    catchUp: (events) => attempt(() => events.forEach(take)),
    event: (event) =>
      attempt(() => {
        take(event);
        if (opened !== undefined && bell && call.ringsFor(event)) stdout.write('\u0007');
        opened?.changed();
      }),
    life: (now) => {
      if (life === now) return;
      life = now;
      opened?.redraw();
    },
  };
}

/** Calls it at each such signal, until the returned function is called. */
function onSignal(signal: NodeJS.Signals, call: () => void): () => void {
  process.on(signal, call);
  return () => process.off(signal, call);
}

/** How often it matters that time passes: a frame costs about 15 ms, which is nothing to spend all night on a run that waits. */
function tickMs({ workers }: RunState, life: RunLife): number {
  if (life !== 'live' && life !== 'starting') return Infinity;
  const isAtWork = workers.some(({ iteration, doing }) => iteration !== undefined || doing.kind === 'planning');
  return isAtWork ? 1000 : 10_000;
}
