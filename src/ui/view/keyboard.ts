import type { Key } from './keys.ts';
import { keysIn } from './keys.ts';

/** Reads keys one by one until the returned function is called, which leaves the terminal as it was. */
export function readKeys(stdin: NodeJS.ReadStream, onKey: (key: Key) => void): () => void {
  const onData = (data: Buffer | string): void => {
    for (const key of keysIn(data.toString())) onKey(key);
  };
  // The terminal may go at any time; then there are no more keys.
  stdin.on('error', ignore);
  stdin.setRawMode(true);
  stdin.on('data', onData);
  stdin.resume();
  return () => {
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

function ignore(): void {
  // Nothing can be read any more, and nothing is to be done.
}
