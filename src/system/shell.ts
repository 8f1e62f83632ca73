import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import type { WriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

/** A command of the user's, to be run by `/bin/sh -c`. */
export interface ShellCommand {
  readonly command: string;
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  readonly timeoutMs: number;
  /** File that takes what the command prints, up to 10 MB; its folder is made when missing. */
  readonly log: string;
  /** Ends the command and all that it started. */
  readonly signal: AbortSignal;
}

/** How it ended. `could-not-run` says nothing about what was tested: not found, killed, out of time, disk full, stopped. */
export interface ShellResult {
  readonly kind: 'passed' | 'failed' | 'could-not-run';
  /** Left out when no exit code came back. */
  readonly exitCode?: number;
  /** The last 8 kB of output. */
  readonly tail: string;
  readonly durationMs: number;
  /** One line: how it ended. */
  readonly detail: string;
}

/** Runs a command in a process group of its own with closed standard input; nothing of the group outlives it. */
export async function runShell(order: ShellCommand): Promise<ShellResult> {
  const begun = performance.now();
  const finished = (ending: Ending, tail: string): ShellResult => ({
    ...verdictOn(ending, tail, order.timeoutMs),
    tail,
    durationMs: performance.now() - begun,
  });
  if (order.signal.aborted) return finished({ kind: 'stopped' }, '');
  const output = await openOutput(order.log);
  // One pipe for both streams: from two, what was said last is not always read last.
  const child = spawn('/bin/sh', ['-c', 'exec /bin/sh -c "$0" 2>&1', order.command], {
    cwd: order.cwd,
    env: order.env,
    detached: true,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  child.stdout.on('data', output.take);
  const closed = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const ending = await endingOf(child, order);
  await endGroup(child.pid);
  // A process that left the group may hold the pipes open for ever: what it would still say is not waited for.
  await Promise.race([closed, pause(graceMs, undefined, { ref: false })]);
  child.stdout.destroy();
  await output.close();
  return finished(ending, output.tail());
}

const logBytes = 10 * 1024 * 1024;
const tailBytes = 8 * 1024;
const graceMs = 2_000;

type Ending =
  | { readonly kind: 'exited'; readonly code: number }
  | { readonly kind: 'killed'; readonly signal: NodeJS.Signals }
  | { readonly kind: 'not-started'; readonly message: string }
  | { readonly kind: 'timeout' }
  | { readonly kind: 'stopped' };

function endingOf(child: ChildProcess, { timeoutMs, signal }: ShellCommand): Promise<Ending> {
  return new Promise((resolve) => {
    const settle = (ending: Ending): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', stop);
      resolve(ending);
    };
    const stop = (): void => settle({ kind: 'stopped' });
    // Node cuts longer delays to 1 ms.
    const timer = setTimeout(() => settle({ kind: 'timeout' }), Math.min(timeoutMs, 2 ** 31 - 1));
    signal.addEventListener('abort', stop);
    // It may have come while the log was opened.
    if (signal.aborted) stop();
    child.once('error', (error) => settle({ kind: 'not-started', message: error.message }));
    child.once('exit', (code, by) => {
      settle(by === null ? { kind: 'exited', code: code ?? 0 } : { kind: 'killed', signal: by });
    });
  });
}

function verdictOn(ending: Ending, tail: string, timeoutMs: number): Pick<ShellResult, 'kind' | 'exitCode' | 'detail'> {
  switch (ending.kind) {
    case 'exited':
      return exitVerdict(ending.code, tail);
    case 'killed':
      return {
        kind: crashes.has(ending.signal) ? 'failed' : 'could-not-run',
        detail: `it was ended by ${ending.signal}`,
      };
    case 'not-started':
      return { kind: 'could-not-run', detail: `it could not be started: ${ending.message}` };
    case 'timeout':
      return { kind: 'could-not-run', detail: `it was ended after its limit of ${timeoutMs / 1000} s` };
    case 'stopped':
      return { kind: 'could-not-run', detail: 'it was stopped' };
  }
}

/** A program does these to itself: they are about what was tested, and would come again for ever. */
const crashes: ReadonlySet<NodeJS.Signals> = new Set([
  'SIGSEGV',
  'SIGABRT',
  'SIGBUS',
  'SIGFPE',
  'SIGILL',
  'SIGTRAP',
  'SIGSYS',
]);

function exitVerdict(exitCode: number, tail: string): Pick<ShellResult, 'kind' | 'exitCode' | 'detail'> {
  const detail = `exit code ${exitCode}`;
  if (exitCode === 0) return { kind: 'passed', exitCode, detail };
  if (exitCode === 126) return { kind: 'could-not-run', exitCode, detail: `${detail}: a command is not executable` };
  if (exitCode === 127) return { kind: 'could-not-run', exitCode, detail: `${detail}: a command was not found` };
  // A shell reports a child that was ended from outside as 128 + SIGKILL or SIGTERM.
  if (exitCode === 137 || exitCode === 143) return { kind: 'could-not-run', exitCode, detail: `${detail}: killed` };
  if (/\bENOSPC\b|No space left on device/.test(tail)) {
    return { kind: 'could-not-run', exitCode, detail: `${detail}: no space left on the disk` };
  }
  return { kind: 'failed', exitCode, detail };
}

/** Ends what the command left behind, politely and then by force; after a clean end there is usually nothing. */
async function endGroup(pid: number | undefined): Promise<void> {
  if (pid === undefined || !signalGroup(pid, 'SIGTERM')) return;
  const deadline = performance.now() + graceMs;
  while (performance.now() < deadline) {
    await pause(20);
    if (!signalGroup(pid, 0)) return;
  }
  signalGroup(pid, 'SIGKILL');
}

/** False when the group has no process any more. */
function signalGroup(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    process.kill(-pid, signal);
    return true;
  } catch {
    return false;
  }
}

/** A log that can't be written (disk full, no such folder) costs the log and not the result. */
async function openOutput(log: string) {
  await mkdir(dirname(log), { recursive: true }).catch(() => undefined);
  const file: WriteStream = createWriteStream(log);
  const done = new Promise<void>((resolve) => file.once('close', () => resolve()));
  file.on('error', () => undefined);
  let written = 0;
  let tail = Buffer.alloc(0);
  return {
    take: (chunk: Buffer): void => {
      tail = Buffer.concat([tail, chunk]).subarray(-tailBytes);
      if (written >= logBytes) return;
      const part = chunk.subarray(0, logBytes - written);
      written += part.length;
      file.write(part);
      if (written >= logBytes) file.write('\n… the rest was cut\n');
    },
    tail: (): string => tail.toString('utf8'),
    close: (): Promise<void> => {
      file.end();
      return done;
    },
  };
}
