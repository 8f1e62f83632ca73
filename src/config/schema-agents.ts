import { z } from 'zod';
import { budget } from './schema-limits.ts';
import { flag, list, oneOrMore, settings, text, wholeNumber } from './values.ts';

/** A harness and what it is asked to use: one link of a fallback chain. */
export type Agent = z.output<typeof agent>;

/** Who reviews. */
export type Reviewer = z.output<typeof reviewerSchema>;

/** Who proposes tasks. */
export type Planner = z.output<typeof plannerSchema>;

/** One entry of `workers:`. */
export type Pool = z.output<typeof poolSchema>;

const agentKeys = {
  harness: text('the name of an agent CLI, such as opencode or claude').describe(
    'The agent CLI: opencode, claude, codex, gemini, or a name under `harnesses:`.',
  ),
  model: text('the name of a model')
    .exactOptional()
    .describe("The model, in the CLI's own words; its default when left out."),
  effort: text('a level of effort in the words of the CLI')
    .exactOptional()
    .describe('The reasoning effort, passed on where the CLI has such a thing.'),
};

const agent = settings(agentKeys, 'an agent (`harness`, and maybe `model` and `effort`)');

const fallback = list(agent, 'agents, each with a `harness`')
  .default([])
  .describe('Agents to ask, in order, when the one before cannot be reached or gives nothing usable.');

const prompts = oneOrMore(text('a path of a prompt file'), 'paths of prompt files').describe(
  'Prompt files, relative to the workspace, joined in order; the built-in prompt when left out. ' +
    'Tokens such as {{task.title}} are filled in, {{include path}} is replaced by that file.',
);

/** `reviewer:`, of a pool or for all of them. */
export const reviewerSchema = settings(
  {
    ...agentKeys,
    prompts,
    max_rounds: wholeNumber(1, 20)
      .default(3)
      .describe('Rounds of review before the iteration is given up and the task goes back with its feedback.'),
    fallback,
  },
  'a reviewer (`harness` and its settings)',
);

/** `planner:`. */
export const plannerSchema = settings(
  {
    ...agentKeys,
    prompts,
    max_pending: wholeNumber(1, 10_000).default(10).describe('No planning while this many tasks are pending.'),
    fallback,
  },
  'a planner (`harness` and its settings)',
);

/** One entry of `workers:`. */
export const poolSchema = settings(
  {
    name: z
      .string({ error: 'takes a short name' })
      .regex(/^[a-z0-9][a-z0-9-]{0,39}$/, {
        error: 'takes up to 40 letters a-z, digits and dashes, and starts with a letter or digit',
      })
      .describe('The name of the pool; its workers are called `<name>-1`, `<name>-2`, and so on.'),
    count: wholeNumber(1, 256).default(1).describe('How many workers of this kind work at the same time.'),
    ...agentKeys,
    prompts,
    can_plan: flag().default(false).describe('May these workers propose new tasks besides their own work?'),
    iterations: wholeNumber(1, 1_000_000)
      .exactOptional()
      .describe('How many tasks each worker takes on; until the queue is dry when left out.'),
    limits: budget('the pool').exactOptional(),
    fallback,
    reviewer: z
      .union([z.literal('none'), reviewerSchema], { error: 'takes a reviewer (`harness` and its settings) or none' })
      .exactOptional()
      .describe(
        'Who reviews the work of this pool; `none` lands it unreviewed. The top-level `reviewer` when left out.',
      ),
  },
  'a pool (`name`, `harness` and its settings)',
);
