import { execFileSync } from 'node:child_process';
import { onTestFinished } from 'vitest';
import { identityOf, isAlive, type ProcessIdentity } from '../../src/system/process-identity.ts';
import { readProcess } from '../../src/system/process-table.ts';

/**
 * Starts a command in a session of its own whose parent is gone, as a killed oompa leaves one behind. Nothing is in its
 * environment but PATH and `env`. When the test ends, its whole session goes, whatever became of it.
 */
export async function orphan(command: string, env: Readonly<Record<string, string>> = {}): Promise<ProcessIdentity> {
  const script = 'setsid sh -c "$1" >/dev/null 2>&1 & echo $!';
  const started = execFileSync('sh', ['-c', script, 'sh', command], {
    env: { PATH: process.env['PATH'], ...env },
    encoding: 'utf8',
  });
  const pid = Number(started);
  onTestFinished(() => {
    try {
      process.kill(-pid, 'SIGKILL');
    } catch {
      // The test has ended it.
    }
  });
  await until(() => readProcess(pid, '')?.session === pid);
  return identityOf(pid) ?? { pid, start: 'gone' };
}

/** Resolves when the process is gone; it may be a zombie. */
export async function gone({ pid, start }: ProcessIdentity): Promise<void> {
  await until(() => !isAlive(pid, start));
}

/** Looks again and again, for at most a minute. */
export async function until(isSo: () => boolean): Promise<void> {
  for (const deadline = performance.now() + 60_000; !isSo();) {
    if (performance.now() > deadline) throw new Error('it has not come true within a minute');
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
