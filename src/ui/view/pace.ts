import type { Clock } from '../reporter.ts';

/** Decides when to draw. */
export interface Pace {
  /** There is something new to draw. */
  readonly changed: () => void;
  readonly stop: () => void;
}

/** Four frames a second at most, and one every `tickMs` for the times that pass while nothing happens; `Infinity` for none. */
export function startPace(clock: Clock, draw: () => void, tickMs: () => number): Pace {
  let stale = false;
  let drawnAt = clock.now().getTime();
  const stop = clock.every(250, () => {
    if (!stale && clock.now().getTime() - drawnAt < tickMs()) return;
    stale = false;
    drawnAt = clock.now().getTime();
    draw();
  });
  return {
    stop,
    changed: () => {
      stale = true;
    },
  };
}
