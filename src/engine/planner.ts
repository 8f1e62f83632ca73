import type { Planner } from '../config/schema-agents.ts';
import { fillPrompt, plannerPrompt, promptValues } from '../core/prompt.ts';
import { readSignal } from '../core/protocol.ts';
import type { Task } from '../core/task.ts';
import { unreachable } from '../core/unreachable.ts';
import type { TurnEnding } from '../harness/turn.ts';
import type { SwarmContext } from './context.ts';
import { tell } from './context.ts';
import { noteOf, takeTurn } from './agent-turn.ts';
import { askChain } from './chain.ts';
import type { ChainTurn, Taken } from './chain.ts';
import { harvestTasks } from './harvest.ts';
import { clearTemporary, prepareDetached } from './place.ts';
import type { Place } from './place.ts';

/** How often one run plans at most, whatever comes of it. */
const maxPlannings = 25;

/** Proposes tasks when the queue has room for them. */
export interface PlannerDesk {
  /** One planning; true when it added tasks. Does nothing once the planner is done, and gives false. */
  plan(): Promise<boolean>;
}

/** The planner of a run, or one that never plans when the config has none. */
export function openPlanner(context: SwarmContext): PlannerDesk {
  const { planner } = context.config;
  let plannings = 0;
  let done = planner === undefined;
  return {
    async plan() {
      if (done || planner === undefined || plannings >= maxPlannings || context.shutdown.draining.aborted) return false;
      const { tasks } = await context.queue.list();
      const pending = tasks.filter(({ state }) => state === 'pending').map(({ task }) => task);
      const room = planner.max_pending - pending.length;
      if (room <= 0) return false;
      plannings += 1;
      tell(context, { type: 'planner:started', worker: 'planner', pending: pending.length });
      const known = tasks.map(({ task }) => task.id);
      const planned = await planOnce(context, planner, { pending, known, room, number: plannings });
      done = planned.done || planned.added === 0;
      tell(context, { type: 'planner:ended', worker: 'planner', added: planned.added, done, why: planned.why });
      return planned.added > 0;
    },
  };
}

interface PlanningOrder {
  readonly pending: readonly Task[];
  readonly known: readonly string[];
  readonly room: number;
  readonly number: number;
}

interface Planning {
  readonly added: number;
  readonly done: boolean;
  readonly why: string;
}

async function planOnce(context: SwarmContext, planner: Planner, order: PlanningOrder): Promise<Planning> {
  const base = await context.objects.resolve(`refs/heads/${context.main}`);
  if (base === undefined) return { added: 0, done: true, why: `the branch ${context.main} is gone` };
  const prepared = await prepareDetached(context, 'planner', base);
  if (prepared.kind === 'failed') return { added: 0, done: true, why: `its worktree could not be made` };
  const { place } = prepared;
  const role = fillPrompt(
    context.prompts.planner,
    promptValues(undefined, { worker: 'planner', run: context.log.id, branch: context.main, main: context.main }),
  );
  const planning = await askPlanner(context, planner, place, { prompt: plannerPrompt(role, order), order });
  await clearTemporary(place);
  return planning;
}

/** The planner's chain: the next one is asked only when the one before brought no result. */
async function askPlanner(
  context: SwarmContext,
  planner: Planner,
  place: Place,
  { prompt, order }: { prompt: string; order: PlanningOrder },
): Promise<Planning> {
  const of = { worker: 'planner', task: '', iteration: order.number };
  const end = await askChain(context, {
    role: 'planner',
    of,
    agents: [planner, ...planner.fallback],
    from: 0,
    signal: context.shutdown.stopping,
    take: (turn) => plan(context, place, { of, prompt, room: order.room }, turn),
  });
  switch (end.kind) {
    case 'result':
      return end.result;
    case 'none':
      return { added: 0, done: true, why: end.troubles.map(({ why }) => why).join('; ') };
    case 'over-budget':
      return { added: 0, done: true, why: 'what the run may use is used up' };
    case 'stopped':
      return { added: 0, done: false, why: 'the run is stopping' };
    default:
      return unreachable(end);
  }
}

interface PlanQuestion {
  readonly of: { readonly worker: string; readonly task: string; readonly iteration: number };
  readonly prompt: string;
  readonly room: number;
}

/** Tasks that were proposed count, however the turn ended. */
async function plan(
  context: SwarmContext,
  place: Place,
  { of, prompt, room }: PlanQuestion,
  { agent, try: number, grant }: ChainTurn,
): Promise<Taken<Planning>> {
  const naming = {
    turn: number,
    harness: agent.harness,
    ...(agent.model === undefined ? {} : { model: agent.model }),
  };
  tell(context, { type: 'turn:started', ...of, ...naming, prompt: 'start', session: 'fresh' });
  const turn = await takeTurn(context, {
    ...{ role: 'planner', of, agent, prompt, place, grant },
    label: `planner-i${String(of.iteration)}-t${String(number)}`,
    onActivity: (text) => {
      tell(context, { type: 'turn:said', ...of, turn: number, text });
    },
  });
  const added = await harvestTasks(context, place, { by: 'planner', welcome: true, room });
  const { ending, usage, durationMs } = turn;
  const ended =
    ending.kind === 'answered'
      ? ({ ending: 'answered' } as const)
      : ({ ending: 'failed', failure: noteOf(ending.failure) } as const);
  tell(context, { type: 'turn:ended', ...of, ...naming, ...ended, usage, ms: durationMs });
  return { turn, reply: replyOf(ending, added.length) };
}

function replyOf(ending: TurnEnding, added: number): Taken<Planning>['reply'] {
  if (ending.kind === 'answered') {
    const done = readSignal(ending.message)?.kind === 'done';
    return { kind: 'result', result: { added, done, why: done ? 'it has nothing left to plan' : '' } };
  }
  const { kind, detail } = ending.failure;
  return added > 0 ? { kind: 'result', result: { added, done: false, why: `${kind}: ${detail}` } } : ending;
}
