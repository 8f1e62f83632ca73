import type { FailureKind } from '../core/failure.ts';
import type { Out } from '../core/health.ts';

/** What somebody waits for; `until` in milliseconds since the epoch, where it is known. */
export interface Wait {
  readonly why: FailureKind | 'full';
  readonly until: number | undefined;
}

/** How a wait ended, `T` being what was waited for. */
export type WaitEnd<T> =
  { readonly kind: 'admitted'; readonly lease: T } | ({ readonly kind: 'out' } & Out) | { readonly kind: 'stopped' };

/** What the first in line gets. */
export type Attempt<T> =
  | { readonly kind: 'admitted'; readonly lease: T }
  | ({ readonly kind: 'out' } & Out)
  /** Not yet: worth another attempt in `againMs`, or, where that is missing, once the line is called. */
  | { readonly kind: 'shut'; readonly wait: Wait; readonly againMs: number | undefined };

/** Those who wait for one thing: first come, first served. Only the first one costs anything while all wait. */
export interface Line<T> {
  /** Waits; `onWait` is told once for each new reason. */
  join(signal: AbortSignal, onWait: (wait: Wait) => void): Promise<WaitEnd<T>>;
  /** Something has changed: the first in line is attempted again. */
  call(): void;
  /** Since when the first in line waits, in milliseconds since the epoch; undefined when nobody does. */
  waitingSince(): number | undefined;
  /** Sends everybody away. Resolves when nothing is under way any more. */
  close(): Promise<void>;
}

interface LineOptions<T> {
  now(): number;
  attempt(): Promise<Attempt<T>>;
  /** Takes back what was given to somebody who has left meanwhile. */
  giveBack(lease: T): Promise<void>;
}

interface Waiter<T> {
  readonly since: number;
  /** The reason that it was told last. */
  told: string;
  onWait(wait: Wait): void;
  end(how: WaitEnd<T>): void;
}

/** A line in which nobody stands yet. */
export function newLine<T>(options: LineOptions<T>): Line<T> {
  const waiters: Waiter<T>[] = [];
  const bell = newBell();
  let isServed = false;
  let isClosed = false;
  let served: Promise<void> = Promise.resolve();

  async function serve(): Promise<void> {
    while (waiters.length > 0) {
      bell.clear();
      const result = await options.attempt();
      if (result.kind === 'admitted') {
        const first = waiters.shift();
        if (first === undefined) await options.giveBack(result.lease);
        else first.end(result);
      } else if (result.kind === 'out') {
        for (const waiter of waiters.splice(0)) waiter.end(result);
      } else {
        for (const waiter of waiters) tell(waiter, result.wait);
        await bell.wait(result.againMs);
      }
    }
    isServed = false;
  }

  function join(signal: AbortSignal, onWait: (wait: Wait) => void): Promise<WaitEnd<T>> {
    if (signal.aborted || isClosed) return Promise.resolve({ kind: 'stopped' });
    return new Promise((resolve) => {
      const leave = () => {
        waiters.splice(waiters.indexOf(waiter), 1);
        resolve({ kind: 'stopped' });
      };
      const end = (how: WaitEnd<T>) => {
        signal.removeEventListener('abort', leave);
        resolve(how);
      };
      const waiter = { since: options.now(), told: '', onWait, end };
      signal.addEventListener('abort', leave, { once: true });
      waiters.push(waiter);
      bell.ring();
      if (isServed) return;
      isServed = true;
      served = serve();
    });
  }

  return {
    join,
    call: () => bell.ring(),
    waitingSince: () => waiters[0]?.since,
    async close() {
      isClosed = true;
      for (const waiter of waiters.splice(0)) waiter.end({ kind: 'stopped' });
      bell.ring();
      await served;
    },
  };
}

function tell<T>(waiter: Waiter<T>, wait: Wait): void {
  const reason = `${wait.why} ${String(wait.until)}`;
  if (waiter.told === reason) return;
  waiter.told = reason;
  waiter.onWait(wait);
}

/** Wakes one sleeper. A ring since it was last cleared is enough: nobody falls asleep then. */
function newBell() {
  let isRung = false;
  let wake: () => void = () => undefined;
  return {
    clear(): void {
      isRung = false;
    },
    ring(): void {
      isRung = true;
      wake();
    },
    async wait(ms: number | undefined): Promise<void> {
      if (isRung) return;
      await new Promise<void>((resolve) => {
        const timer = ms === undefined ? undefined : setTimeout(resolve, ms);
        wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    },
  };
}
