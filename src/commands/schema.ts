import { readFile } from 'node:fs/promises';
import { jsonSchema } from '../config/schema.ts';
import { unreachable } from '../core/unreachable.ts';
import { builtInHarnesses } from '../harness/registry.ts';
import { noticeJsonSchema } from '../notify/payload.ts';
import type { ExitCode, Io } from './io.ts';

/** `oompa schema [what]`. */
export interface SchemaOptions {
  /** The config's when left out. */
  readonly what?: What;
}

type What = 'config' | 'events' | 'notices';

/** Prints a JSON Schema: of the config, of the lines that `--json` and a run's log have, or of what `notify:` sends. */
export async function schema({ what = 'config' }: SchemaOptions, io: Io): Promise<ExitCode> {
  io.stdout(await schemaOf(what));
  return 0;
}

async function schemaOf(what: What): Promise<string> {
  switch (what) {
    case 'config':
      return printed(jsonSchema(builtInHarnesses));
    case 'events':
      return eventsSchema();
    case 'notices':
      return printed(noticeJsonSchema());
    default:
      return unreachable(what);
  }
}

function printed(schema: object): string {
  return `${JSON.stringify(schema, null, 2)}\n`;
}

/** Made of the types in core/event.ts by a test, which fails when they differ. Throws when the package is broken. */
function eventsSchema(): Promise<string> {
  return readFile(new URL('../../schemas/events.schema.json', import.meta.url), 'utf8');
}
