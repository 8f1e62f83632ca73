import type { Register } from './register.ts';
import { wholeNumber, withArgument } from './register.ts';

/** The commands that start runs. */
export function addSwarmCommands({ command, perform }: Register): void {
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
      perform((await import('../commands/swarm.ts')).swarm, withArgument('config', config, options)),
    );

  command('land', 'land approved work that was held back by changes in your checkout', ['oompa land']).action(
    async () => perform((await import('../commands/land.ts')).land, {}),
  );
}

/** The commands that look at runs, live ones and ended ones alike. */
export function addRunCommands({ command, perform }: Register): void {
  command('status', 'what is going on now', ['oompa status', 'oompa status --json'])
    .option('--json', 'the same as data')
    .action(async (options: object) => perform((await import('../commands/status.ts')).status, options));

  command('stop', 'ask live runs to stop', ['oompa stop', 'oompa stop --now'])
    .argument('[run]', 'only this run')
    .option('--now', 'end agents at once; their work is kept')
    .action(async (run: string | undefined, options: object) =>
      perform((await import('../commands/stop.ts')).stop, withArgument('run', run, options)),
    );

  const runs = command('runs', 'what has been', ['oompa runs list', 'oompa runs show']);

  command('list', 'all runs, newest first', ['oompa runs list'], runs)
    .option('--json', 'the same as data')
    .action(async (options: object) => perform((await import('../commands/runs/list.ts')).listRunsCommand, options));

  command(
    'show',
    'one run: what failed, what landed, what it cost',
    ['oompa runs show', 'oompa runs show 20261120T14'],
    runs,
  )
    .argument('[run]', 'the newest when left out')
    .option('--json', 'the same as data')
    .action(async (run: string | undefined, options: object) =>
      perform((await import('../commands/runs/show.ts')).showRun, withArgument('run', run, options)),
    );
}
