import type { StopReason } from './failure.ts';

/** What a turn may take. */
export interface TurnLimits {
  /** Milliseconds for the whole turn. */
  readonly timeoutMs: number;
  /** Milliseconds without progress. */
  readonly silenceMs: number;
  /** Bytes on standard output and standard error together. */
  readonly outputBytes: number;
}

/** Looks after one running turn and says, at most once, that it is to be ended. */
export interface Watch {
  /** The agent got on with its work. */
  progressed(): void;
  /** Ends the turn for this reason, unless there was one before. */
  stop(reason: StopReason): void;
  /** Why the turn was ended; undefined when it was not. */
  reason(): StopReason | undefined;
  /** Stops watching. */
  end(): void;
}

/** Starts both clocks; `onStop` is called at most once. */
export function startWatch(
  { timeoutMs, silenceMs }: Pick<TurnLimits, 'timeoutMs' | 'silenceMs'>,
  signal: AbortSignal,
  onStop: () => void,
): Watch {
  let reason: StopReason | undefined;
  let over = false;
  let lastProgress = performance.now();
  const onAbort = (): void => stop('stopped');
  signal.addEventListener('abort', onAbort, { once: true });
  const timeout = setTimeout(() => stop('timeout'), Math.min(timeoutMs, longestTimer));
  let silence = setTimeout(checkSilence, Math.min(silenceMs, longestTimer));
  // It may have come while the process was started.
  if (signal.aborted) onAbort();

  return {
    progressed: () => {
      lastProgress = performance.now();
    },
    stop,
    reason: () => reason,
    end,
  };

  /** One timer for all of a turn's lines: it goes off, looks, and is set again for the rest. */
  function checkSilence(): void {
    const left = lastProgress + silenceMs - performance.now();
    if (left <= 0) stop('silent');
    else silence = setTimeout(checkSilence, Math.min(Math.ceil(left), longestTimer));
  }

  function stop(why: StopReason): void {
    if (over) return;
    end();
    reason = why;
    onStop();
  }

  function end(): void {
    over = true;
    clearTimeout(timeout);
    clearTimeout(silence);
    signal.removeEventListener('abort', onAbort);
  }
}

/** Milliseconds; a timer that is set for longer goes off at once. */
const longestTimer = 2 ** 31 - 1;
