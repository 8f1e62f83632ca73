import type { Register } from './register.ts';

/** The commands of the queue. */
export function addTaskCommands({ command, perform }: Register): void {
  const tasks = command('tasks', 'the queue: add, list, show, requeue and answer tasks', [
    'oompa tasks add "Add a health endpoint"',
    'oompa tasks list',
  ]);

  command('list', 'all tasks, by state', ['oompa tasks list', 'oompa tasks list --all'], tasks)
    .option('--all', 'complete ones too')
    .option('--json', 'the same as data')
    .action(async (options: object) => perform((await import('../commands/tasks/list.ts')).listTasks, options));

  command('add', 'add a task', ['oompa tasks add "Add a health endpoint" --files "src/**" --priority 1'], tasks)
    .argument('<title>', 'what will be true when it is done')
    .option('--id <id>', 'the name of its file')
    .option('--description <text>', 'what a newcomer has to know')
    .option('--acceptance <point...>', 'what a reviewer can check')
    .option('--files <glob...>', 'all that it may touch')
    .option('--depends-on <task...>', 'tasks that come first')
    .option('--priority <n>', 'lower first', Number)
    .action(async (title: string, options: object) =>
      perform((await import('../commands/tasks/add.ts')).addTask, { title, ...options }),
    );

  command('show', 'one task, with what oompa noted', ['oompa tasks show add-login'], tasks)
    .argument('<task>', 'its id: the name of its file without the ending')
    .option('--json', 'the same as data')
    .action(async (id: string, options: object) =>
      perform((await import('../commands/tasks/show.ts')).showTask, { id, ...options }),
    );

  command('lint', 'unreadable files, cycles, dependencies on nothing', ['oompa tasks lint'], tasks)
    .option('--json', 'the same as data')
    .action(async (options: object) => perform((await import('../commands/tasks/lint.ts')).lintTasks, options));

  command(
    'requeue',
    'put failed or blocked tasks back',
    ['oompa tasks requeue fix-parser', 'oompa tasks requeue --failed'],
    tasks,
  )
    .argument('[task...]', 'their ids')
    .option('--failed', 'all failed ones')
    .action(async (ids: string[], options: object) =>
      perform((await import('../commands/tasks/requeue.ts')).requeueTasks, { ids, ...options }),
    );

  command(
    'answer',
    'answer the question of a blocked task and put it back',
    ['oompa tasks answer billing "Cents."', 'oompa tasks answer billing - < answer.md'],
    tasks,
  )
    .argument('<task>', 'the id of the task that asks')
    .argument('<text>', 'the answer; - reads it from standard input')
    .action(async (id: string, text: string) =>
      perform((await import('../commands/tasks/answer.ts')).answerTask, { id, text, stdin: process.stdin }),
    );
}
