import type { Agent } from '../config/schema-agents.ts';
import type { Fact } from '../core/iteration.ts';
import { fillPrompt, promptValues, reviewPrompt } from '../core/prompt.ts';
import { readVerdict } from '../core/protocol.ts';
import type { Verdict } from '../core/protocol.ts';
import { addUsage } from '../core/usage.ts';
import { unreachable } from '../core/unreachable.ts';
import { diffText, discard } from '../git/work.ts';
import type { Turn } from '../harness/turn.ts';
import { takeTurn } from './agent-turn.ts';
import type { SwarmContext } from './context.ts';
import { tell } from './context.ts';
import type { Job } from './job.ts';
import { placeOf } from './job.ts';

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
  | { readonly kind: 'stopped' };

async function ask(context: SwarmContext, job: Job, question: Question): Promise<Opinion> {
  const { agent, round, index } = question;
  const place = placeOf(job);
  const name = agentName(agent);
  const label = `${job.of.worker}-i${String(job.of.iteration)}-r${String(round)}${index === 0 ? '' : `-${String(index + 1)}`}`;
  tell(context, { type: 'review:started', ...job.of, round, reviewer: name });
  const turn = await takeTurn(context, { agent, prompt: question.prompt, place, label });
  job.usage = addUsage(job.usage, turn.usage);
  await discard(place.slot, { branch: place.branch, head: headOf(job) });
  const verdict = verdictOf(turn);
  const text = turn.ending.kind === 'answered' ? turn.ending.message : turn.ending.failure.detail;
  const log = await context.log.writeReview({
    label,
    verdict: verdict.kind,
    task: job.of.task,
    round,
    reviewer: name,
    worker: `${job.of.worker}, iteration ${String(job.of.iteration)}, turn ${String(job.state?.turns ?? 0)}`,
    commit: headOf(job),
    base: job.base,
    at: context.now(),
    tookMs: turn.durationMs,
    usage: turn.usage,
    text,
  });
  tell(context, {
    type: 'review:ended',
    ...job.of,
    round,
    reviewer: name,
    verdict: verdict.kind,
    summary: 'why' in verdict ? verdict.why : firstSentence(text),
    log,
    usage: turn.usage,
    ms: turn.durationMs,
  });
  switch (verdict.kind) {
    case 'approved':
    case 'needs-changes':
    case 'rejected':
      return { kind: verdict.kind, text };
    case 'ambiguous':
      return { kind: 'none', why: `${name}: ${verdict.why}` };
    case 'failed':
      return verdict.stopped ? { kind: 'stopped' } : { kind: 'none', why: `${name}: ${verdict.why}` };
    default:
      return unreachable(verdict);
  }
}

function verdictOf(turn: Turn): Verdict | { kind: 'failed'; why: string; stopped: boolean } {
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
  const place = placeOf(job);
  const head = headOf(job);
  const role = context.prompts.reviewers[job.pool.name] ?? '';
  const diff = await diffText(context.repository.root, job.base, head, { perFileBytes: 30_000, totalBytes: 200_000 });
  const values = promptValues(job.claim.task, {
    worker: job.of.worker,
    run: context.log.id,
    branch: place.branch,
    main: context.main,
  });
  return reviewPrompt({
    role: fillPrompt(role, values),
    task: job.claim.task,
    round,
    diff: diff.text,
    cut: diff.cut,
    showAll: `git diff ${job.base} HEAD`,
    earlier: job.state?.feedback ?? [],
  });
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
