import { z } from 'zod';
import { amount, duration, flag, list, settings, size, wholeNumber } from './values.ts';

/** The keys of a budget of `whose`. */
function budgetKeys(whose: string) {
  return {
    max_cost_usd: amount('US dollars')
      .exactOptional()
      .describe(`No new turn is begun once ${whose} has cost this much.`),
    max_tokens: wholeNumber(1)
      .exactOptional()
      .describe(`No new turn is begun once ${whose} has used this many tokens.`),
    max_runtime: duration().exactOptional().describe(`No new turn is begun once ${whose} has taken this long.`),
    hard: flag()
      .exactOptional()
      .describe(`Also ends the agents that are at work when what ${whose} may use is used up; their work is kept.`),
  };
}

/** A budget of `whose`. */
export function budget(whose: string) {
  return settings(budgetKeys(whose), 'a budget (`max_cost_usd`, `max_tokens`, `max_runtime`, `hard`)').describe(
    `What ${whose} may use.`,
  );
}

const sandboxMap = settings(
  {
    use: z
      .enum(['none', 'bwrap'], { error: 'takes none or bwrap' })
      .describe('`bwrap`: bubblewrap, where it is installed.'),
    network: flag().default(true).describe('May agents reach the network? Most need it for their model.'),
  },
  '`use` and `network`',
);

const sandboxName = z
  .enum(['none', 'bwrap'])
  .transform((use): { use: 'none' | 'bwrap'; network: boolean } => ({ use, network: true }));

/** `sandbox:`, as a word or as a map. */
export const sandboxSchema = z.union([sandboxName, sandboxMap], { error: 'takes none, bwrap, or `use` and `network`' });

/** `limits:`. */
export const limitsSchema = settings({
  turn_timeout: duration().prefault('30m').describe('The longest that one turn of an agent may take.'),
  silence: duration()
    .prefault('5m')
    .describe('The longest that an agent may print nothing while no file in its worktree changes.'),
  max_turns: wholeNumber(1, 1000).default(8).describe('Turns in one iteration.'),
  attempts: wholeNumber(1, 100).default(3).describe('Iterations that a task gets before it has failed.'),
  verify_timeout: duration().prefault('15m').describe('The longest that one verify command may take.'),
  verify_slots: wholeNumber(1, 1000)
    .exactOptional()
    .describe(
      'How many verify commands may run at a time on this machine, over all runs; half of its cores when left out.',
    ),
  setup_timeout: duration().prefault('15m').describe('The longest that one setup command may take.'),
  lease: duration()
    .prefault('1m')
    .describe('How long a claimed task stays with a run that gives no sign of life; then others may take it.'),
  free_disk: size(1e15).prefault('1GB').describe('No worktree is made while less than this is free on the disk.'),
  file: size().prefault('100MB').describe('The largest file that an agent may commit; a larger one is sent back.'),
  output: size().prefault('100MB').describe('The most that one turn of an agent may print.'),
  ...budgetKeys('the run'),
  task: budget('a task, over all its iterations of a run').exactOptional(),
  turn: budget('one turn of an agent').exactOptional(),
});

/** `retry:`. */
export const retrySchema = settings({
  backoff: list(duration(), 'durations such as 5s')
    .prefault(['5s', '30s'])
    .describe('How long to wait before each further try; as many tries as there are entries.'),
  patience: duration()
    .prefault('1m')
    .describe('How long to wait for a limit of an agent before its `fallback` is asked instead, where it has one.'),
  outage: duration()
    .prefault('2h')
    .describe(
      'How long an agent may fail for passing reasons, without one success, before the run goes on without it.',
    ),
});

const perMillion = z.number({ error: 'takes US dollars for a million tokens' }).min(0, {
  error: 'takes US dollars for a million tokens',
});

const price = settings(
  {
    input: perMillion.describe('US dollars for a million input tokens.'),
    cached_input: perMillion.exactOptional().describe('For those from the cache; as `input` when left out.'),
    output: perMillion.describe('US dollars for a million output tokens.'),
  },
  'prices (`input`, `output`, and maybe `cached_input`)',
);

/** `prices:`, by the name of the model. */
export const pricesSchema = z.record(z.string(), price, {
  error: 'takes a map from the name of a model to its prices',
});
