import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { temporaryFolder } from '../commands/temporary.ts';

/** A PATH with `oompa` on it, from source: for tests in which a shell calls it. */
export function pathWithOompa(): string {
  const loader = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;
  const cli = join(import.meta.dirname, '..', '..', 'src', 'cli.ts');
  const script = `#!/bin/sh\nexec '${process.execPath}' --import '${loader}' '${cli}' "$@"\n`;
  return `${join(temporaryFolder({ 'bin/oompa': script }), 'bin')}:${process.env['PATH'] ?? ''}`;
}
