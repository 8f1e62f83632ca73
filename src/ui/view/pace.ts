import type { Clock } from '../reporter.ts';

/** Decides when to draw. */
export interface Pace {
  /** There is something new to draw. */
  readonly changed: () => void;
  readonly stop: () => void;
}

/** Four frames a second at most, and one a second for the times that pass while nothing happens, as long as `passes`. */
export function startPace(clock: Clock, draw: () => void, passes: () => boolean = () => true): Pace {
  let stale = false;
  let drawnAt = clock.now().getTime();
  const stop = clock.every(250, () => {
    if (!stale && (!passes() || clock.now().getTime() - drawnAt < 1000)) return;
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
