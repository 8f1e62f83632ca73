import type { Append } from './append.ts';
import { appendInPlace, appendToCopy } from './append.ts';
import type { RunEvent } from './event.ts';
import type { StepEvent } from './fold-step.ts';
import { doingAfter, learntFrom } from './fold-step.ts';
import { serverWords } from './limit-words.ts';
import type { BadFile, Doing, IterationRecord, RunState, WorkerState } from './run-state.ts';
import { newIteration, newWorker } from './run-state.ts';
import { distrustWords, stashWords, trespassWords } from './trespass.ts';
import { addUsage } from './usage.ts';

/**
 * The state after one more event; the one before stays as it is. Events of a newer version, and events of an iteration whose
 * claim is not in the log, change nothing that they don't speak of.
 */
export function foldRun(before: RunState, event: RunEvent): RunState {
  return after(before, event, appendToCopy);
}

/** The state after many more events: each costs the same however long the run is. An event of a foreign shape tells nothing. */
export function foldEvents(before: RunState, events: Iterable<RunEvent>): RunState {
  const append = appendInPlace();
  let state = before;
  const fold = (event: RunEvent) => {
    try {
      state = after(state, event, append);
    } catch {
      // The log may be of another version, or edited.
    }
  };
  // Most of a long log is what agents said, and of that only the last words of each worker stay.
  const said = new Map<string, EventOf<'turn:said'>>();
  let lastAt = before.lastAt;
  for (const event of events) {
    lastAt = event.at;
    if (event.type === 'turn:said') {
      said.set(event.worker, event);
      continue;
    }
    const earlier = 'worker' in event ? said.get(event.worker) : undefined;
    if (earlier !== undefined) {
      said.delete(earlier.worker);
      fold(earlier);
    }
    fold(event);
  }
  for (const event of said.values()) fold(event);
  return { ...state, lastAt };
}

function after(before: RunState, event: RunEvent, append: Append): RunState {
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
      return withBadFile(state, event, append);
    case 'task:refused':
      return withBadFile(state, event, append);
    case 'task:recovered':
      return { ...state, recovered: append(state.recovered, { task: event.task, how: event.how }) };
    case 'task:added':
      return {
        ...state,
        pending: state.pending + 1,
        added: append(state.added, { task: event.task, title: event.title, by: event.by }),
      };
    case 'checkout:touched':
      // A worker's is told by its iteration's outcome.
      return event.role === 'worker'
        ? state
        : withProblem(state, { at: event.at, message: trespassWords(event) }, append);
    case 'agent:limited':
      return { ...state, limited: append(state.limited, event) };
    case 'budget:reached':
      return { ...state, budgets: append(state.budgets, event) };
    case 'server:changed':
      return event.now === 'ready' ? state : withProblem(state, { at: event.at, message: serverWords(event) }, append);
    case 'main:taken':
      return withProblem(state, { at: event.at, message: distrustWords(event, event.branch) }, append);
    case 'stash:kept':
      return withProblem(state, { at: event.at, message: stashWords(event) }, append);
    case 'problem:seen':
      return withProblem(state, { at: event.at, message: event.message }, append);
    case 'task:claimed':
      return withWorker({ ...state, pending: Math.max(0, state.pending - (event.from === 'held' ? 0 : 1)) }, event, {
        doing: { kind: 'preparing' },
        iteration: newIteration(event, event.at),
        said: undefined,
      });
    case 'turn:ended':
    case 'review:ended':
      return foldOfIteration({ ...state, spent: addUsage(state.spent, event.usage) }, event, append);
    case 'landing:landed':
      return foldOfIteration({ ...state, main: event.commit }, event, append);
    case 'iteration:ended':
      return foldEnd(state, event, append);
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
      return foldOfIteration(state, event, append);
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

function foldEnd(state: RunState, event: EventOf<'iteration:ended'>, append: Append): RunState {
  const going = iterationOf(state, event);
  const settled = withWorker(state, event, { doing: { kind: 'idle' }, iteration: undefined, said: undefined });
  const back = event.transition === 'release' ? 1 : 0;
  // A log that lost its beginning still tells how each iteration ended.
  const record = going ?? newIteration({ ...event, title: event.task }, event.at);
  const { at, outcome, transition, attempts, attempt, ms } = event;
  const ended: IterationRecord = { ...record, attempt, ended: { at, outcome, transition, attempts, ms } };
  return { ...settled, pending: state.pending + back, iterations: append(state.iterations, ended) };
}

function foldOfIteration(state: RunState, event: StepEvent, append: Append): RunState {
  const going = iterationOf(state, event);
  const said = saidIn(event);
  if (going === undefined) return event.task === '' ? foldPlanning(state, event, append) : state;
  const doing = doingAfter(event);
  return withWorker(state, event, {
    iteration: { ...going, ...learntFrom(event, going, append) },
    ...(doing === undefined ? {} : { doing }),
    ...(said === undefined ? {} : { said }),
  });
}

/** A planner's turn names no task. */
function foldPlanning(state: RunState, event: StepEvent, append: Append): RunState {
  const { planning } = state;
  const said = saidIn(event);
  const turns = event.type === 'turn:ended' ? append(planning.turns, event) : planning.turns;
  return withWorker({ ...state, planning: { ...planning, turns } }, event, said === undefined ? {} : { said });
}

function saidIn(event: StepEvent): string | undefined {
  return event.type === 'turn:said' ? event.text : event.type === 'turn:ended' ? event.said : undefined;
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

function withProblem(state: RunState, problem: RunState['problems'][number], append: Append): RunState {
  return { ...state, problems: append(state.problems, problem) };
}

function withBadFile(state: RunState, { path, line, column, message, ...rest }: BadFile, append: Append): RunState {
  const file = { path, line, column, message, ...(rest.by === undefined ? {} : { by: rest.by }) };
  return { ...state, badFiles: append(state.badFiles, file) };
}
