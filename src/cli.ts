#!/usr/bin/env node
import type { Command } from 'commander';
import { commandLine } from './cli/program.ts';
import type { Action } from './cli/register.ts';
import type { Io } from './commands/io.ts';

const program = commandLine(perform);
// A bug that nobody awaited, too; what it was in the middle of can't be trusted, so this is the end.
process.on('uncaughtException', (error) => process.exit(exitCodeOf(error)));
endQuietlyWithoutReader(program);
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

/** A run goes on when nobody listens any more; everything else has said enough for whoever closed the pipe. */
function endQuietlyWithoutReader(program: Command): void {
  let runs = false;
  program.hook('preAction', (_program, command) => {
    runs = ['swarm', 'land', 'demo'].includes(command.name());
  });
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (!runs) process.exit(error.code === 'EPIPE' ? 0 : 1);
    });
  }
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
