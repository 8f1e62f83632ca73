import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { pathToFileURL } from 'node:url';

/** The real command line in a process of its own. */
export interface CliProcess {
  readonly pid: number;
  kill(signal: NodeJS.Signals): void;
  /** Resolves when it has ended and its output is closed. `code` is 128 + n when a signal ended it. */
  readonly ended: Promise<{ readonly code: number; readonly stdout: string; readonly stderr: string }>;
}

/** Starts `oompa` from source, in one process: what is killed is oompa itself and not a wrapper around it. */
export function startCli(cwd: string, args: readonly string[], env: Readonly<Record<string, string>> = {}): CliProcess {
  const child = spawn(process.execPath, ['--import', loader, cli, ...args], {
    cwd,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const code = new Promise<number>((resolve) => {
    child.once('close', (status, signal) => {
      resolve(status ?? (signal === 'SIGKILL' ? 137 : 143));
    });
  });
  return {
    pid: child.pid ?? 0,
    kill: (signal) => {
      child.kill(signal);
    },
    ended: Promise.all([code, text(child.stdout), text(child.stderr)]).then(([status, stdout, stderr]) => ({
      code: status,
      stdout,
      stderr,
    })),
  };
}

const loader = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;
const cli = join(import.meta.dirname, '..', '..', 'src', 'cli.ts');
