import type { Config } from '../../config/schema.ts';
import type { Io } from '../io.ts';

/** How many of the newest runs stay, 0 = all: OOMPA_RUNS_KEEP, else the config. Says so when the variable is no such number. */
export function keepOf({ runs }: Pick<Config, 'runs'>, { env, stderr }: Pick<Io, 'env' | 'stderr'>): number {
  const text = env['OOMPA_RUNS_KEEP'];
  if (text === undefined || text === '') return runs.keep;
  if (/^\d{1,9}$/.test(text)) return Number(text);
  const config = `the config's \`runs.keep\`, ${String(runs.keep)}, holds`;
  stderr(`OOMPA_RUNS_KEEP takes a whole number from 0, not ${JSON.stringify(text.slice(0, 40))}; ${config}\n`);
  return runs.keep;
}
