import type { Agent, Pool } from '../config/schema-agents.ts';
import type { Fact, PromptKind, Step } from '../core/iteration.ts';
import { fillPrompt, workerPrompt } from '../core/prompt.ts';
import { readSignal } from '../core/protocol.ts';
import type { Signal } from '../core/protocol.ts';
import { addUsage } from '../core/usage.ts';
import { diffText } from '../git/worktree/work.ts';
import type { Turn } from '../harness/turn.ts';
import { takeTurn } from './agent-turn.ts';
import type { SwarmContext } from './context.ts';
import { tell } from './context.ts';
import type { Job } from './job.ts';
import { placeOf, promptValuesOf } from './job.ts';

/** One turn of the worker's agent: resumes its session, or gives a fresh one everything that there is to know. */
export async function workTurn(context: SwarmContext, job: Job, step: Extract<Step, { kind: 'turn' }>): Promise<Fact> {
  const agent = agentAt(job.pool, step.link);
  if (step.fresh) job.session = undefined;
  const resumed = job.session !== undefined;
  const number = job.state?.turns ?? 1;
  const naming = { turn: number, harness: agent.harness, ...(agent.model === undefined ? {} : { model: agent.model }) };
  tell(context, {
    type: 'turn:started',
    ...job.of,
    ...naming,
    prompt: step.prompt,
    session: resumed ? 'resumed' : 'fresh',
  });
  const turn = await takeTurn(context, {
    ...{ role: 'worker', of: job.of },
    agent,
    prompt: await promptFor(context, job, step.prompt, resumed),
    place: placeOf(job),
    label: `${job.of.worker}-i${String(job.of.iteration)}-t${String(number)}`,
    signal: job.signal,
    ...(job.session === undefined ? {} : { session: job.session }),
    onActivity: (text) => {
      tell(context, { type: 'turn:said', ...job.of, turn: number, text });
    },
  });
  job.session = turn.session;
  job.usage = addUsage(job.usage, turn.usage);
  const signal = turn.ending.kind === 'answered' ? readSignal(turn.ending.message) : undefined;
  tell(context, {
    type: 'turn:ended',
    ...job.of,
    ...naming,
    ...endingOf(turn, signal),
    usage: turn.usage,
    ms: turn.durationMs,
  });
  if (turn.intrusion !== undefined) return { kind: 'ended', outcome: turn.intrusion };
  return turn.ending.kind === 'answered'
    ? { kind: 'answered', signal }
    : { kind: 'turn-failed', failure: turn.ending.failure };
}

/** The pool's chain: its own agent first, then the fallbacks. */
function agentAt(pool: Pool, link: number): Agent {
  return [pool, ...pool.fallback][link] ?? pool;
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
  if (turn.ending.kind === 'failed') return { ending: 'failed', failure: turn.ending.failure } as const;
  const said = firstLine(turn.ending.message);
  return signal === undefined
    ? ({ ending: 'answered', said } as const)
    : ({ ending: 'answered', said, signal: signal.kind } as const);
}

function firstLine(message: string): string {
  return (message.trim().split('\n')[0] ?? '').slice(0, 200);
}
