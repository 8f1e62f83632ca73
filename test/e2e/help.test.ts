import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { describe, expect, test } from 'vitest';
import { commandLine } from '../../src/cli/program.ts';
import { git, temporaryFolder, temporaryRepository, writeFiles } from '../commands/temporary.ts';
import { startCli } from '../rig/cli.ts';
import { pathWithOompa } from './oompa-on-path.ts';

const program = commandLine(() => Promise.resolve());
const commands = visible(program);

describe.each(commands.map((command) => ({ command, name: nameOf(command) })))('help of $name', ({ command }) => {
  test('says in one line what it is for, and explains every argument and option', () => {
    const help = command.createHelp();
    const about = [
      command.description(),
      ...command.registeredArguments.map(({ description }) => description),
      ...help.visibleOptions(command).map(({ description }) => description),
    ];
    expect(about.filter((text) => text.trim() === '')).toEqual([]);
  });

  test('fits 80 columns', () => {
    expect(helpOf(command).filter((line) => line.length > 80)).toEqual([]);
  });

  test('has examples', () => {
    expect(examplesOf(command).length).toBeGreaterThan(0);
  });
});

test('every example can be typed', async () => {
  for (const words of argumentsOf(commands.flatMap((command) => examplesOf(command)))) {
    let performed = 0;
    const line = commandLine(() => {
      performed += 1;
      return Promise.resolve();
    });
    for (const command of visible(line)) command.configureOutput({ writeOut: () => undefined });
    line.configureOutput({ writeOut: () => undefined });
    await line.parseAsync(words, { from: 'user' });
    expect([words, performed]).toEqual([words, words[0] === 'help' ? 0 : 1]);
  }
});

describe('oompa --help', () => {
  test('begins with the first steps, and has every command in a group that is named', () => {
    const text = helpOf(program).join('\n');
    expect(text.indexOf('oompa init')).toBeLessThan(text.indexOf('Options:'));
    expect(text).not.toContain('\nCommands:');
    expect(text).toContain('Exit codes:');
  });
});

describe('a wrong command line', () => {
  test.each([
    ['swram', /Did you mean swarm\?/, 'See: oompa --help'],
    ['requeue fix-parser', /Did you mean tasks requeue\?/, 'See: oompa --help'],
    ['tasks lst', /Did you mean list\?/, 'See: oompa tasks --help'],
    ['swarm --onyl builders', /Did you mean --only\?/, 'See: oompa swarm --help'],
    ['tasks add', /missing required argument 'title'/, 'See: oompa tasks add --help'],
    ['schema nothing', /Allowed choices are config, events, notices/, 'See: oompa schema --help'],
    ['help tasks requeu', /Did you mean requeue\?/, 'See: oompa tasks --help'],
    ['zzzz', /unknown command 'zzzz'/, 'See: oompa --help'],
  ])('`oompa %s` names the cause and ends with the next command', async (words, cause, next) => {
    const said: string[] = [];
    const line = commandLine(() => Promise.resolve());
    for (const command of [line, ...visible(line)]) command.configureOutput({ writeErr: (text) => said.push(text) });
    await expect(line.parseAsync(words.split(' '), { from: 'user' })).rejects.toThrow();
    expect(said.join('')).toMatch(cause);
    expect(said.join('').trimEnd().split('\n').at(-1)).toBe(next);
  });

  test('ends with 2', async () => {
    expect(await startCli('/', ['swram']).ended).toMatchObject({ code: 2, stdout: '' });
    expect(await startCli('/', ['help', 'swram']).ended).toMatchObject({ code: 2, stdout: '' });
  });
});

test('a bug that nobody awaited is called one, leads on, and ends with 70', async () => {
  const bug = `process.once('beforeExit', () => Promise.reject(new Error('a bug')))`;
  const env = { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(bug)}` };
  const { code, stderr } = await startCli('/', ['schema'], env).ended;
  expect(stderr).toMatch(/^internal error: Error: a bug\n/);
  expect(stderr).toMatch(/See what is kept: oompa status\n$/);
  expect(code).toBe(70);
});

test.each(['schema events', '--help', 'help swarm'])(
  'a reader that goes away ends `oompa %s` quietly, and well',
  (words) => {
    const env = { PATH: pathWithOompa() };
    // Nobody has read a byte when the reader is gone, so every byte meets a closed pipe.
    const script = `oompa ${words} 2>&3 | exec 0<&-; echo "\${PIPESTATUS[0]}"`;
    const output = execFileSync('bash', ['--norc', '-c', `exec 3>&1; ${script}`], { env, encoding: 'utf8' });
    expect(output).toBe('0\n');
  },
);

test('a run goes on when its reader goes away', () => {
  const root = temporaryRepository({
    'oompa.config.yaml': `workers: [{ name: builders, harness: quick }]
harnesses: { quick: { command: [sh, -c, 'cat > /dev/null; echo x > x.txt; echo COMPLETE_AND_READY_FOR_MERGE'], prompt: stdin, output: text } }
`,
  });
  writeFiles(root, { 'tasks/pending/a.yaml': 'title: A' });
  const env = { ...process.env, PATH: pathWithOompa() };
  const script = 'oompa swarm --json 2>&3 | exec 0<&-; echo "${PIPESTATUS[0]}"';
  const output = execFileSync('bash', ['--norc', '-c', `exec 3>&1; ${script}`], { cwd: root, env, encoding: 'utf8' });
  expect(output).toBe('0\n');
  expect(git(root, 'show', 'main:x.txt')).toBe('x');
});

/** All commands that help shows, with those below them. */
function visible(command: Command): Command[] {
  return command
    .createHelp()
    .visibleCommands(command)
    .flatMap((each) => [each, ...visible(each)]);
}

function nameOf(command: Command): string {
  return command.parent === null ? command.name() : `${nameOf(command.parent)} ${command.name()}`;
}

function helpOf(command: Command): string[] {
  let text = '';
  command.configureOutput({ writeOut: (part) => (text += part), getOutHelpWidth: () => 80 });
  command.outputHelp();
  return text.split('\n');
}

function examplesOf(command: Command): string[] {
  const lines = helpOf(command);
  const after = lines.indexOf('Examples:');
  return after < 0 ? [] : lines.slice(after + 1).filter((line) => line !== '');
}

/** The arguments that oompa gets when a shell runs these lines: quotes, comments and redirections are the shell's. */
function argumentsOf(lines: readonly string[]): string[][] {
  const folder = temporaryFolder({ 'answer.md': 'Cents.' });
  mkdirSync(join(folder, '.config/fish/completions'), { recursive: true });
  const script = `oompa() { printf '%s\\0' "$@" >&3; printf '\\n' >&3; }\nexec 3>&1 >/dev/null\n${lines.join('\n')}\nwait\n`;
  const env = { PATH: process.env['PATH'], HOME: folder };
  const output = execFileSync('bash', ['--norc', '-c', script], { cwd: folder, env, encoding: 'utf8' });
  const called = output.split('\n').slice(0, -1);
  expect(called).toHaveLength(lines.length);
  return called.map((line) => line.split('\0').slice(0, -1));
}
