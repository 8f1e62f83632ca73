import type { ExitCode, Io } from './io.ts';
import { swarm } from './swarm.ts';

/** Lands approved work that was held back by changes in the user's checkout: a run without workers. */
export function land(_options: object, io: Io): Promise<ExitCode> {
  return swarm({ landOnly: true, plain: true }, io);
}
