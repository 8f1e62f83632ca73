import type { Register } from './register.ts';
import { withArgument } from './register.ts';

/** The commands that look after a workspace. */
export function addWorkspaceCommands({ command, perform }: Register): void {
  command('init', 'make a workspace of this git repository; overwrites nothing', ['oompa init']).action(async () =>
    perform((await import('../commands/init.ts')).init, {}),
  );

  command('doctor', 'check git, config, agent CLIs, credentials and disk', ['oompa doctor', 'oompa doctor --json'])
    .argument('[config]', 'another config file')
    .option('--json', 'the same as data')
    .action(async (config: string | undefined, options: object) =>
      perform((await import('../commands/doctor.ts')).doctor, withArgument('config', config, options)),
    );

  command('cleanup', 'free worktrees and branches that nothing needs any more', [
    'oompa cleanup --dry-run',
    'oompa cleanup',
  ])
    .option('--dry-run', 'say what would go')
    .option('--force', 'rescue refs too, when their work is on main or older than --older-than')
    .option('--older-than <age>', 'with --force: rescue refs of this age, such as 30d')
    .option('--json', 'the same as data')
    .action(async (options: object) => perform((await import('../commands/cleanup.ts')).cleanup, options));

  command('demo', 'a whole swarm in a temporary repository, with a scripted model: no key, no network', ['oompa demo'])
    .option('--keep', 'keep the temporary repository')
    .option('--plain', 'plain lines instead of the live view')
    .action(async (options: object) => perform((await import('../commands/demo.ts')).demo, options));

  command('schema', 'print the JSON Schema of oompa.config.yaml', ['oompa schema > schema.json']).action(async () =>
    perform((await import('../commands/schema.ts')).schema, {}),
  );
}
