import type { RunEvent } from '../core/event.ts';

/** Shows a run while it goes on. */
export interface Reporter {
  event(event: RunEvent): void;
  /** After the last event: shows how the run ended and gives the terminal back. */
  end(): Promise<void> | void;
}

/** Where time comes from. */
export interface Clock {
  now(): Date;
  /** Calls again and again until the returned function is called. Never keeps the process alive. */
  every(ms: number, call: () => void): () => void;
}

/** The clock of this machine. */
export const systemClock: Clock = {
  now: () => new Date(),
  every: (ms, call) => {
    const timer = setInterval(call, ms).unref();
    return () => clearInterval(timer);
  },
};
