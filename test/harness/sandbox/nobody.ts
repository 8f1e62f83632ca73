import { execFileSync } from 'node:child_process';
import { describe } from 'vitest';
import type { Harness } from '../../../src/harness/harness.ts';
import { findBinary } from '../../../src/harness/probe.ts';

/** The user id of nobody, on Linux. */
const nobody = '65534';
const setpriv = findBinary('setpriv', process.env['PATH'] ?? '');

/** `describe` for tests that run programs as another user; who is not root can't, and stderr says so. */
export function describeWithNobody(title: string, tests: () => void): void {
  if (process.getuid?.() === 0 && setpriv !== undefined) {
    describe(title, tests);
    return;
  }
  process.stderr.write('SKIPPED: only root can run programs as another user, by setpriv\n');
  describe.skip(title, tests);
}

/** The same CLI, run by nobody. */
export function asNobody(harness: Harness): Harness {
  return {
    ...harness,
    command: (request) => {
      const command = harness.command({ ...request, root: false });
      const who = [`--reuid=${nobody}`, `--regid=${nobody}`, '--clear-groups'];
      return { ...command, binary: setpriv ?? 'setpriv', args: [...who, command.binary, ...command.args] };
    },
  };
}

/** Gives folders, with all that is in them, to nobody. */
export function giveToNobody(...folders: readonly string[]): void {
  execFileSync('chown', ['-R', `${nobody}:${nobody}`, ...folders]);
}
