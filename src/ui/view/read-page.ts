import type { TranscriptEntry } from '../../core/transcript.ts';
import type { IterationRecord, ReviewRecord, RunState } from '../../core/run-state.ts';
import { allIterations } from '../../core/run-tables.ts';
import { spokenTime, tokenCount } from '../text.ts';
import type { PageContent } from './page.ts';
import type { Step, Steps } from './steps.ts';
import type { PageName } from './view.ts';

/** Where pages are read from. Only reads, and rejects nothing. */
export interface ViewSource {
  /** The same array as before when nothing was added; empty when there is nothing. */
  transcript(step: Step): Promise<readonly TranscriptEntry[]>;
  /** What the iteration changed so far; undefined when nobody can tell. */
  diff(record: IterationRecord): Promise<{ readonly title: string; readonly text: string } | undefined>;
  /** A review as its log has it; `log` is relative to the run's folder. Undefined when it can't be read. */
  review(log: string): Promise<string | undefined>;
}

/** What is known of the run. */
export interface Known {
  readonly state: RunState;
  readonly steps: Steps;
}

/** Reads a page about a worker. */
export async function readPage(
  page: Exclude<PageName, 'keys'>,
  worker: string,
  { state, steps }: Known,
  source: ViewSource,
): Promise<PageContent> {
  switch (page) {
    case 'transcript':
      return transcriptOf(worker, steps.get(worker) ?? [], source);
    case 'diff':
      return diffOf(worker, lastIterationOf(state, worker), source);
    case 'reviews':
      return reviewsOf(worker, state, source);
  }
}

/** Older steps are in the run's folder. */
const mostSteps = 12;

async function transcriptOf(worker: string, steps: readonly Step[], source: ViewSource): Promise<PageContent> {
  if (steps.length === 0) return { kind: 'nothing', why: `no agent was started for ${worker} yet` };
  const parts = steps
    .slice(-mostSteps)
    .map(async (step) => ({ title: step.title, entries: await source.transcript(step) }));
  return { kind: 'transcript', parts: await Promise.all(parts) };
}

async function diffOf(worker: string, record: IterationRecord | undefined, source: ViewSource): Promise<PageContent> {
  if (record === undefined) return { kind: 'nothing', why: `${worker} has had no task yet` };
  const diff = await source.diff(record);
  return diff === undefined || diff.text.trim() === ''
    ? {
        kind: 'nothing',
        why: `no change of ${record.task} can be seen ${record.ended === undefined ? 'yet' : 'any more'}`,
      }
    : { kind: 'diff', ...diff };
}

/** Of all attempts that the run gave the task. */
async function reviewsOf(worker: string, state: RunState, source: ViewSource): Promise<PageContent> {
  const task = lastIterationOf(state, worker)?.task;
  if (task === undefined) return { kind: 'nothing', why: `${worker} has had no task yet` };
  const reviews = allIterations(state)
    .filter((record) => record.task === task)
    .flatMap((record) => record.reviews.map((review) => ({ review, title: reviewTitle(record, review) })));
  if (reviews.length === 0) return { kind: 'nothing', why: `nobody has reviewed ${task} yet` };
  const texts = reviews.map(async ({ review, title }) => {
    const text = await source.review(review.log);
    return { title, text: text === undefined ? review.summary : withoutFrontMatter(text) };
  });
  return { kind: 'reviews', reviews: await Promise.all(texts) };
}

function lastIterationOf(state: RunState, worker: string): IterationRecord | undefined {
  const going = state.workers.find(({ name }) => name === worker)?.iteration;
  return going ?? state.iterations.findLast((record) => record.worker === worker);
}

function reviewTitle({ attempt }: IterationRecord, { round, verdict, reviewer, ms, usage }: ReviewRecord): string {
  const tokens = `${tokenCount(usage.input + usage.output)} tokens`;
  const tried = attempt > 1 ? `try ${String(attempt)}, ` : '';
  return `${tried}round ${String(round)}: ${verdict.replace('-', ' ')} · ${reviewer}, ${spokenTime(ms)}, ${tokens}`;
}

function withoutFrontMatter(text: string): string {
  return text.replace(/^---\n[^]*?\n---\n/, '');
}
