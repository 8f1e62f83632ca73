import { version as number } from '../system/version.ts';
import type { ExitCode, Io } from './io.ts';

/** Prints oompa's version. */
export function version(_options: object, io: Io): Promise<ExitCode> {
  io.stdout(`${number}\n`);
  return Promise.resolve(0);
}
