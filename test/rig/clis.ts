import { describe } from 'vitest';
import { cliFolders, findExecutable } from './pinned-clis.ts';
import type { CliName } from './pinned-clis.ts';

/** The absolute path of an agent CLI, pinned copies first, or undefined when it is nowhere. */
export function findCli(name: CliName): string | undefined {
  return findExecutable(name, cliFolders(process.env['PATH'] ?? ''));
}

/** `describe`, with the CLI's absolute path; without the CLI its tests are counted as skipped and stderr says why. */
export function describeWithCli(name: CliName, title: string, tests: (cli: string) => void): void {
  const cli = findCli(name);
  if (cli !== undefined) {
    describe(title, () => tests(cli));
    return;
  }
  process.stderr.write(`SKIPPED: ${name} is not installed; run ${remedy(name)}\n`);
  describe.skip(title, () => tests(name));
}

function remedy(name: CliName): string {
  return name === 'opencode' ? 'npm install' : 'npm run clis';
}
