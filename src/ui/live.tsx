/** @jsxRuntime automatic */

import { Text, render } from 'ink';
import type { ReactNode } from 'react';
import { foldRun } from '../core/fold-run.ts';
import type { RunState } from '../core/run-state.ts';
import { emptyRun } from '../core/run-state.ts';
import { startPace } from './pace.ts';
import { painter } from './paint.ts';
import type { Clock, Reporter } from './reporter.ts';
import { systemClock } from './reporter.ts';
import { renderRun } from './run-summary.ts';
import { screenLines } from './screen.ts';

/** What the live view needs. */
export interface LiveOptions {
  readonly stdout: NodeJS.WriteStream;
  readonly color: boolean;
  /** The run's folder, as a person would type it. */
  readonly folder: string;
  readonly clock?: Clock;
}

/** The view of a run on a terminal, drawn in place from the first event on; after the end it stays as text, with the summary under it. */
export function liveReporter({ stdout, color, folder, clock = systemClock }: LiveOptions): Reporter {
  const paint = painter(color);
  let state = emptyRun;
  let drawing: Drawing | undefined;

  const frame = () => (
    <Screen state={state} columns={widthOf(stdout)} rows={stdout.rows || 24} color={color} now={timeOf(clock)} />
  );
  return {
    event: (event) => {
      state = foldRun(state, event);
      drawing ??= draw(frame, { stdout, clock });
      drawing.changed();
    },
    end: async () => {
      await drawing?.finish();
      const life = state.end === undefined ? 'crashed' : 'ended';
      const view = { life, columns: widthOf(stdout), paint, folder, now: timeOf(clock) } as const;
      if (drawing !== undefined) stdout.write(`\n${renderRun(state, view)}`);
    },
  };
}

/** What `<Screen>` draws. */
export interface ScreenProps {
  readonly state: RunState;
  readonly columns: number;
  readonly rows: number;
  readonly color: boolean;
  /** ISO 8601. */
  readonly now: string;
}

/** One frame. */
export function Screen({ state, columns, rows, color, now }: ScreenProps) {
  // One line is left free: a frame as high as the terminal makes ink clear the whole of it each time.
  const lines = screenLines(state, { columns, rows: rows - 1, paint: painter(color), now });
  return <Text wrap="truncate">{lines.map((line) => (line === '' ? ' ' : line)).join('\n')}</Text>;
}

interface Drawing {
  /** There is something new to draw. */
  changed(): void;
  /** Draws the last frame and leaves it. */
  finish(): Promise<void>;
}

function draw(frame: () => ReactNode, { stdout, clock }: { stdout: NodeJS.WriteStream; clock: Clock }): Drawing {
  const app = render(frame(), { stdout, exitOnCtrlC: false, patchConsole: false });
  const pace = startPace(clock, () => app.rerender(frame()));
  return {
    changed: pace.changed,
    finish: async () => {
      pace.stop();
      app.rerender(frame());
      app.unmount();
      await app.waitUntilExit();
    },
  };
}

function widthOf(stdout: NodeJS.WriteStream): number {
  return stdout.columns || 80;
}

function timeOf(clock: Clock): string {
  return clock.now().toISOString();
}
