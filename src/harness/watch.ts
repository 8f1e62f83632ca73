import type { Usage } from '../core/usage.ts';
import type { StopReason } from './failure.ts';

/** What a turn may take. */
export interface TurnLimits {
  /** Milliseconds for the whole turn. */
  readonly timeoutMs: number;
  /** Milliseconds without progress. */
  readonly silenceMs: number;
  /** Milliseconds that a CLI has to exit after its final message; 30,000 when not given. */
  readonly exitGraceMs?: number;
  /** Bytes on standard output and standard error together. */
  readonly outputBytes: number;
  /** Whether what this turn has used so far is too much, which ends it. Asked whenever the CLI reports more. */
  budget?(usage: Usage): boolean;
}

/** Why a turn was ended; `finished` = its final message was complete, but it did not exit. */
export type EndReason = StopReason | 'finished';

/** A turn will soon be ended. */
export interface TurnWarning {
  readonly kind: 'silent' | 'timeout';
  readonly leftMs: number;
}

/** Looks after one running turn and says, at most once, that it is to be ended. */
export interface Watch {
  /** The agent got on with its work. */
  progressed(): void;
  /** It has printed a line, after which its final message is complete, or is not. */
  printed(isComplete: boolean): void;
  /** Ends the turn for this reason, unless there was one before. */
  stop(reason: EndReason): void;
  /** Why the turn was ended; undefined when it was not. */
  reason(): EndReason | undefined;
  /** Stops watching. */
  end(): void;
}

/** Who is told, and who is asked. */
export interface WatchListener {
  /** Is called at most once. */
  onStop(): void;
  /** Is called once as the time limit comes near, and once in each silence that comes near its limit. */
  onWarning(warning: TurnWarning): void;
  /** Milliseconds since something changed in the worktree. Asked only when the agent has been quiet for most of the limit. */
  sinceChange(): Promise<number>;
}

/** What ends a turn from outside, and the reason that it then has. */
export interface StopSignal {
  readonly signal: AbortSignal;
  readonly reason: StopReason;
}

/** Starts all clocks. */
export function startWatch(
  { timeoutMs, silenceMs, exitGraceMs = 30_000 }: Pick<TurnLimits, 'timeoutMs' | 'silenceMs' | 'exitGraceMs'>,
  signals: readonly StopSignal[],
  listener: WatchListener,
): Watch {
  let reason: EndReason | undefined;
  let over = false;
  let lastProgress = performance.now();
  let warnedOf: number | undefined;
  const timers = new Map<'timeout' | 'warning' | 'silence' | 'exit', NodeJS.Timeout>();
  set('timeout', timeoutMs, () => stop('timeout'));
  set('warning', warnAfter(timeoutMs), () => {
    listener.onWarning({ kind: 'timeout', leftMs: timeoutMs - warnAfter(timeoutMs) });
  });
  set('silence', warnAfter(silenceMs), () => void checkSilence());
  const ears = signals.map((each) => ({ signal: each.signal, hear: () => stop(each.reason) }));
  for (const { signal, hear } of ears) signal.addEventListener('abort', hear, { once: true });
  // It may have come while the process was started.
  for (const { signal, hear } of ears) if (signal.aborted) hear();

  return {
    progressed: () => {
      lastProgress = performance.now();
    },
    printed: (isComplete) => {
      clearTimeout(timers.get('exit'));
      if (isComplete) set('exit', exitGraceMs, () => stop('finished'));
    },
    stop,
    reason: () => reason,
    end,
  };

  /** One timer for all of a turn's lines: it goes off, looks, and is set again for what is left. */
  async function checkSilence(): Promise<void> {
    if (quietFor() >= warnAfter(silenceMs)) {
      const looked = performance.now();
      const changed = looked - (await listener.sinceChange());
      // Two clocks are compared: the same change may seem to be a little newer at the next look.
      if (changed > lastProgress + silenceMs / 100) lastProgress = changed;
    }
    if (over) return;
    const left = silenceMs - quietFor();
    const early = left - leadOf(silenceMs);
    if (early <= 0 && warnedOf !== lastProgress) {
      warnedOf = lastProgress;
      listener.onWarning({ kind: 'silent', leftMs: Math.max(0, Math.ceil(left)) });
    }
    if (left <= 0) stop('silent');
    else set('silence', early > 0 ? early : left, () => void checkSilence());
  }

  function quietFor(): number {
    return performance.now() - lastProgress;
  }

  function set(name: 'timeout' | 'warning' | 'silence' | 'exit', ms: number, onTime: () => void): void {
    if (!over) timers.set(name, setTimeout(onTime, Math.min(Math.ceil(ms), longestTimer)));
  }

  function stop(why: EndReason): void {
    if (over) return;
    end();
    reason = why;
    listener.onStop();
  }

  function end(): void {
    over = true;
    for (const timer of timers.values()) clearTimeout(timer);
    for (const { signal, hear } of ears) signal.removeEventListener('abort', hear);
  }
}

function warnAfter(limitMs: number): number {
  return limitMs - leadOf(limitMs);
}

/** How long before a limit its warning comes, in milliseconds: the last fifth of it, and a minute at most. */
function leadOf(limitMs: number): number {
  return Math.min(limitMs / 5, 60_000);
}

/** Milliseconds; a timer that is set for longer goes off at once. */
const longestTimer = 2 ** 31 - 1;
