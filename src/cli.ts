#!/usr/bin/env node
import { Command, InvalidArgumentError } from 'commander';
import type { ExitCode, Io } from './commands/io.ts';
import { version } from './commands/version.ts';

type Action<Options> = (options: Options, io: Io) => Promise<ExitCode>;

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

command('init', 'make a workspace of this git repository; overwrites nothing', ['oompa init']).action(async () =>
  perform((await import('./commands/init.ts')).init, {}),
);

command('swarm', 'start the workers and stay until the queue is dry', [
  'oompa swarm',
  'oompa swarm --dry-run             # the plan; starts nothing',
  'oompa swarm --only builders --iterations 1',
  'oompa swarm --json > events.jsonl',
])
  .argument('[config]', 'another config file')
  .option('--only <pool>', 'only this pool works')
  .option('--iterations <n>', 'iterations of each worker', wholeNumber)
  .option('--dry-run', 'print the plan and start nothing')
  .option('--json', 'one JSON event a line')
  .option('--plain', 'plain lines instead of the live view')
  .action(async (config: string | undefined, options: object) =>
    perform((await import('./commands/swarm.ts')).swarm, withArgument('config', config, options)),
  );

command('land', 'land approved work that was held back by changes in your checkout', ['oompa land']).action(async () =>
  perform((await import('./commands/land.ts')).land, {}),
);

command('doctor', 'check git, config, agent CLIs, credentials and disk', ['oompa doctor', 'oompa doctor --json'])
  .argument('[config]', 'another config file')
  .option('--json', 'the same as data')
  .action(async (config: string | undefined, options: object) =>
    perform((await import('./commands/doctor.ts')).doctor, withArgument('config', config, options)),
  );

command('status', 'what is going on now', ['oompa status', 'oompa status --json'])
  .option('--json', 'the same as data')
  .action(async (options: object) => perform((await import('./commands/status.ts')).status, options));

command('stop', 'ask live runs to stop', ['oompa stop', 'oompa stop --now'])
  .argument('[run]', 'only this run')
  .option('--now', 'end agents at once; their work is kept')
  .action(async (run: string | undefined, options: object) =>
    perform((await import('./commands/stop.ts')).stop, withArgument('run', run, options)),
  );

command('cleanup', 'free worktrees and branches that nothing needs any more', [
  'oompa cleanup --dry-run',
  'oompa cleanup',
])
  .option('--dry-run', 'say what would go')
  .option('--force', 'rescue refs too, when their work is on main or older than --older-than')
  .option('--older-than <age>', 'with --force: rescue refs of this age, such as 30d')
  .option('--json', 'the same as data')
  .action(async (options: object) => perform((await import('./commands/cleanup.ts')).cleanup, options));

command('demo', 'a whole swarm in a temporary repository, with a scripted model: no key, no network', ['oompa demo'])
  .option('--keep', 'keep the temporary repository')
  .option('--plain', 'plain lines instead of the live view')
  .action(async (options: object) => perform((await import('./commands/demo.ts')).demo, options));

command('schema', 'print the JSON Schema of oompa.config.yaml', ['oompa schema > schema.json']).action(async () =>
  perform((await import('./commands/schema.ts')).schema, {}),
);

const tasks = command('tasks', 'the queue', ['oompa tasks add "Add a health endpoint"', 'oompa tasks list']);

command('list', 'all tasks, by state', ['oompa tasks list', 'oompa tasks list --all'], tasks)
  .option('--all', 'complete ones too')
  .option('--json', 'the same as data')
  .action(async (options: object) => perform((await import('./commands/tasks/list.ts')).listTasks, options));

command('add', 'add a task', ['oompa tasks add "Add a health endpoint" --files "src/**" --priority 1'], tasks)
  .argument('<title>', 'what will be true when it is done')
  .option('--id <id>', 'the name of its file')
  .option('--description <text>', 'what a newcomer has to know')
  .option('--acceptance <point...>', 'what a reviewer can check')
  .option('--files <glob...>', 'all that it may touch')
  .option('--depends-on <id...>', 'tasks that come first')
  .option('--priority <n>', 'lower first', Number)
  .action(async (title: string, options: object) =>
    perform((await import('./commands/tasks/add.ts')).addTask, { title, ...options }),
  );

command('show', 'one task, with what oompa noted', ['oompa tasks show add-login'], tasks)
  .argument('<id>')
  .option('--json', 'the same as data')
  .action(async (id: string, options: object) =>
    perform((await import('./commands/tasks/show.ts')).showTask, { id, ...options }),
  );

command('lint', 'unreadable files, cycles, dependencies on nothing', ['oompa tasks lint'], tasks)
  .option('--json', 'the same as data')
  .action(async (options: object) => perform((await import('./commands/tasks/lint.ts')).lintTasks, options));

command(
  'requeue',
  'put failed or blocked tasks back',
  ['oompa tasks requeue fix-parser', 'oompa tasks requeue --failed'],
  tasks,
)
  .argument('[id...]')
  .option('--failed', 'all failed ones')
  .action(async (ids: string[], options: object) =>
    perform((await import('./commands/tasks/requeue.ts')).requeueTasks, { ids, ...options }),
  );

command(
  'answer',
  'answer the question of a blocked task and put it back',
  ['oompa tasks answer billing "Cents."'],
  tasks,
)
  .argument('<id>')
  .argument('<text>')
  .action(async (id: string, text: string) =>
    perform((await import('./commands/tasks/answer.ts')).answerTask, { id, text }),
  );

const runs = command('runs', 'what has been', ['oompa runs list', 'oompa runs show']);

command('list', 'all runs, newest first', ['oompa runs list'], runs)
  .option('--json', 'the same as data')
  .action(async (options: object) => perform((await import('./commands/runs/list.ts')).listRunsCommand, options));

command(
  'show',
  'one run: what failed, what landed, what it cost',
  ['oompa runs show', 'oompa runs show 20261120T14'],
  runs,
)
  .argument('[run]', 'the newest when left out')
  .option('--json', 'the same as data')
  .action(async (run: string | undefined, options: object) =>
    perform((await import('./commands/runs/show.ts')).showRun, withArgument('run', run, options)),
  );

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

function withArgument(name: string, value: string | undefined, options: object): object {
  return value === undefined ? options : { ...options, [name]: value };
}

function wholeNumber(text: string): number {
  const number = Number(text);
  if (!Number.isInteger(number) || number < 1)
    throw new InvalidArgumentError(`takes a whole number from 1, not "${text}"`);
  return number;
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
