/** The two stages of stopping a run. */
export interface Shutdown {
  /** Aborted at the first request: nothing new is begun, agents finish their turn. */
  readonly draining: AbortSignal;
  /** Aborted at the second: agents are ended at once. Work is kept all the same. */
  readonly stopping: AbortSignal;
  /** First call drains, second stops; later ones change nothing. Returns the stage that holds now. */
  request(): 'draining' | 'stopping';
}

/** A run that nobody has asked to stop. */
export function createShutdown(): Shutdown {
  const draining = new AbortController();
  const stopping = new AbortController();
  return {
    draining: draining.signal,
    stopping: stopping.signal,
    request() {
      if (!draining.signal.aborted) {
        draining.abort();
        return 'draining';
      }
      stopping.abort();
      return 'stopping';
    },
  };
}
