import { execFile, execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { describe, onTestFinished } from 'vitest';

/** A real pseudo-terminal with one program in it, and a person at its keyboard. */
export interface Terminal {
  /** Presses keys, by tmux's names: `Down`, `Enter`, `C-c`, `q`. */
  press(...keys: readonly string[]): Promise<void>;
  /** Has the shell do a line on an empty screen. What stood there before is gone once this returns, or about to be. */
  type(line: string): Promise<void>;
  /** What stands on it, line by line, without what is blank at the end. */
  screen(): Promise<string>;
  /** The same, with the escape codes of colours. */
  painted(): Promise<string>;
  /** What stands on it, and what was scrolled out of it. */
  everything(): Promise<string>;
  /** Looks until it is so; the screen by then. Fails with the last screen after a minute. */
  until(isSo: (screen: string) => boolean): Promise<string>;
  resize(columns: number, rows: number): Promise<void>;
  /** tmux's own facts, such as `#{alternate_on} #{cursor_flag}`. */
  fact(format: string): Promise<string>;
  /** The process that tmux started: the shell. */
  readonly pid: number;
  /** Closes the terminal under its programs. */
  hangUp(): Promise<void>;
}

/** How a terminal is opened. */
export interface TerminalOrder {
  readonly cwd: string;
  readonly columns: number;
  readonly rows: number;
  readonly env?: Readonly<Record<string, string>>;
}

/** `describe` for tests that need tmux; without it they are counted as skipped, and stderr says why. */
export function describeWithTmux(title: string, tests: () => void): void {
  if (hasTmux()) {
    describe(title, tests);
    return;
  }
  process.stderr.write('SKIPPED: tmux is not installed; run apt-get install tmux\n');
  describe.skip(title, tests);
}

/** Opens a terminal with a shell that shows `$ ` when it waits. It is closed when the test ends. */
export async function openTerminal({ cwd, columns, rows, env = {} }: TerminalOrder): Promise<Terminal> {
  const socket = `oompa-${randomUUID()}`;
  const tmux = async (...args: readonly string[]) =>
    (await promisify(execFile)('tmux', ['-L', socket, ...args], { encoding: 'utf8', env: surroundings(env) })).stdout;
  onTestFinished(async () => {
    await tmux('kill-server').catch(() => undefined);
  });
  const size = ['-x', String(columns), '-y', String(rows)];
  await tmux('-f', '/dev/null', 'new-session', '-d', ...size, '-c', cwd, 'env PS1="$ " sh -i');
  await tmux('set-option', '-g', 'status', 'off');
  await tmux('set-option', '-s', 'escape-time', '0');
  await tmux('resize-window', ...size);

  const capture = async (...options: string[]) => (await tmux('capture-pane', '-p', ...options)).trimEnd();
  const terminal: Terminal = {
    press: async (...keys) => {
      await tmux('send-keys', ...keys);
    },
    type: async (line) => {
      const typed = `clear; ${line}`;
      await tmux('send-keys', '-l', typed);
      // Before it stands there, the prompt that it is typed at looks like that of a shell which is done with it.
      await terminal.until((screen) => withoutBlanks(screen).endsWith(withoutBlanks(typed)));
      await tmux('send-keys', 'Enter');
    },
    screen: () => capture(),
    painted: () => capture('-e'),
    everything: () => capture('-S', '-'),
    until: async (isSo) => {
      for (const end = Date.now() + 60_000; ;) {
        const screen = await capture();
        if (isSo(screen)) return screen;
        if (Date.now() > end) throw new Error(`It never came so far. On the terminal:\n${screen}`);
        await sleep(50);
      }
    },
    resize: async (width, height) => {
      await tmux('resize-window', '-x', String(width), '-y', String(height));
    },
    fact: async (format) => (await tmux('display-message', '-p', format)).trim(),
    pid: Number((await tmux('display-message', '-p', '#{pane_pid}')).trim()),
    hangUp: async () => {
      await tmux('kill-server');
    },
  };
  await terminal.until((screen) => screen.startsWith('$'));
  return terminal;
}

/** A long line stands on several, and blanks at their ends are not shown. */
function withoutBlanks(text: string): string {
  return text.replaceAll(/\s/g, '');
}

/** What node needs to run TypeScript: the argument of `--import`. */
export const tsxLoader = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;

/** The command that starts `oompa` from source, as it is typed into a shell. */
export function oompaCommand(...args: readonly string[]): string {
  const cli = join(import.meta.dirname, '..', '..', 'src', 'cli.ts');
  return [process.execPath, '--import', tsxLoader, cli, ...args].join(' ');
}

/** What tests run in must not tell oompa that it is in CI, or that it must not paint. */
function surroundings(env: Readonly<Record<string, string>>): NodeJS.ProcessEnv {
  const unwanted = ['CI', 'CONTINUOUS_INTEGRATION', 'BUILD_NUMBER', 'RUN_ID', 'NO_COLOR', 'FORCE_COLOR', 'TMUX'];
  const kept = Object.entries(process.env).filter(([name]) => !unwanted.includes(name) && !name.startsWith('VITEST'));
  return { ...Object.fromEntries(kept), TZ: 'UTC', LC_ALL: 'C.UTF-8', TERM: 'xterm-256color', ...env };
}

function hasTmux(): boolean {
  try {
    execFileSync('tmux', ['-V'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
