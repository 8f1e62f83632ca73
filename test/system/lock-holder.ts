import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { withLock } from '../../src/system/lock.ts';

/**
 * A process of its own: `hold` takes the lock, says so, and keeps it until it is killed; `count` adds one to a number in a file,
 * many times, in a way that loses some unless the lock keeps others out.
 */
const [mode, lock = '', file = '', times = '0'] = process.argv.slice(2);

if (mode === 'hold') {
  await withLock(lock, async () => {
    process.send?.('held');
    await new Promise((resolve) => setInterval(resolve, 2 ** 30));
  });
} else {
  process.once('message', () => void count());
  process.send?.('ready');
}

async function count(): Promise<void> {
  for (let i = 0; i < Number(times); i++) {
    await withLock(lock, async () => {
      const before = Number(readFileSync(file, 'utf8'));
      await new Promise(setImmediate);
      writeFileSync(file, String(before + 1));
      appendFileSync(`${file}.log`, '.');
    });
  }
  process.disconnect();
}
