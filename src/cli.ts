#!/usr/bin/env node
import { Command } from 'commander';
import type { Action, Register } from './cli/register.ts';
import { addRescueCommands } from './cli/rescue-commands.ts';
import { addRunCommands, addSwarmCommands } from './cli/swarm-commands.ts';
import { addTaskCommands } from './cli/task-commands.ts';
import { addWorkspaceCommands } from './cli/workspace-commands.ts';
import type { Io } from './commands/io.ts';
import { version } from './commands/version.ts';

const program = new Command('oompa')
  .description(
    'A swarm of coding agents on your repository: they claim tasks, work in worktrees, are reviewed, and land on main.',
  )
  .option('--no-color', 'no colours (as with NO_COLOR)')
  .version(version, '--version', 'print the version and end')
  .helpCommand('help [command]', 'help for a command')
  .showHelpAfterError('(see: oompa --help)')
  .exitOverride()
  .addHelpText('after', '\nStart here:\n  oompa init\n  oompa tasks add "Add a health endpoint"\n  oompa swarm\n');

const register: Register = { command, perform };
program.commandsGroup('Work:');
addSwarmCommands(register);
program.commandsGroup('Look and steer:');
addTaskCommands(register);
addRunCommands(register);
addRescueCommands(register);
program.commandsGroup('The workspace:');
addWorkspaceCommands(register);

await main();

async function main(): Promise<void> {
  try {
    if (process.argv.length === 2) program.outputHelp();
    else await program.parseAsync();
  } catch (error) {
    process.exitCode = exitCodeOf(error);
  }
}

/** commander has said its part already; anything else is a bug of ours. */
function exitCodeOf(error: unknown): number {
  if (error instanceof Error && 'code' in error && String(error.code).startsWith('commander.')) {
    return 'exitCode' in error && error.exitCode === 0 ? 0 : 2;
  }
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  process.stderr.write(
    `internal error: ${text}\nThis is a bug in oompa; nothing of your work is lost. See what is kept: oompa status\n`,
  );
  return 70;
}

async function perform<Options>(action: Action<Options>, options: Options): Promise<void> {
  process.exitCode = await action(options, terminalIo());
}

function command(name: string, description: string, examples: readonly string[], parent: Command = program): Command {
  const shown = examples.map((example) => `  ${example}`).join('\n');
  return parent.command(name).description(description).addHelpText('after', `\nExamples:\n${shown}\n`);
}

function terminalIo(): Io {
  const { stdout, stderr, env } = process;
  const wantsColor =
    program.opts<{ color: boolean }>().color && (env['NO_COLOR'] ?? '') === '' && env['TERM'] !== 'dumb';
  return {
    cwd: process.cwd(),
    stdout: (text) => void stdout.write(text),
    stderr: (text) => void stderr.write(text),
    color: wantsColor && stdout.isTTY,
    columns: stdout.isTTY ? stdout.columns : 80,
    terminal: stdout.isTTY && env['TERM'] !== 'dumb' ? stdout : undefined,
    now: () => new Date(),
    env,
    onStop(stop) {
      process.on('SIGINT', () => {
        stop('polite');
      });
      for (const signal of ['SIGTERM', 'SIGHUP'] as const) {
        process.on(signal, () => {
          stop('now');
        });
      }
    },
  };
}
