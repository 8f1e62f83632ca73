import { z } from 'zod';
import { list, oneOf, settings, text, wholeNumber } from './values.ts';

/** `harnesses.<name>` of a CLI that oompa knows. */
export type BuiltInHarness = z.output<typeof attachable>;

/** `harnesses.<name>` of any other agent CLI. */
export type DeclaredHarness = z.output<typeof declared>;

/** The settings of one harness. */
export type HarnessSettings = BuiltInHarness | DeclaredHarness;

/** The `harnesses:` map; `names` are the CLIs that oompa knows, all others must say how they are called. */
export function harnessesSchema(names: readonly string[]) {
  const known = names.map((name): [string, z.ZodType<HarnessSettings | undefined>] => [
    name,
    (name === 'opencode' ? attachable : builtIn).exactOptional(),
  ]);
  const other: z.ZodType<HarnessSettings> = declared;
  return z
    .object(Object.fromEntries(known), { error: 'takes a map from the name of an agent CLI to its settings' })
    .catchall(other)
    .transform((entries): Readonly<Record<string, HarnessSettings>> => {
      const given = Object.entries(entries).flatMap(([name, entry]) => (entry === undefined ? [] : [[name, entry]]));
      return Object.fromEntries(given) as Record<string, HarnessSettings>;
    });
}

const args = list(text('text'), 'arguments').default([]).describe('Arguments added to every call.');

const variableName = z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, { error: 'is not the name of a variable' });
const env = z
  .record(variableName, z.string({ error: 'takes text' }), { error: 'takes a map of variables to text' })
  .default({})
  .describe('Environment variables for this CLI, besides those that every agent gets.');

const common = {
  binary: text('the name or path of a program')
    .exactOptional()
    .describe('The program to run, when it is not the usual one on the PATH.'),
  args,
  env,
  concurrency: wholeNumber(1, 1000)
    .exactOptional()
    .describe(
      'The most turns at a time with one model of this CLI, over all runs; learnt from its rate limits when left out.',
    ),
  state: oneOf(['user', 'slot'])
    .exactOptional()
    .describe(
      'Where the CLI keeps its sessions: in your own folders, or in one folder for each worker, with copied credentials. The default is what the CLI stands: `slot` for opencode, `user` for the others.',
    ),
};

const attach = z
  .url({ protocol: /^https?$/, error: 'takes an address such as http://127.0.0.1:4096' })
  .exactOptional()
  .describe('The address of a running `opencode serve` to attach to.');

const serve = z
  .literal('managed', { error: 'takes managed' })
  .exactOptional()
  .describe('`managed`: oompa starts one `opencode serve` for the run, attaches to it, and ends it.');

const builtIn = settings(common).transform((entry) => ({ kind: 'built-in' as const, ...entry }));

const attachable = settings({ ...common, attach, serve }).transform((entry) => ({
  kind: 'built-in' as const,
  ...entry,
}));

const declared = settings({
  command: list(text(), 'a program and its arguments, such as [my-agent, --json]', 1).describe(
    'The program and its arguments; never run through a shell.',
  ),
  prompt: oneOf(['stdin', 'argument', 'file']).describe(
    'How the CLI takes its prompt: on standard input, as the last argument, or as the path of a file.',
  ),
  output: oneOf(['text', 'opencode', 'claude', 'codex']).describe(
    'What the CLI prints: plain text, or the event stream of a CLI that oompa knows.',
  ),
  resume: list(text(), 'arguments')
    .refine((words) => words.some((word) => word.includes('{session}')), {
      error: 'takes arguments of which one holds {session}',
    })
    .exactOptional()
    .describe('Arguments that resume a session; `{session}` stands for its id.'),
  args,
  env,
  concurrency: common.concurrency,
}).transform((entry) => ({ kind: 'declared' as const, ...entry }));
