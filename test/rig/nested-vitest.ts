import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const vitest = join(import.meta.dirname, '..', '..', 'node_modules', 'vitest', 'vitest.mjs');
const reporter = join(import.meta.dirname, 'closing-line.ts');

/** What a run of vitest by itself left: `code` is null when a signal ended it. */
export interface NestedRun {
  readonly code: number | null;
  readonly lastLine: string | undefined;
  readonly stderr: string;
}

/** Runs vitest, with the project's closing line, on one test file (globals allowed) in a folder of its own. */
export function runNestedVitest(testFile: string): NestedRun {
  const root = mkdtempSync(join(tmpdir(), 'oompa-nested-vitest-'));
  try {
    const config = `import { closingLine } from ${JSON.stringify(reporter)};
      export default { test: { globals: true, pool: 'forks', reporters: ['default', closingLine()] } };`;
    writeFileSync(join(root, 'vitest.config.ts'), config);
    writeFileSync(join(root, 'one.test.ts'), testFile);
    const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('VITEST')));
    const args = [vitest, 'run', '--root', root];
    const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd: root, env, encoding: 'utf8' });
    return { code: status, lastLine: stdout.trimEnd().split('\n').at(-1), stderr };
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}
