import type { Agent } from '../config/schema-agents.ts';
import type { Fact } from '../core/iteration.ts';
import { fillPrompt, reviewPrompt } from '../core/prompt.ts';
import { readVerdict } from '../core/protocol.ts';
import type { Verdict } from '../core/protocol.ts';
import { addUsage } from '../core/usage.ts';
import { intrusionWords } from '../core/trespass.ts';
import { unreachable } from '../core/unreachable.ts';
import { diffText, discard } from '../git/worktree/work.ts';
import { takeTurn } from './agent-turn.ts';
import type { GuardedTurn } from './agent-turn.ts';
import type { SwarmContext } from './context.ts';
import { tell } from './context.ts';
import type { Job } from './job.ts';
import { placeOf, promptValuesOf } from './job.ts';

/**
 * One round of review: the chain of reviewers is asked in order until one gives a readable verdict. A crash, silence or
 * an ambiguous answer is never an approval; a readable "no" is never asked again elsewhere.
 */
export async function reviewWork(context: SwarmContext, job: Job, round: number): Promise<Fact> {
  const { reviewer } = job;
  if (reviewer === undefined) throw new Error('internal error: a review without a reviewer');
  const prompt = await promptFor(context, job, round);
  const troubles: string[] = [];
  for (const [index, agent] of [reviewer, ...reviewer.fallback].entries()) {
    const opinion = await ask(context, job, { agent, prompt, round, index });
    if (opinion.kind === 'stopped') return { kind: 'ended', outcome: { kind: 'interrupted' } };
    if (opinion.kind === 'broken') return { kind: 'ended', outcome: { kind: 'git-failed', why: opinion.why } };
    if (opinion.kind === 'none') {
      troubles.push(opinion.why);
      continue;
    }
    return factOf(job, opinion, { round, agent });
  }
  return { kind: 'ended', outcome: { kind: 'review-unavailable', why: troubles.join('; ') } };
}

interface Question {
  readonly agent: Agent;
  readonly prompt: string;
  readonly round: number;
  readonly index: number;
}

type Opinion =
  | { readonly kind: 'approved' | 'needs-changes' | 'rejected'; readonly text: string }
  | { readonly kind: 'none'; readonly why: string }
  | { readonly kind: 'stopped' }
  /** The worktree could not be put back as it was. */
  | { readonly kind: 'broken'; readonly why: string };

async function ask(context: SwarmContext, job: Job, question: Question): Promise<Opinion> {
  const { agent, round } = question;
  const place = placeOf(job);
  const reviewer = agentName(agent);
  tell(context, { type: 'review:started', ...job.of, round, maxRounds: job.limits.maxRounds, reviewer });
  const turn = await takeTurn(context, {
    ...{ role: 'reviewer', of: job.of },
    ...{ agent, place, prompt: question.prompt, label: labelOf(job, question), signal: job.signal },
  });
  job.usage = addUsage(job.usage, turn.usage);
  const restored = await discard(place.slot, { branch: place.branch, head: headOf(job) });
  const verdict = verdictOf(turn);
  await record(context, job, question, { turn, verdict });
  if (restored.kind === 'failed') return { kind: 'broken', why: `the worktree after a review: ${restored.detail}` };
  switch (verdict.kind) {
    case 'approved':
    case 'needs-changes':
    case 'rejected':
      return { kind: verdict.kind, text: textOf(turn) };
    case 'ambiguous':
      return { kind: 'none', why: `${reviewer}: ${verdict.why}` };
    case 'failed':
      return verdict.stopped ? { kind: 'stopped' } : { kind: 'none', why: `${reviewer}: ${verdict.why}` };
    default:
      return unreachable(verdict);
  }
}

/** Writes the review log and the event. */
async function record(
  context: SwarmContext,
  job: Job,
  question: Question,
  { turn, verdict }: { readonly turn: GuardedTurn; readonly verdict: Judgement },
): Promise<void> {
  const { agent, round } = question;
  const reviewer = agentName(agent);
  const { usage, durationMs } = turn;
  const log = await context.log.writeReview({
    label: labelOf(job, question),
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
  const said = { round, reviewer, verdict: verdict.kind, summary, log, usage, ms: durationMs };
  tell(context, { type: 'review:ended', ...job.of, ...said });
}

type Judgement = Verdict | { readonly kind: 'failed'; readonly why: string; readonly stopped: boolean };

function verdictOf(turn: GuardedTurn): Judgement {
  if (turn.intrusion !== undefined) return { kind: 'failed', why: intrusionWords(turn.intrusion), stopped: false };
  if (turn.ending.kind === 'answered') return readVerdict(turn.ending.message);
  const { kind, detail } = turn.ending.failure;
  return { kind: 'failed', why: `${kind}: ${detail}`, stopped: kind === 'stopped' };
}

function factOf(
  job: Job,
  opinion: Extract<Opinion, { text: string }>,
  { round, agent }: { round: number; agent: Agent },
): Fact {
  switch (opinion.kind) {
    case 'approved':
      job.approval = `approved by ${agentName(agent)} in round ${String(round)}`;
      return { kind: 'approved' };
    case 'needs-changes':
      return { kind: 'changes-wanted', feedback: { source: 'review', round, text: opinion.text } };
    case 'rejected':
      return { kind: 'rejected', reason: opinion.text };
    default:
      return unreachable(opinion.kind);
  }
}

async function promptFor(context: SwarmContext, job: Job, round: number): Promise<string> {
  const head = headOf(job);
  const role = context.prompts.reviewers[job.pool.name] ?? '';
  const diff = await diffText(context.repository.root, job.base, head, { perFileBytes: 30_000, totalBytes: 200_000 });
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

/** `builders-1-i4-r2`, with a number behind it for the later reviewers of a chain. */
function labelOf({ of }: Job, { round, index }: Question): string {
  return `${of.worker}-i${String(of.iteration)}-r${String(round)}${index === 0 ? '' : `-${String(index + 1)}`}`;
}

function headOf(job: Job): string {
  if (job.head === undefined) throw new Error('internal error: a review before any commit');
  return job.head;
}

/** `claude sonnet`: as it is named in logs and trailers. */
function agentName(agent: Agent): string {
  return agent.model === undefined ? agent.harness : `${agent.harness} ${agent.model}`;
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
