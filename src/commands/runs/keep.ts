import type { Config } from '../../config/schema.ts';
import type { Io } from '../io.ts';

/**
 * How many of the newest runs stay, 0 = all: OOMPA_RUNS_KEEP, else the config. All, and it says so, when the variable is no such
 * number: what is removed does not come back, and `all` or `-1` was not meant to remove anything.
 */
export function keepOf({ runs }: Pick<Config, 'runs'>, { env, stderr }: Pick<Io, 'env' | 'stderr'>): number {
  const text = env['OOMPA_RUNS_KEEP'];
  if (text === undefined || text === '') return runs.keep;
  if (/^\d+$/.test(text)) return Number(text);
  const shown = JSON.stringify(text.slice(0, 40));
  stderr(
    `OOMPA_RUNS_KEEP takes a whole number from 0, not ${shown}; all runs stay. Unset it, or try: oompa runs prune --keep ${String(runs.keep)}\n`,
  );
  return 0;
}
