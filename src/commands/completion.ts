import type { ExitCode, Io } from './io.ts';
import { scriptOf } from './completion/scripts.ts';
import type { Shell } from './completion/scripts.ts';

/** Prints the script that lets this shell complete oompa's command line. */
export function completion({ shell }: { readonly shell: Shell }, io: Io): Promise<ExitCode> {
  io.stdout(scriptOf(shell));
  return Promise.resolve(0);
}
