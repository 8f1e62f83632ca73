import { z } from 'zod';
import { unreachable } from '../core/unreachable.ts';
import type { News } from './news.ts';

/** What a command reads on its standard input, and a webhook gets as its body. */
export type Notice = z.output<typeof noticeSchema>;

/** The words for one piece of news; each is one line. */
export interface Wording {
  readonly message: string;
  readonly why: string;
  readonly next: string;
}

/** The JSON Schema (draft 7) of a notice. */
export function noticeJsonSchema(): object {
  return z.toJSONSchema(noticeSchema, { io: 'input', target: 'draft-7' });
}

/** Where a notice comes from. */
export interface Origin {
  readonly run: string;
  /** 1, 2, 3 … for the notices of a run. */
  readonly number: number;
  readonly at: string;
  readonly workspace: string;
  /** What agents and files say, on one line without control characters. */
  line(text: string): string;
}

/** The notice of a piece of news. */
export function noticeOf(news: News, { message, why, next }: Wording, origin: Origin): Notice {
  const { run, number, at, workspace } = origin;
  const head = { version: 1 as const, id: `${run}-${String(number)}`, at, run, workspace, message, why, next };
  switch (news.event) {
    case 'failed':
    case 'blocked':
    case 'held':
      return { ...head, event: news.event, ...taskFacts(news, origin) };
    case 'budget':
      return { ...head, event: 'budget', budget: news.budget };
    case 'ended': {
      const { landed, proposed, held, asks, failed, back, open, lost } = news.counts;
      const tasks = { landed, proposed, failed, blocked: asks, held, unfinished: back + open, lost };
      return { ...head, event: 'ended', end: news.why, pending: news.pending, tasks, usage: news.spent };
    }
    default:
      return unreachable(news);
  }
}

function taskFacts({ record, end, usage }: Extract<News, { event: 'failed' | 'blocked' | 'held' }>, origin: Origin) {
  const { task, title, worker, attempt, held, work, rescue } = record;
  const commit = held?.commit ?? work?.commit;
  const paths = end.outcome.kind === 'held' ? end.outcome.paths : [];
  return {
    ...{ task, title: origin.line(title), worker, attempt, attempts: end.attempts, outcome: end.outcome.kind, usage },
    ...(commit === undefined ? {} : { commit }),
    ...(rescue === undefined ? {} : { rescue }),
    ...(paths.length === 0 ? {} : { paths: paths.slice(0, mostPaths).map((path) => origin.line(path)) }),
  };
}

const mostPaths = 100;

const count = z.int().min(0);

const usage = z
  .object({
    input: count.describe('Input tokens, cached ones included.'),
    cached: count.exactOptional().describe("How many of them came from the provider's cache, where that is known."),
    output: count.describe('Output tokens.'),
    costUsd: z.number().exactOptional().describe('US dollars, where a CLI reported a cost.'),
  })
  .describe('Tokens and money: of a task, what its last iteration took; of a run, everything.');

const head = {
  version: z
    .literal(1)
    .describe('The version of this format. New keys and new words of a list keep it: pass over what you do not know.'),
  id: z.string().describe('Of this notice alone: a webhook that is tried again gets the same.'),
  at: z.string().describe('When it happened; ISO 8601, UTC.'),
  run: z.string().describe("The run's id."),
  workspace: z.string().describe('The folder of the workspace.'),
  message: z.string().describe('All of it in one line for people.'),
  why: z.string().describe('The cause alone, in one line for people.'),
  next: z.string().describe('The command to go on with.'),
};

const taskNotice = z.object({
  event: z.enum(['failed', 'blocked', 'held']),
  ...head,
  task: z.string().describe("The task's id."),
  title: z.string(),
  worker: z.string(),
  attempt: count,
  attempts: count.describe('`limits.attempts`.'),
  outcome: z
    .string()
    .describe('How the iteration ended: `rejected`, `needs-input`, `agent-failed` … as in `iteration:ended`.'),
  commit: z.string().exactOptional().describe('The last commit of the work.'),
  rescue: z.string().exactOptional().describe('The ref that keeps the work.'),
  paths: z.array(z.string()).exactOptional().describe('What is in the way of held work, the first 100.'),
  usage,
});

const budgetNotice = z.object({
  event: z.literal('budget'),
  ...head,
  budget: z.object({
    scope: z.enum(['run', 'pool', 'task']),
    name: z.string().describe('The pool or the task; empty for the run.'),
    what: z.enum(['cost', 'tokens', 'runtime']),
    limit: z.number().describe('US dollars, tokens or milliseconds.'),
    spent: z.number(),
    hard: z.boolean().describe('Whether what is at work is ended.'),
  }),
});

const endNotice = z.object({
  event: z.literal('ended'),
  ...head,
  end: z.string().describe('Why: `dry`, `drained`, `interrupted` … as in `run:ended`.'),
  pending: count.describe('Tasks that are left.'),
  tasks: z
    .object({
      landed: count,
      proposed: count,
      failed: count,
      blocked: count,
      held: count,
      unfinished: count,
      lost: count,
    })
    .describe('Where the tasks stand that the run began.'),
  usage,
});

const noticeSchema = z.union([taskNotice, budgetNotice, endNotice]).meta({
  title: 'A notice of oompa',
  description: 'What a command under `notify:` reads on its standard input, and a webhook gets as its body.',
});
