import type { Clock } from '../../src/ui/reporter.ts';

/** A clock that stands still until it is told to go on. */
export interface FakeClock extends Clock {
  /** Lets time pass and makes the calls that fall due, in steps of 50 ms. */
  pass(ms: number): void;
  /** Repeated calls that nobody stopped. */
  readonly running: () => number;
}

/** A clock at that time, ISO 8601. */
export function fakeClock(start: string): FakeClock {
  let now = Date.parse(start);
  const calls = new Set<{ every: number; due: number; call: () => void }>();
  return {
    now: () => new Date(now),
    every: (ms, call) => {
      const entry = { every: ms, due: now + ms, call };
      calls.add(entry);
      return () => calls.delete(entry);
    },
    running: () => calls.size,
    pass: (ms) => {
      for (const until = now + ms; now < until;) {
        now += 50;
        for (const entry of calls) {
          if (entry.due > now) continue;
          entry.due += entry.every;
          entry.call();
        }
      }
    },
  };
}
