import { Option } from 'commander';
import type { Register } from './register.ts';
import { countFromZero, wholeNumber, withArgument } from './register.ts';

/** The commands that start runs. */
export function addSwarmCommands({ command, perform }: Register): void {
  command('swarm', 'start the workers and stay until the queue is dry', [
    'oompa swarm',
    'oompa swarm --dry-run             # the plan; starts nothing',
    'oompa swarm --only builders --iterations 1',
    'oompa swarm --json > events.jsonl',
    'oompa swarm --detach              # returns when it has begun, and goes on',
  ])
    .argument('[config]', 'another config file')
    .option('--only <pool>', 'only this pool works')
    .option('--iterations <n>', 'iterations of each worker', wholeNumber)
    .option('--dry-run', 'print the plan and start nothing')
    .option('--json', 'one JSON event a line, as in `oompa schema events`')
    .option('--plain', 'plain lines instead of the live view')
    .option('--detach', 'return when the run has begun; it outlives this terminal')
    .addOption(new Option('--as-run <id>').hideHelp())
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

  command('watch', 'the live view of a run, from any terminal', [
    'oompa watch                       # the newest live run, or the newest',
    'oompa watch k3f9 --plain          # as lines',
  ])
    .argument('[run]', 'an id, or how one begins or ends')
    .option('--json', 'one JSON event a line, from the first on')
    .option('--plain', 'plain lines instead of the live view')
    .action(async (run: string | undefined, options: object) =>
      perform((await import('../commands/watch.ts')).watch, withArgument('run', run, options)),
    );

  command('stop', 'ask live runs to stop', ['oompa stop', 'oompa stop --now'])
    .argument('[run]', 'only this run')
    .option('--now', 'end agents at once; their work is kept')
    .action(async (run: string | undefined, options: object) =>
      perform((await import('../commands/stop.ts')).stop, withArgument('run', run, options)),
    );

  command('wait', 'return when a run has ended, with its exit code', [
    'oompa wait',
    'oompa wait k3f9 --timeout 10m     # 124 when the time is over',
  ])
    .argument('[run...]', 'the newest when left out')
    .option('--timeout <time>', 'how long to wait, such as 10m')
    .action(async (runs: string[], options: object) =>
      perform((await import('../commands/wait.ts')).wait, { runs, ...options }),
    );

  command('logs', 'what an agent says and does, as readable text', [
    'oompa logs builders-1            # its last iteration: turns and reviews',
    'oompa logs builders-1 -f         # and what comes, until the run ends',
    'oompa logs add-login             # all iterations of a task',
  ])
    .argument('<worker|task>', 'a worker, or a task')
    .option('-f, --follow', 'go on with what comes')
    .option('--run <run>', 'the newest live one, or the newest, when left out')
    .option('--iteration <n>', 'only this iteration', wholeNumber)
    .option('--turn <n>', 'only this turn, without reviews', wholeNumber)
    .option('--task <task>', 'only this task')
    .option('--raw', 'the bytes that the CLIs printed')
    .option('--prompts', 'also what the agents were asked')
    .action(async (name: string, options: object) =>
      perform((await import('../commands/logs.ts')).logs, { name, ...options }),
    );

  command('why', 'which task, agents, reviews and checks stand behind a commit', [
    'oompa why HEAD',
    'oompa why 9f2e1ac',
  ])
    .argument('<commit>', 'whatever git takes for a commit')
    .option('--json', 'the same as data')
    .action(async (commit: string, options: object) =>
      perform((await import('../commands/why.ts')).why, { commit, ...options }),
    );

  const runs = command('runs', 'what has been: list, show, review, report and prune runs', [
    'oompa runs list',
    'oompa runs show',
  ]);

  command('list', 'all runs, newest first', ['oompa runs list'], runs)
    .option('--json', 'the same as data')
    .action(async (options: object) => perform((await import('../commands/runs/list.ts')).listRunsCommand, options));

  command(
    'prune',
    'remove old runs that nothing points to any more',
    ['oompa runs prune --dry-run', 'oompa runs prune --keep 20'],
    runs,
  )
    .option('--dry-run', 'say what would go, and why the others stay')
    .option('--keep <n>', 'so many of the newest stay, 0 = all', countFromZero)
    .option('--json', 'the same as data')
    .action(async (options: object) => perform((await import('../commands/runs/prune.ts')).pruneCommand, options));

  command(
    'show',
    'one run: what failed, what landed, what it cost',
    ['oompa runs show', 'oompa runs show 20261120T14', 'oompa runs show --task add-login'],
    runs,
  )
    .argument('[run]', 'the newest when left out')
    .option('--task <id>', 'only this task')
    .option('--all', 'every task step by step, however many there are')
    .option('--json', 'the same as data')
    .action(async (run: string | undefined, options: object) =>
      perform((await import('../commands/runs/show.ts')).showRun, withArgument('run', run, options)),
    );

  command(
    'report',
    'write report.html of a run anew, and print where it is',
    ['oompa runs report', 'oompa runs report 20261120T14'],
    runs,
  )
    .argument('[run]', 'the newest when left out')
    .action(async (run: string | undefined, options: object) =>
      perform((await import('../commands/runs/report.ts')).reportCommand, withArgument('run', run, options)),
    );

  command(
    'review',
    'what the reviewers said about a task, round by round',
    ['oompa runs review add-login', 'oompa runs review add-login --no-diff'],
    runs,
  )
    .argument('<task>', 'the id of the task')
    .option('--run <run>', 'the newest that reviewed it when left out')
    .option('--no-diff', 'without what changed between the rounds')
    .option('--json', 'the same as data')
    .action(async (task: string, options: object) =>
      perform((await import('../commands/runs/review.ts')).showReviews, { task, ...options }),
    );
}
