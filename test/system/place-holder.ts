import { withPlace } from '../../src/system/semaphore.ts';

// Takes the one place of `TMPDIR`, says so, and keeps it until it is killed.
await withPlace(
  { name: 'test', places: 1, env: process.env, signal: new AbortController().signal, onWait: () => undefined },
  async () => {
    process.send?.('holds');
    await new Promise(() => {
      setInterval(() => undefined, 1000);
    });
  },
);
