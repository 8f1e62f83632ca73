import type { Notice } from './payload.ts';

/** Takes notices for one target, and hands them over one after the other. */
export interface Outbox {
  /** Never waits, never throws. */
  put(notice: Notice): void;
  /** Takes nothing more; resolves once all is handed over, `withinMs` are over or `now` is aborted. */
  close(withinMs: number, now?: AbortSignal): Promise<void>;
}

/** Who gets the notices. */
export interface Receiver {
  /** For people. */
  readonly name: string;
  /** Gives why it failed, undefined when it did not. Ends soon after the signal. */
  send(notice: Notice, signal: AbortSignal): Promise<string | undefined>;
  /** Called at most once: what fails once often fails again. */
  onProblem(message: string): void;
}

/** An outbox for `receiver`. When too many wait, the oldest are dropped: the news that counts most comes last. */
export function openOutbox(receiver: Receiver): Outbox {
  const waiting: Notice[] = [];
  const stop = new AbortController();
  let working: Promise<void> | undefined;
  let isClosed = false;
  let isTold = false;
  let dropped = 0;

  const tellOnce = (why: string): void => {
    if (isTold) return;
    isTold = true;
    receiver.onProblem(`notify: ${receiver.name}: ${why}`);
  };

  async function handOver(notice: Notice): Promise<void> {
    const why = await receiver.send(notice, stop.signal).catch((error: unknown) => `internal error: ${String(error)}`);
    // What was cut off with the end of oompa is counted there.
    if (stop.signal.aborted && why !== undefined) dropped += 1;
    else if (why !== undefined) tellOnce(`${why}; if it fails again, that is not said any more`);
    else if (dropped > 0)
      tellOnce(`${String(dropped)} of its notices were dropped: it takes longer than they take to come`);
  }

  async function work(): Promise<void> {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      if (stop.signal.aborted) dropped += 1;
      else await handOver(next);
    }
    working = undefined;
  }

  return {
    put: (notice) => {
      if (isClosed) return;
      waiting.push(notice);
      if (waiting.length > mostWaiting) {
        waiting.shift();
        dropped += 1;
      }
      // Not before the event that it is about has reached everybody else.
      working ??= Promise.resolve().then(work);
    },
    close: async (withinMs, now) => {
      isClosed = true;
      const end = (): void => stop.abort();
      const timer = setTimeout(end, withinMs);
      now?.addEventListener('abort', end);
      await working;
      clearTimeout(timer);
      now?.removeEventListener('abort', end);
      if (stop.signal.aborted && dropped > 0) tellOnce(`oompa ended before ${String(dropped)} of its notices arrived`);
    },
  };
}

const mostWaiting = 100;
