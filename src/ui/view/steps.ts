import type { RunEvent } from '../../core/event.ts';
import { agentName } from '../../core/run-state.ts';
import { clockTime } from '../text.ts';

/** One agent process: whose transcript it wrote, and what for. */
export interface Step {
  /** Names its transcript in the run's folder: `builders-1-i4-t2`. */
  readonly label: string;
  readonly harness: string;
  /** `14:02:00 turn 2, opencode kimi-k2.5, session resumed`. */
  readonly title: string;
}

/** The steps of the last iteration of each worker, by the worker's name, in order. */
export type Steps = ReadonlyMap<string, readonly Step[]>;

/** The steps after an event; the same map where it is none of theirs. */
export function foldSteps(steps: Steps, event: RunEvent): Steps {
  if (event.type === 'task:claimed' || event.type === 'planner:started') return new Map(steps).set(event.worker, []);
  if (event.type === 'turn:started') return withStep(steps, event.worker, turnStep(event));
  if (event.type !== 'review:started') return steps;
  return withStep(steps, event.worker, reviewStep(event, steps.get(event.worker) ?? []));
}

type EventOf<Type extends RunEvent['type']> = Extract<RunEvent, { type: Type }>;

function turnStep(event: EventOf<'turn:started'>): Step {
  const { at, worker, iteration, turn, try: number, harness, session } = event;
  return {
    label: `${worker}-i${String(iteration)}-t${String(turn)}${number === undefined ? '' : `-${String(number)}`}`,
    harness,
    title: `${clockTime(at)} turn ${String(turn)}, ${agentName(event)}, session ${session}`,
  };
}

function reviewStep(
  { at, worker, iteration, round, reviewer }: EventOf<'review:started'>,
  before: readonly Step[],
): Step {
  const name = `${worker}-i${String(iteration)}-r${String(round)}`;
  const asked = before.filter(({ label }) => label === name || label.startsWith(`${name}-`)).length;
  return {
    // The further tries of a round are numbered from 2 on.
    label: asked === 0 ? name : `${name}-${String(asked + 1)}`,
    harness: reviewer.split(' ')[0] ?? '',
    title: `${clockTime(at)} review, round ${String(round)}, ${reviewer}`,
  };
}

function withStep(steps: Steps, worker: string, step: Step): Steps {
  return new Map(steps).set(worker, [...(steps.get(worker) ?? []), step]);
}
