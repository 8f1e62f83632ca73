import type { Register } from './register.ts';

/** The commands for work that did not land. */
export function addRescueCommands({ command, perform }: Register): void {
  const rescue = command('rescue', 'find and get back work that did not land', [
    'oompa rescue list',
    'oompa rescue show add-login',
    'oompa rescue restore add-login',
  ]);

  command(
    'list',
    'all rescue refs, newest first, and what lies beside them',
    ['oompa rescue list', 'oompa rescue list --task add-login'],
    rescue,
  )
    .option('--task <task>', 'only those of this task')
    .option('--json', 'the same as data')
    .action(async (options: object) =>
      perform((await import('../commands/rescue/list.ts')).listRescuesCommand, options),
    );

  command(
    'show',
    'where it came from, and its diff',
    ['oompa rescue show add-login', 'oompa rescue show 1a2b3c4'],
    rescue,
  )
    .argument('<rescue>', 'a task, a ref, a commit, or a part of a ref')
    .option('--json', 'the same as data, without the diff')
    .action(async (name: string, options: object) =>
      perform((await import('../commands/rescue/show.ts')).showRescue, { name, ...options }),
    );

  command(
    'restore',
    'make a branch of it; your checkout stays as it is',
    ['oompa rescue restore add-login --branch mine'],
    rescue,
  )
    .argument('<rescue>', 'a task, a ref, a commit, or a part of a ref')
    .option('--branch <name>', 'rescue/<task> when left out')
    .action(async (name: string, options: object) =>
      perform((await import('../commands/rescue/restore.ts')).restoreRescue, { name, ...options }),
    );
}
