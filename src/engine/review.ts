import type { Failure } from '../core/failure.ts';
import { isLimit } from '../core/health.ts';
import type { Fact } from '../core/iteration.ts';
import type { Outcome } from '../core/outcome.ts';
import { fillPrompt, reviewPrompt } from '../core/prompt.ts';
import { readVerdict } from '../core/protocol.ts';
import type { Verdict } from '../core/protocol.ts';
import { agentName } from '../core/run-state.ts';
import { intrusionWords } from '../core/trespass.ts';
import { unreachable } from '../core/unreachable.ts';
import { addUsage } from '../core/usage.ts';
import type { DiffText } from '../git/diff.ts';
import { discard } from '../git/worktree/work.ts';
import { labelOf, noteOf, takeTurn } from './agent-turn.ts';
import type { GuardedTurn } from './agent-turn.ts';
import { askChain, cutShort } from './chain.ts';
import type { ChainTurn, Taken, Trouble } from './chain.ts';
import type { SwarmContext } from './context.ts';
import { tell } from './context.ts';
import type { Job } from './job.ts';
import { headOf, placeOf, promptValuesOf } from './job.ts';
import { diffsOf } from './review-diff.ts';

/**
 * One round of review: the chain of reviewers is asked in order until one gives a readable verdict. A crash, silence or
 * an ambiguous answer is never an approval; a readable "no" is never asked again elsewhere.
 */
export async function reviewWork(context: SwarmContext, job: Job, round: number): Promise<Fact> {
  const { reviewer } = job;
  if (reviewer === undefined) throw new Error('internal error: a review without a reviewer');
  const { shown, path } = await diffsOf(context, job, reviewLabel(job, { round, try: 1 }));
  const prompt = promptFor(context, job, round, shown);
  const end = await askChain(context, {
    role: 'reviewer',
    of: job.of,
    pool: job.pool.name,
    agents: [reviewer, ...reviewer.fallback],
    from: 0,
    signal: job.signal,
    take: (turn) => ask(context, job, { ...turn, prompt, round, diff: path }),
  });
  switch (end.kind) {
    case 'result':
      return end.result;
    case 'none':
      return { kind: 'ended', outcome: unavailable(end.troubles) };
    case 'over-budget':
    case 'stopped':
      return { kind: 'ended', outcome: cutShort(end) };
    default:
      return unreachable(end);
  }
}

/** Where nobody could even be asked for their limits, the task has nothing to do with it. */
function unavailable(troubles: readonly Trouble[]): Outcome {
  const why = troubles.map(({ agent, why: each }) => `${agent}: ${each}`).join('; ');
  const unreached = troubles.every(({ failure }) => failure !== undefined && isLimit(failure.kind));
  return { kind: 'review-unavailable', why, ...(unreached ? { unreached } : {}) };
}

interface Question extends ChainTurn {
  readonly prompt: string;
  readonly round: number;
  /** Where the diff since the round before is kept. */
  readonly diff: string | undefined;
}

async function ask(context: SwarmContext, job: Job, question: Question): Promise<Taken<Fact>> {
  const { agent, round, grant } = question;
  const place = placeOf(job);
  const reviewer = agentName(agent);
  tell(context, { type: 'review:started', ...job.of, round, maxRounds: job.limits.maxRounds, reviewer });
  const turn = await takeTurn(context, {
    ...{ role: 'reviewer', of: job.of, agent, place, grant },
    ...{ prompt: question.prompt, label: reviewLabel(job, question), signal: job.signal },
  });
  job.usage = addUsage(job.usage, turn.usage);
  const restored = await discard(place.slot, { branch: place.branch, head: headOf(job) });
  const verdict = verdictOf(turn);
  await record(context, job, question, { turn, verdict });
  if (restored.kind === 'failed') {
    const why = `the worktree after a review: ${restored.detail}`;
    return { turn, reply: { kind: 'result', result: { kind: 'ended', outcome: { kind: 'git-failed', why } } } };
  }
  return { turn, reply: replyOf(job, verdict, { text: textOf(turn), round, reviewer }) };
}

/** Writes the review log and the event. */
async function record(
  context: SwarmContext,
  job: Job,
  question: Question,
  { turn, verdict }: { readonly turn: GuardedTurn; readonly verdict: Judgement },
): Promise<void> {
  const { agent, round, try: number } = question;
  const reviewer = agentName(agent);
  const { usage, durationMs } = turn;
  const log = await context.log.writeReview({
    label: reviewLabel(job, question),
    verdict: verdict.kind,
    task: job.of.task,
    round,
    reviewer,
    worker: `${job.of.worker}, iteration ${String(job.of.iteration)}, turn ${String(job.state?.turns ?? 0)}`,
    commit: headOf(job),
    base: job.base,
    files: job.files,
    at: context.now(),
    tookMs: durationMs,
    usage,
    text: textOf(turn),
  });
  const summary = 'why' in verdict ? verdict.why : firstSentence(textOf(turn));
  const reviewed = { commit: headOf(job), ...(question.diff === undefined ? {} : { diff: question.diff }) };
  const said = { round, reviewer, verdict: verdict.kind, summary, log, ...reviewed, usage, ms: durationMs };
  const failure = verdict.kind === 'failed' && 'failure' in verdict ? { failure: noteOf(verdict.failure) } : {};
  tell(context, { type: 'review:ended', ...job.of, ...said, ...failure, ...(number === 1 ? {} : { try: number }) });
}

type Judgement =
  | Verdict
  | { readonly kind: 'failed'; readonly why: string; readonly failure: Failure }
  /** It did what no agent may: nothing that it says counts. */
  | { readonly kind: 'failed'; readonly why: string };

function verdictOf(turn: GuardedTurn): Judgement {
  if (turn.intrusion !== undefined) return { kind: 'failed', why: intrusionWords(turn.intrusion) };
  if (turn.ending.kind === 'answered') return readVerdict(turn.ending.message);
  const { failure } = turn.ending;
  return { kind: 'failed', why: `${failure.kind}: ${failure.detail}`, failure };
}

interface Said {
  readonly text: string;
  readonly round: number;
  readonly reviewer: string;
}

function replyOf(job: Job, verdict: Judgement, { text, round, reviewer }: Said): Taken<Fact>['reply'] {
  switch (verdict.kind) {
    case 'approved':
      job.approval = `approved by ${reviewer} in round ${String(round)}`;
      return { kind: 'result', result: { kind: 'approved' } };
    case 'needs-changes':
      return { kind: 'result', result: { kind: 'changes-wanted', feedback: { source: 'review', round, text } } };
    case 'rejected':
      return { kind: 'result', result: { kind: 'rejected', reason: text } };
    case 'ambiguous':
      return { kind: 'unusable', why: verdict.why };
    case 'failed':
      return 'failure' in verdict
        ? { kind: 'failed', failure: verdict.failure }
        : { kind: 'unusable', why: verdict.why };
    default:
      return unreachable(verdict);
  }
}

function promptFor(context: SwarmContext, job: Job, round: number, diff: DiffText): string {
  const role = context.prompts.reviewers[job.pool.name] ?? '';
  return reviewPrompt({
    role: fillPrompt(role, promptValuesOf(context, job)),
    task: job.claim.task,
    round,
    diff: diff.text,
    cut: diff.cut,
    showAll: `git diff ${job.base} HEAD`,
    earlier: job.state?.feedback ?? [],
  });
}

function textOf(turn: GuardedTurn): string {
  return turn.ending.kind === 'answered' ? turn.ending.message : turn.ending.failure.detail;
}

function reviewLabel({ of }: Job, { round, try: number }: Pick<Question, 'round' | 'try'>): string {
  return labelOf(`${of.worker}-i${String(of.iteration)}-r${String(round)}`, number);
}

function firstSentence(text: string): string {
  const line =
    text
      .trim()
      .split('\n')
      .find((candidate) => candidate.trim() !== '') ?? '';
  const [sentence] = /^.+?[.!?](?=\s|$)/.exec(line) ?? [line];
  return sentence.slice(0, 160);
}
