import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';

/** What one git command gave. `code` is 127 when git could not be started, 128 + n when signal n ended it. */
export interface GitResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** How a git command is run; all optional. */
export interface GitOptions {
  readonly stdin?: string | Buffer;
  readonly env?: Readonly<Record<string, string>>;
  /** Bytes of output after which git is ended and `code` is 141; 64 MB when left out. */
  readonly maxBuffer?: number;
  /** Milliseconds after which git and all that it started are ended; no limit when left out. */
  readonly timeoutMs?: number;
  /** True where the user's own hooks have to run; oompa's plumbing runs none. */
  readonly hooks?: boolean;
  /** Takes standard output as it comes; `stdout` is then empty and has no size limit. */
  readonly onStdout?: (chunk: Buffer) => void;
}

/** Runs git in `cwd`. Never throws for a failure of git; what other git processes cause in passing is tried again. */
export async function git(cwd: string, args: readonly string[], options: GitOptions = {}): Promise<GitResult> {
  for (const wait of retryWaits) {
    const result = await runOnce(cwd, args, options);
    if (result.code === 0 || !isTransient(result.stderr)) return result;
    await pause(wait);
  }
  return runOnce(cwd, args, options);
}

/** Whether git failed only because another git process was at work at that moment. */
export function isTransient(stderr: string): boolean {
  return transientErrors.some((pattern) => pattern.test(stderr));
}

/** The variables that git gets: nothing of the surroundings may redirect it to another repository, index or work tree. */
export function gitEnvironment(surroundings: NodeJS.ProcessEnv = process.env): NodeJS.ProcessEnv {
  const kept = Object.entries(surroundings).filter(([name]) => !name.startsWith('GIT_') || keptVariables.has(name));
  return {
    ...Object.fromEntries(kept),
    LC_ALL: 'C',
    GIT_OPTIONAL_LOCKS: '0',
    GIT_TERMINAL_PROMPT: '0',
    GIT_EDITOR: ':',
  };
}

/** Settings before the command: an agent may have written anything into the configuration that worktrees share. */
export function gitSettings(hooks: boolean): readonly string[] {
  const quiet = ['core.fsmonitor=false', 'core.quotePath=false', 'gc.auto=0', 'maintenance.auto=false'];
  return (hooks ? quiet : [...quiet, 'core.hooksPath=/dev/null']).flatMap((setting) => ['-c', setting]);
}

/** One line of what git said: its first error, without the prefix. */
export function firstError({ code, stderr, stdout }: GitResult): string {
  const lines = `${stderr}\n${stdout}`.split('\n').filter((line) => line.trim() !== '');
  const line = lines.find((each) => /^(fatal|error): /.test(each)) ?? lines[0];
  return line?.replace(/^(fatal|error): /, '') ?? `git ended with exit code ${code}`;
}

/** Seen with git 2.39.5 when worktree and ref commands run in parallel; a lock on an index is not among them: it may be stale. */
const transientErrors: readonly RegExp[] = [
  /failed to read .*(commondir|gitdir|HEAD): Success/,
  /could not create (leading )?director(y|ies) of .*worktrees/,
  /could not lock config file/,
  /Unable to create '[^']*\/(packed-refs|config|HEAD|refs\/[^']*|logs\/[^']*)\.lock': File exists/,
];

const retryWaits: readonly number[] = [20, 40, 80, 160, 320, 640];

/** Who the user is and where their settings lie; dates, folders and indexes of an outer git are not for us. */
const keptVariables: ReadonlySet<string> = new Set([
  'GIT_AUTHOR_NAME',
  'GIT_AUTHOR_EMAIL',
  'GIT_COMMITTER_NAME',
  'GIT_COMMITTER_EMAIL',
  'GIT_CONFIG_GLOBAL',
  'GIT_CONFIG_SYSTEM',
  'GIT_CONFIG_NOSYSTEM',
  'GIT_EXEC_PATH',
]);

function runOnce(cwd: string, args: readonly string[], options: GitOptions): Promise<GitResult> {
  return new Promise((resolve) => {
    const child = spawn('git', [...gitSettings(options.hooks ?? false), ...args], {
      cwd,
      env: { ...gitEnvironment(), ...options.env },
      // A session of its own: Ctrl-C at the terminal must not cut a commit or a checkout in half.
      detached: true,
    });
    const stdout = collector(options.maxBuffer ?? 64 * 1024 * 1024, () => end(child.pid));
    const stderr = collector(1024 * 1024, () => undefined);
    const timer = options.timeoutMs === undefined ? undefined : setTimeout(() => end(child.pid), options.timeoutMs);
    child.stdout.on('data', options.onStdout ?? stdout.take);
    child.stderr.on('data', stderr.take);
    child.on('error', (error) => {
      clearTimeout(timer);
      resolve({ code: 127, stdout: '', stderr: `git could not be started in ${cwd}: ${error.message}` });
    });
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      const exit = stdout.full() ? 141 : (code ?? 128 + (signal === null ? 0 : constants.signals[signal]));
      resolve({ code: exit, stdout: stdout.text(), stderr: stderr.text() });
    });
    // git may end before it has read everything; its exit code tells.
    child.stdin.on('error', () => undefined);
    child.stdin.end(options.stdin ?? '');
  });
}

function collector(limit: number, onFull: () => void) {
  const chunks: Buffer[] = [];
  let size = 0;
  return {
    take: (chunk: Buffer): void => {
      if (size > limit) return;
      chunks.push(chunk);
      size += chunk.length;
      if (size > limit) onFull();
    },
    full: (): boolean => size > limit,
    text: (): string => Buffer.concat(chunks).toString('utf8'),
  };
}

function end(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // It has ended by itself.
  }
}
