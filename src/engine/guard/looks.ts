/** Looks at something that several workers want to know about, one look at a time. */
export interface SharedLooks<T> {
  /** What a look gives that was begun at `moment` (of the clock) or later. */
  since(moment: number): Promise<T>;
}

/**
 * Shares looks among all who ask: one that was begun after the moment asked for is good for everybody who waits. `look` must
 * not reject.
 */
export function shareLooks<T>(look: () => Promise<T>, clock: () => number): SharedLooks<T> {
  let last: { readonly begunAt: number; readonly result: Promise<T> } | undefined;
  let running: Promise<unknown> = Promise.resolve();
  let queued: Promise<T> | undefined;

  async function begin(): Promise<T> {
    await running;
    queued = undefined;
    const result = look();
    last = { begunAt: clock(), result };
    running = result;
    return result;
  }

  return {
    since(moment) {
      if (last !== undefined && last.begunAt >= moment) return last.result;
      queued ??= begin();
      return queued;
    },
  };
}
