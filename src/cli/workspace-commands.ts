import { Argument } from 'commander';
import type { Register } from './register.ts';
import { countFromZero, withArgument } from './register.ts';

/** The commands that a newcomer needs. */
export function addFirstCommands({ command, perform }: Register): void {
  command('init', 'make a workspace of this git repository; overwrites nothing', ['oompa init']).action(async () =>
    perform((await import('../commands/init.ts')).init, {}),
  );

  command('demo', 'a whole swarm in a temporary repository, with a scripted model: no key, no network', ['oompa demo'])
    .option('--keep', 'keep the temporary repository')
    .option('--plain', 'plain lines instead of the live view')
    .action(async (options: object) => perform((await import('../commands/demo.ts')).demo, options));

  command('doctor', 'check git, config, agent CLIs, credentials and disk; put right what ended runs left', [
    'oompa doctor',
    'oompa doctor --fix --dry-run     # what would be put right',
    'oompa doctor --fix',
    'oompa doctor --probe             # asks every configured agent for one word',
  ])
    .argument('[config]', 'another config file')
    .option('--fix', 'first keep, finish, put back or remove what ended runs have left')
    .option('--dry-run', 'with --fix: say what would be done')
    .option('--probe', 'also ask every configured agent for one word; that costs a little money')
    .option('--timeout <time>', 'with --probe: how long each may take, such as 90s')
    .option('--json', 'the same as data')
    .action(async (config: string | undefined, options: object) =>
      perform((await import('../commands/doctor.ts')).doctor, withArgument('config', config, options)),
    );

  command('models', 'what the installed agent CLIs offer, where they can say', [
    'oompa models',
    'oompa models opencode kimi',
  ])
    .argument('[harness]', 'only this CLI, with one model a line')
    .argument('[filter]', 'only models with this in their name')
    .option('--json', 'the same as data')
    .action(async (harness: string | undefined, filter: string | undefined, options: object) =>
      perform(
        (await import('../commands/models.ts')).models,
        withArgument('harness', harness, withArgument('filter', filter, options)),
      ),
    );
}

/** The commands that look after what runs leave. */
export function addCareCommands({ command, perform }: Register): void {
  command('audit', 'prove that nothing is lost: every commit, task and landing of all runs', [
    'oompa audit',
    'oompa audit --json',
    'oompa audit --accept 1a2b3c4     # looked at; it may stay so',
  ])
    .option('--accept <commit...>', 'commits of findings that you have looked at')
    .option('--json', 'the same as data')
    .action(async (options: object) => perform((await import('../commands/audit.ts')).audit, options));

  command('cleanup', 'free worktrees and branches that nothing needs any more', [
    'oompa cleanup --dry-run',
    'oompa cleanup',
  ])
    .option('--dry-run', 'say what would go')
    .option('--older-than <age>', 'younger rescue refs stay, such as 30d')
    .option('--keep <n>', 'so many of the newest rescue refs of each task stay', countFromZero)
    .option('--force', 'with --older-than or --keep: rescue refs too whose work main lacks')
    .option('--json', 'the same as data')
    .action(async (options: object) => perform((await import('../commands/cleanup.ts')).cleanup, options));
}

/** The schemas, for editors and for other programs. */
export function addSchemaCommand({ command, perform }: Register): void {
  command('schema', 'print a JSON Schema: of the config, of events, or of notices', [
    'oompa schema > schema.json',
    'oompa schema events              # the lines of `oompa swarm --json`',
    'oompa schema notices             # what `notify:` sends',
  ])
    .addArgument(new Argument('[what]', 'of what; the config when left out').choices(['config', 'events', 'notices']))
    .action(async (what: string | undefined) =>
      perform((await import('../commands/schema.ts')).schema, withArgument('what', what, {})),
    );
}
