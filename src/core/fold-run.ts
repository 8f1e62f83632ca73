import type { RunEvent } from './event.ts';
import type { StepEvent } from './fold-step.ts';
import { doingAfter, learntFrom } from './fold-step.ts';
import { serverWords } from './limit-words.ts';
import type { BadFile, Doing, IterationRecord, RunState, WorkerState } from './run-state.ts';
import { newIteration, newWorker } from './run-state.ts';
import { distrustWords, stashWords, trespassWords } from './trespass.ts';
import { addUsage } from './usage.ts';

/**
 * The state after one more event. Costs the same however long the run is. Events of a newer version, and events of an
 * iteration whose claim is not in the log, change nothing that they don't speak of.
 */
export function foldRun(before: RunState, event: RunEvent): RunState {
  const state: RunState = { ...before, lastAt: event.at };
  switch (event.type) {
    case 'run:started':
    case 'run:draining':
    case 'run:ended':
      return foldOfRun(state, event);
    case 'worker:started':
      return withWorker(state, event, { doing: { kind: 'idle' }, startedAt: event.at });
    case 'worker:waiting':
    case 'limit:waiting':
      return withWorker(state, event, { doing: { kind: 'waiting', why: event.why } });
    case 'worker:stopped':
      return withWorker(state, event, { doing: { kind: 'stopped', why: event.why }, stoppedAt: event.at });
    case 'planner:started':
      return withWorker(state, event, { doing: { kind: 'planning' }, said: undefined });
    case 'planner:ended':
      return foldPlanned(state, event);
    case 'task:unreadable':
      return withBadFile(state, event);
    case 'task:refused':
      return withBadFile(state, event);
    case 'task:recovered':
      return { ...state, recovered: [...state.recovered, { task: event.task, how: event.how }] };
    case 'task:added':
      return {
        ...state,
        pending: state.pending + 1,
        added: [...state.added, { task: event.task, title: event.title, by: event.by }],
      };
    case 'checkout:touched':
      // A worker's is told by its iteration's outcome.
      return event.role === 'worker' ? state : withProblem(state, event.at, trespassWords(event));
    case 'agent:limited':
      return { ...state, limited: [...state.limited, event] };
    case 'budget:reached':
      return { ...state, budgets: [...state.budgets, event] };
    case 'server:changed':
      return event.now === 'ready' ? state : withProblem(state, event.at, serverWords(event));
    case 'main:taken':
      return withProblem(state, event.at, distrustWords(event, event.branch));
    case 'stash:kept':
      return withProblem(state, event.at, stashWords(event));
    case 'problem:seen':
      return withProblem(state, event.at, event.message);
    case 'task:claimed':
      return withWorker({ ...state, pending: Math.max(0, state.pending - (event.from === 'held' ? 0 : 1)) }, event, {
        doing: { kind: 'preparing' },
        iteration: newIteration(event, event.at),
        said: undefined,
      });
    case 'turn:ended':
    case 'review:ended':
      return foldOfIteration({ ...state, spent: addUsage(state.spent, event.usage) }, event);
    case 'landing:landed':
      return foldOfIteration({ ...state, main: event.commit }, event);
    case 'iteration:ended':
      return foldEnd(state, event);
    case 'worktree:ready':
    case 'setup:ended':
    case 'turn:started':
    case 'turn:said':
    case 'turn:warned':
    case 'retry:planned':
    case 'retry:succeeded':
    case 'chain:advanced':
    case 'work:committed':
    case 'work:sent-back':
    case 'work:rescued':
    case 'review:started':
    case 'verify:waiting':
    case 'verify:started':
    case 'verify:ended':
    case 'landing:intended':
    case 'landing:held':
    case 'landing:conflicted':
      return foldOfIteration(state, event);
    default:
      event satisfies never;
      return state;
  }
}

type EventOf<Type extends RunEvent['type']> = Extract<RunEvent, { type: Type }>;

function foldOfRun(state: RunState, event: EventOf<'run:started' | 'run:draining' | 'run:ended'>): RunState {
  switch (event.type) {
    case 'run:started':
      return {
        ...state,
        head: event,
        main: event.base,
        pending: event.pending,
        workers: event.workers.map((worker) => newWorker(worker)),
      };
    case 'run:draining':
      return { ...state, draining: event.why };
    case 'run:ended':
      return { ...state, end: { at: event.at, why: event.why }, pending: event.pending };
  }
}

function foldPlanned(state: RunState, event: EventOf<'planner:ended'>): RunState {
  const { rounds, added, turns } = state.planning;
  const planning = { rounds: rounds + 1, added: added + event.added, turns };
  return withWorker({ ...state, planning }, event, { doing: { kind: 'idle' }, said: undefined });
}

function foldEnd(state: RunState, event: EventOf<'iteration:ended'>): RunState {
  const going = iterationOf(state, event);
  const settled = withWorker(state, event, { doing: { kind: 'idle' }, iteration: undefined, said: undefined });
  const back = event.transition === 'release' ? 1 : 0;
  // A log that lost its beginning still tells how each iteration ended.
  const record = going ?? newIteration({ ...event, title: event.task }, event.at);
  const { at, outcome, transition, attempts, attempt, ms } = event;
  const ended: IterationRecord = { ...record, attempt, ended: { at, outcome, transition, attempts, ms } };
  return { ...settled, pending: state.pending + back, iterations: [...state.iterations, ended] };
}

function foldOfIteration(state: RunState, event: StepEvent): RunState {
  const going = iterationOf(state, event);
  const said = event.type === 'turn:said' ? event.text : event.type === 'turn:ended' ? event.said : undefined;
  if (going === undefined) return event.task === '' ? foldPlanning(state, event, said) : state;
  const doing = doingAfter(event);
  return withWorker(state, event, {
    iteration: { ...going, ...learntFrom(event, going) },
    ...(doing === undefined ? {} : { doing }),
    ...(said === undefined ? {} : { said }),
  });
}

/** A planner's turn names no task. */
function foldPlanning(state: RunState, event: StepEvent, said: string | undefined): RunState {
  const { planning } = state;
  const turns = event.type === 'turn:ended' ? [...planning.turns, event] : planning.turns;
  return withWorker({ ...state, planning: { ...planning, turns } }, event, said === undefined ? {} : { said });
}

function iterationOf(state: RunState, event: { worker: string; iteration: number }): IterationRecord | undefined {
  const going = state.workers.find(({ name }) => name === event.worker)?.iteration;
  return going?.iteration === event.iteration ? going : undefined;
}

function withWorker(state: RunState, event: { worker: string; at: string }, change: Partial<WorkerState>): RunState {
  const index = state.workers.findIndex(({ name }) => name === event.worker);
  const known = state.workers[index] ?? newWorker({ name: event.worker, pool: event.worker, harness: '' });
  const since = change.doing === undefined || goesOnWaiting(known.doing, change.doing) ? known.since : event.at;
  const worker: WorkerState = { ...known, ...change, since };
  return { ...state, workers: index === -1 ? [...state.workers, worker] : state.workers.with(index, worker) };
}

function goesOnWaiting(before: Doing, after: Doing): boolean {
  return before.kind === 'waiting' && after.kind === 'waiting' && before.why === after.why;
}

function withProblem(state: RunState, at: string, message: string): RunState {
  return { ...state, problems: [...state.problems, { at, message }] };
}

function withBadFile(state: RunState, { path, line, column, message, ...rest }: BadFile): RunState {
  const file = { path, line, column, message, ...(rest.by === undefined ? {} : { by: rest.by }) };
  return { ...state, badFiles: [...state.badFiles, file] };
}
