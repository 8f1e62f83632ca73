import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { Io } from '../../src/commands/io.ts';
import type { Config } from '../../src/config/schema.ts';
import { configSchema } from '../../src/config/schema.ts';
import { builtInHarnesses } from '../../src/harness/registry.ts';

/** A folder with these files, removed when the test ends. Files under `bin/` can be run. */
export function temporaryFolder(files: Readonly<Record<string, string>> = {}): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'oompa-commands-')));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 }));
  writeFiles(folder, files);
  return folder;
}

/** Writes files below `folder`. */
export function writeFiles(folder: string, files: Readonly<Record<string, string>>): void {
  for (const [name, text] of Object.entries(files)) {
    const path = join(folder, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
    if (name.startsWith('bin/')) chmodSync(path, 0o755);
  }
}

/** A repository whose first commit, on main, holds these files. oompa's own folders are ignored in it. */
export function temporaryRepository(files: Readonly<Record<string, string>> = {}): string {
  const root = temporaryFolder({ 'README.md': 'A test\n', '.gitignore': '.oompa/\nruns/\ntasks/\n', ...files });
  git(root, 'init', '-q', '-b', 'main');
  git(root, 'add', '-A');
  git(root, 'commit', '-q', '-m', 'First');
  return root;
}

/** Runs git and gives its output, trimmed. */
export function git(cwd: string, ...args: string[]): string {
  return execFileSync('git', args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }).trim();
}

/** A program that prints its version and ends. */
export function cli(version: string): string {
  return `#!/bin/sh\necho "${version}"\n`;
}

/** An `Io` that keeps what a command prints. HOME is an empty folder. */
export function testIo(cwd: string, options: { readonly env?: NodeJS.ProcessEnv; readonly columns?: number } = {}) {
  const printed = { stdout: '', stderr: '' };
  const io: Io = {
    cwd,
    stdout: (text) => (printed.stdout += text),
    stderr: (text) => (printed.stderr += text),
    color: false,
    columns: options.columns ?? 80,
    terminal: undefined,
    now: () => new Date(),
    env: { PATH: process.env['PATH'], HOME: temporaryFolder(), ...options.env },
    onStop: () => undefined,
  };
  return { io, printed };
}

/** A checked config. */
export function configOf(input: object): Config {
  return configSchema(builtInHarnesses).parse(input);
}
