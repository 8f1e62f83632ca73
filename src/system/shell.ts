import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { setTimeout as pause } from 'node:timers/promises';
import type { Noter } from './process-notes.ts';
import { markName, newMark, processTree } from './process-tree.ts';
import { openShellOutput } from './shell-output.ts';

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
  /** Writes the process down for as long as anything of it is there. */
  readonly note?: Noter;
  /** Takes secrets out of the log and of what comes back. */
  redact(text: string): string;
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

/**
 * Runs a command in a process group of its own with closed standard input, and ends whatever it leaves behind, also after a
 * clean exit: its group, and all that inherited its mark.
 */
export async function runShell(order: ShellCommand): Promise<ShellResult> {
  const begun = performance.now();
  const finished = (ending: Ending, tail: string): ShellResult => ({
    ...verdictOn(ending, tail, order.timeoutMs),
    tail,
    durationMs: performance.now() - begun,
  });
  if (order.signal.aborted) return finished({ kind: 'stopped' }, '');
  const output = await openShellOutput(order.log, (text) => order.redact(text));
  const mark = newMark();
  // One pipe for both streams: from two, what was said last is not always read last.
  const child = spawn('/bin/sh', ['-c', 'exec /bin/sh -c "$0" 2>&1', order.command], {
    cwd: order.cwd,
    env: { ...order.env, [markName]: mark },
    detached: true,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  child.stdout.on('data', (chunk: Buffer) => output.take(chunk));
  const closed = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const tree = child.pid === undefined ? undefined : processTree(child.pid, mark, order.note);
  child.once('exit', () => tree?.leaderEnded());
  const ending = await endingOf(child, order);
  await tree?.end(graceMs);
  // A process that got away may hold the pipe open for ever: what it would still say is not waited for.
  await Promise.race([closed, pause(graceMs, undefined, { ref: false })]);
  child.stdout.destroy();
  // By now it has been collected, so that its note can go.
  if (ending.kind === 'timeout' || ending.kind === 'stopped') await tree?.end(graceMs);
  return finished(ending, await output.end());
}

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
