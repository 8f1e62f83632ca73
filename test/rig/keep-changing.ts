import { utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Changes a file in a folder over and over until it is told to end, or the folder is gone: whoever works there is not silent. */
export function keepChanging(folder: string) {
  const file = join(folder, 'build.log');
  writeFileSync(file, '');
  const timer = setInterval(() => {
    try {
      utimesSync(file, new Date(), new Date());
    } catch {
      clearInterval(timer);
    }
  }, 20);
  return { end: () => clearInterval(timer) };
}
