import type { Key } from './keys.ts';
import { beginningIn, keysIn } from './keys.ts';

/** Reads keys one by one until the returned function is called, which leaves the terminal as it was. */
export function readKeys(stdin: NodeJS.ReadStream, onKey: (key: Key) => void): () => void {
  /** The beginning of a key whose rest may still come: over a slow line an arrow comes in two pieces. */
  let begun = '';
  let patience: NodeJS.Timeout | undefined;

  const give = (sent: string): void => {
    for (const key of keysIn(sent)) onKey(key);
  };
  /** Unless the rest has been read in between: it may have lain there while oompa was busy. */
  const giveUp = (on: string): void => {
    if (begun !== on) return;
    begun = '';
    give(on);
  };
  const onData = (data: Buffer | string): void => {
    clearTimeout(patience);
    const sent = begun + data.toString();
    begun = beginningIn(sent);
    const whole = sent.slice(0, sent.length - begun.length);
    if (begun !== '') patience = setTimeout(() => setImmediate(giveUp, begun), patienceMs);
    give(whole);
  };
  // The terminal may go at any time; then there are no more keys.
  stdin.on('error', ignore);
  stdin.setRawMode(true);
  stdin.on('data', onData);
  stdin.resume();
  stdin.ref();
  return () => {
    clearTimeout(patience);
    begun = '';
    stdin.off('data', onData);
    stdin.pause();
    try {
      stdin.setRawMode(false);
    } catch {
      // It has gone.
    }
    // A stream that was read once would keep the process alive.
    stdin.unref();
  };
}

/** Milliseconds, so few that nobody notices them after Escape. */
const patienceMs = 50;

function ignore(): void {
  // Nothing can be read any more, and nothing is to be done.
}
