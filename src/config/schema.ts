import { z } from 'zod';
import { type Pool, type Reviewer, plannerSchema, poolSchema, reviewerSchema } from './schema-agents.ts';
import { harnessesSchema } from './schema-harnesses.ts';
import { limitsSchema, pricesSchema, retrySchema, sandboxSchema } from './schema-limits.ts';
import { notifySchema } from './schema-notify.ts';
import { flag, insidePath, list, oneOf, oneOrMore, settings, text, wholeNumber } from './values.ts';

/** The file that a person writes, at the root of the workspace. */
export const configFile = 'oompa.config.yaml';

/**
 * The resolved config: every default filled in. Keys are spelt as in the file; times are milliseconds, sizes are bytes,
 * what may be one or a list is a list. Optional keys are absent when the file has none.
 */
export type Config = z.output<ReturnType<typeof configSchema>>;

/** One entry of `setup:`. `when` is empty for a command that is run only in a new worktree. */
export type SetupStep = z.output<typeof setupStep>;

/** The one schema behind types, defaults, checks and JSON Schema; `harnesses` are the names of the CLIs that oompa knows. */
export function configSchema(harnesses: readonly string[]) {
  return settings({
    branch: z
      .string({ error: 'takes the name of a branch' })
      .regex(/^(?![-/])(?!.*(\.\.|@\{|\/\/))[^\s~^:?*[\\]+(?<![./])$/, { error: 'takes the name of a branch' })
      .exactOptional()
      .describe("The branch that work lands on; the workspace's current branch when left out."),
    planner: plannerSchema
      .exactOptional()
      .describe('Who proposes tasks when the queue runs low; nobody when left out.'),
    workers: list(poolSchema, 'pools, each with a `name` and a `harness`', 1).describe('The pools of workers.'),
    reviewer: reviewerSchema
      .exactOptional()
      .describe('Who reviews the work of pools that name no reviewer of their own.'),
    setup: oneOrMore(setupStep, 'commands').describe('Commands to run once in each new worktree, such as `npm ci`.'),
    worktree: worktree.prefault({}).describe('How worktrees are kept, and what agents find in them.'),
    verify: oneOrMore(text('a command'), 'commands').describe(
      'Commands that must pass on the exact tree that would land, such as `npm test`.',
    ),
    limits: limitsSchema
      .prefault({})
      .describe('When to stop; every limit has a default but those of money, tokens and the whole run.'),
    retry: retrySchema.prefault({}).describe('How a turn that failed for a passing reason is tried again.'),
    prices: pricesSchema
      .default({})
      .describe('Prices of models whose CLI reports tokens only. Without one, only tokens are counted.'),
    sandbox: sandboxSchema.prefault('none').describe('What agents can reach besides their worktree.'),
    merge: merge.prefault({}).describe('How work lands.'),
    protect: oneOrMore(text('a path or glob'), 'paths or globs')
      .prefault(['oompa.config.yaml'])
      .describe('Paths and globs that no iteration may touch; one that does is sent back before anybody reviews it.'),
    runs: runs.prefault({}).describe('What is kept of past runs.'),
    notify: notifySchema.describe('Who is told what became of tasks and of the run; none of it can hold a run up.'),
    harnesses: harnessesSchema(harnesses)
      .prefault({})
      .describe('Settings of each agent CLI, and how to call those that oompa does not know.'),
  });
}

/** JSON Schema (draft 7, which YAML editors know best) of what may stand in the file. */
export function jsonSchema(harnesses: readonly string[]): object {
  const schema = configSchema(harnesses).meta({ title: configFile, description: 'The config of an oompa workspace.' });
  return z.toJSONSchema(schema, { io: 'input', target: 'draft-7' });
}

/** Who reviews the work of `pool`; undefined when nobody does. */
export function reviewerOf(config: Config, pool: Pool): Reviewer | undefined {
  if (pool.reviewer === 'none') return undefined;
  return pool.reviewer ?? config.reviewer;
}

const setupCommand = text('a command').transform((run): { run: string; when: string[] } => ({ run, when: [] }));

const setupMap = settings(
  {
    run: text('a command').describe('The command.'),
    when: oneOrMore(insidePath(), 'paths').describe('Files: the command is run again when one of them has changed.'),
  },
  '`run` and `when`',
);

const setupStep = z.union([setupCommand, setupMap], { error: 'takes a command, or `run` and `when`' });

const worktree = settings({
  reuse: flag()
    .default(true)
    .describe("Keep each worker's folder for the next iteration and run; a new branch each time."),
  clean: oneOf(['tracked', 'all'])
    .default('tracked')
    .describe(
      'What a reused folder is cleaned of: `tracked` keeps ignored files such as node_modules, `all` keeps nothing. Ignored files are no work: no rescue ref keeps them.',
    ),
  copy: oneOrMore(insidePath(), 'paths').describe(
    'Ignored files that agents need, copied from the workspace. `.worktreeinclude` is read too.',
  ),
  link: oneOrMore(insidePath(), 'paths').describe('Ignored files and folders that agents need, as symbolic links.'),
});

const merge = settings({
  strategy: oneOf(['merge', 'squash'])
    .default('merge')
    .describe('`merge` keeps the commits of an iteration, `squash` makes them one.'),
});

const runs = settings({
  keep: wholeNumber(0)
    .default(50)
    .describe(
      'How many of the newest runs stay in `runs/`; 0 keeps all. OOMPA_RUNS_KEEP wins. Runs that go on, younger than a day, or that a task or kept work points to stay all the same.',
    ),
});
