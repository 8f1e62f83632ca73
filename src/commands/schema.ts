import { jsonSchema } from '../config/schema.ts';
import { builtInHarnesses } from '../harness/registry.ts';
import type { ExitCode, Io } from './io.ts';

/** Prints the JSON Schema of the config. */
export function schema(_options: object, io: Io): Promise<ExitCode> {
  io.stdout(`${JSON.stringify(jsonSchema(builtInHarnesses), null, 2)}\n`);
  return Promise.resolve(0);
}
