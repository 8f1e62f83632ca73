import { join } from 'node:path';
import { doctor } from '../../../src/commands/doctor.ts';
import type { DoctorOptions } from '../../../src/commands/doctor.ts';
import { temporaryFolder, testIo, writeFiles } from '../temporary.ts';

/** `oompa doctor --probe` with CLIs that say their version when asked, and otherwise do what `scripts` has under their name. */
export async function probed(
  root: string,
  scripts: Readonly<Record<string, string>>,
  options: DoctorOptions = {},
  env: NodeJS.ProcessEnv = {},
) {
  const folder = temporaryFolder();
  for (const [name, script] of Object.entries(scripts)) {
    writeFiles(folder, {
      [`bin/${name}`]: `#!/bin/sh\nif [ "$1" = --version ]; then echo 1.0.0; exit; fi\n${script}\n`,
    });
  }
  const { io, printed } = testIo(root, { env: { PATH: `${join(folder, 'bin')}:/usr/bin:/bin`, ...env } });
  const code = await doctor({ probe: true, ...options }, io);
  return { code, ...printed };
}

/** The lines of a shell script that prints these, and ends. */
export function printing(lines: readonly string[], code = 0): string {
  return `cat <<'END'\n${lines.join('\n')}\nEND\nexit ${code}`;
}
