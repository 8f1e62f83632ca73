import type { Fact, PromptKind, Step } from '../core/iteration.ts';
import { fillPrompt, workerPrompt } from '../core/prompt.ts';
import { readSignal } from '../core/protocol.ts';
import { agentName } from '../core/run-state.ts';
import { isInfrastructure } from '../core/failure.ts';
import type { Failure } from '../core/failure.ts';
import type { Signal } from '../core/protocol.ts';
import { addUsage } from '../core/usage.ts';
import { diffText } from '../git/worktree/work.ts';
import type { Turn } from '../harness/turn.ts';
import { unreachable } from '../core/unreachable.ts';
import { labelOf, noteOf, takeTurn } from './agent-turn.ts';
import type { GuardedTurn } from './agent-turn.ts';
import { askChain, cutShort } from './chain.ts';
import type { ChainTurn, Taken, Trouble } from './chain.ts';
import type { SwarmContext } from './context.ts';
import { tell } from './context.ts';
import type { Job } from './job.ts';
import { placeOf, promptValuesOf } from './job.ts';

/**
 * One turn of the worker's chain: its agent resumes its session, or a fresh one gets everything that there is to know. What
 * worked stays at work: the next turn begins with the same agent.
 */
export async function workTurn(context: SwarmContext, job: Job, step: Extract<Step, { kind: 'turn' }>): Promise<Fact> {
  if (step.fresh) job.session = undefined;
  const end = await askChain(context, {
    role: 'worker',
    of: job.of,
    pool: job.pool.name,
    agents: [job.pool, ...job.pool.fallback],
    from: job.link,
    signal: job.signal,
    take: (turn) => takeWorkTurn(context, job, step.prompt, turn),
  });
  switch (end.kind) {
    case 'result':
      return end.result;
    case 'none':
      return { kind: 'turn-failed', ...mostTelling(job, end.troubles) };
    case 'over-budget':
    case 'stopped':
      return { kind: 'ended', outcome: cutShort(end) };
    default:
      return unreachable(end);
  }
}

/**
 * Of all failures of a chain the last that says something about the task, if there is one: where one agent fails at it and the
 * next can't be reached, the task would come back with all of its attempts for ever.
 */
function mostTelling(
  { pool }: Job,
  troubles: readonly Trouble[],
): Omit<Extract<Fact, { kind: 'turn-failed' }>, 'kind'> {
  const failed = troubles.flatMap(({ agent, failure }) => (failure === undefined ? [] : [{ agent, failure }]));
  const telling = failed.findLast(({ failure }) => !isInfrastructure(failure.kind)) ?? failed.at(-1);
  if (telling === undefined) return { failure: unexplained };
  const { harness, model } = [pool, ...pool.fallback].find((each) => agentName(each) === telling.agent) ?? pool;
  return { failure: telling.failure, agent: { harness, ...(model === undefined ? {} : { model }) } };
}

const unexplained: Failure = { kind: 'unknown', detail: 'it brought no result' };

/** One try of the turn, by one agent of the chain. */
async function takeWorkTurn(
  context: SwarmContext,
  job: Job,
  prompt: PromptKind,
  { agent, link, try: number, fresh, grant }: ChainTurn,
): Promise<Taken<Fact>> {
  if (fresh || link !== job.link) job.session = undefined;
  job.link = link;
  const { session } = job;
  const turn = job.state?.turns ?? 1;
  const naming = {
    turn,
    ...(number === 1 ? {} : { try: number }),
    harness: agent.harness,
    ...(agent.model === undefined ? {} : { model: agent.model }),
  };
  const began = session === undefined ? 'fresh' : 'resumed';
  tell(context, { type: 'turn:started', ...job.of, ...naming, prompt, session: began });
  const taken = await takeTurn(context, {
    ...{ role: 'worker', of: job.of },
    agent,
    prompt: await promptFor(context, job, prompt, session !== undefined),
    place: placeOf(job),
    label: labelOf(`${job.of.worker}-i${String(job.of.iteration)}-t${String(turn)}`, number),
    signal: job.signal,
    grant,
    ...(session === undefined ? {} : { session }),
    onActivity: (text) => {
      tell(context, { type: 'turn:said', ...job.of, turn, text });
    },
  });
  job.session = taken.session;
  job.usage = addUsage(job.usage, taken.usage);
  const signal = taken.ending.kind === 'answered' ? readSignal(taken.ending.message) : undefined;
  const ended = { ...endingOf(taken, signal), usage: taken.usage, ms: taken.durationMs };
  tell(context, { type: 'turn:ended', ...job.of, ...naming, ...ended });
  return { turn: taken, reply: replyOf(taken, signal) };
}

function replyOf({ intrusion, ending }: GuardedTurn, signal: Signal | undefined): Taken<Fact>['reply'] {
  if (intrusion !== undefined) return { kind: 'result', result: { kind: 'ended', outcome: intrusion } };
  if (ending.kind === 'failed') return ending;
  return { kind: 'result', result: { kind: 'answered', signal } };
}

async function promptFor(context: SwarmContext, job: Job, kind: PromptKind, resumed: boolean): Promise<string> {
  return workerPrompt({
    role: fillPrompt(context.prompts.workers[job.pool.name] ?? '', promptValuesOf(context, job)),
    task: job.claim.task,
    canPlan: job.pool.can_plan,
    kind,
    fresh: !resumed,
    feedback: job.state?.feedback ?? [],
    diff: resumed || job.head === undefined ? '' : await workSoFar(context, job.base, job.head),
  });
}

async function workSoFar(context: SwarmContext, base: string, head: string): Promise<string> {
  const { text } = await diffText(context.repository.root, base, head, { perFileBytes: 20_000, totalBytes: 100_000 });
  return text;
}

function endingOf(turn: Turn, signal: Signal | undefined) {
  if (turn.ending.kind === 'failed') return { ending: 'failed', failure: noteOf(turn.ending.failure) } as const;
  return {
    ending: 'answered',
    said: firstLine(turn.ending.message),
    ...(turn.ending.recovered === true ? ({ recovered: true } as const) : {}),
    ...(signal === undefined ? {} : { signal: signal.kind }),
  } as const;
}

function firstLine(message: string): string {
  return (message.trim().split('\n')[0] ?? '').slice(0, 200);
}
