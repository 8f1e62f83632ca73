import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { NewEvent, RunEvent } from '../../src/core/event.ts';
import { foldEvents, foldRun } from '../../src/core/fold-run.ts';
import type { Doing, RunState } from '../../src/core/run-state.ts';
import { emptyRun } from '../../src/core/run-state.ts';
import { agentRows, workerRows } from '../../src/core/run-tables.ts';
import { at, exampleRun, exampleTime, exampleUntil } from '../rig/example-run.ts';

const of = { worker: 'w-1', task: 'a', iteration: 1 };
const usage = { input: 10, output: 5, costUsd: 0.5 };
const claim: NewEvent = { type: 'task:claimed', ...of, title: 'A', generation: 1, attempt: 1, from: 'pending' };

function fold(...events: NewEvent[]): RunState {
  return events.map((event, second) => at(second, event)).reduce(foldRun, emptyRun);
}

describe('the fold of a run', () => {
  it.each<[string, NewEvent, Doing]>([
    ['a claim', claim, { kind: 'preparing' }],
    [
      'a turn',
      { type: 'turn:started', ...of, turn: 2, prompt: 'fix', session: 'resumed', harness: 'claude', model: 'opus' },
      { kind: 'turn', turn: 2, agent: 'claude opus', prompt: 'fix' },
    ],
    [
      'a turn that ended ready',
      { type: 'turn:ended', ...of, turn: 1, harness: 'claude', ending: 'answered', signal: 'ready', usage, ms: 1 },
      { kind: 'committing' },
    ],
    [
      'a turn that ended without a signal',
      { type: 'turn:ended', ...of, turn: 1, harness: 'claude', ending: 'answered', usage, ms: 1 },
      { kind: 'between' },
    ],
    [
      'a review',
      { type: 'review:started', ...of, round: 2, reviewer: 'claude', maxRounds: 3 },
      { kind: 'review', round: 2, maxRounds: 3, reviewer: 'claude' },
    ],
    [
      'a check',
      { type: 'verify:started', ...of, command: 'npm test', tree: 't' },
      { kind: 'verify', command: 'npm test' },
    ],
    ['a landing', { type: 'landing:intended', ...of, commit: 'c', from: 'b' }, { kind: 'landing' }],
    ['a wait', { type: 'worker:waiting', worker: 'w-1', why: 'for b' }, { kind: 'waiting', why: 'for b' }],
    [
      'a wait for the checks of other runs',
      { type: 'verify:waiting', ...of, why: 'for other checks' },
      { kind: 'waiting', why: 'for other checks' },
    ],
    ['planning', { type: 'planner:started', worker: 'w-1', pending: 1 }, { kind: 'planning' }],
    ['the end', { type: 'worker:stopped', worker: 'w-1', why: 'dry' }, { kind: 'stopped', why: 'dry' }],
  ])('knows what a worker does after %s', (_what, event, doing) => {
    const [worker] = fold(claim, event).workers;
    expect(worker).toMatchObject({ doing, since: exampleTime(1) });
  });

  it('keeps the time since when a worker waits for the same', () => {
    const wait: NewEvent = { type: 'worker:waiting', worker: 'w-1', why: 'for b' };
    expect(fold(wait, wait).workers[0]?.since).toBe(exampleTime(0));
    expect(fold(wait, { ...wait, why: 'for c' }).workers[0]?.since).toBe(exampleTime(1));
  });

  it('forgets what the agent said when the next task is claimed', () => {
    const said: NewEvent = { type: 'turn:said', ...of, turn: 1, text: 'edit a.ts' };
    expect(fold(claim, said).workers[0]?.said).toBe('edit a.ts');
    expect(fold(claim, said, { ...claim, iteration: 2 }).workers[0]?.said).toBeUndefined();
  });

  it('counts pending tasks: down with a claim, up with a new task and a release', () => {
    const started = { ...(exampleRun[0] as NewEvent), pending: 5 } as NewEvent;
    const released: NewEvent = {
      type: 'iteration:ended',
      ...of,
      outcome: { kind: 'no-changes' },
      transition: 'release',
      attempt: 1,
      attempts: 3,
      turns: 0,
      rounds: 0,
      usage,
      ms: 1,
    };
    expect(fold(started, claim).pending).toBe(4);
    expect(fold(started, claim, released).pending).toBe(5);
    expect(fold(started, { type: 'task:added', task: 'b', title: 'B', by: 'planner' }).pending).toBe(6);
    expect(fold(started, { ...claim, from: 'held' }).pending).toBe(5);
    expect(fold(claim).pending).toBe(0);
  });

  it('sums what turns and reviews used, in the iteration and in the run', () => {
    const review: NewEvent = {
      type: 'review:ended',
      ...of,
      round: 1,
      reviewer: 'claude',
      verdict: 'approved',
      summary: '',
      log: '',
      usage,
      ms: 1,
    };
    const turn: NewEvent = { type: 'turn:ended', ...of, turn: 1, harness: 'codex', ending: 'answered', usage, ms: 1 };
    expect(fold(claim, turn, review).spent).toEqual({ input: 20, output: 10, costUsd: 1 });
  });

  it('moves main with each landing', () => {
    expect(exampleRun.reduce(foldRun, emptyRun).main).toBe('4f1c2ab0aa');
    expect(exampleUntil(10).reduce(foldRun, emptyRun).main).toBe('1a2b3c4d5e6f');
  });

  it('keeps everything of an iteration in its record', () => {
    const [record] = exampleRun.reduce(foldRun, emptyRun).iterations.filter(({ task }) => task === 'rename-keys');
    expect(record).toMatchObject({
      worker: 'builders-3',
      iteration: 2,
      conflicts: 1,
      landing: { commit: '4f1c2ab0aa' },
      ended: { outcome: { kind: 'landed' }, transition: 'complete', attempts: 3 },
    });
    expect(record?.turns.map(({ turn, harness, model }) => [turn, harness, model])).toEqual([
      [1, 'opencode', 'kimi-k2.5'],
      [2, 'opencode', 'kimi-k2.5'],
      [3, 'opencode', 'kimi-k2.5'],
    ]);
    expect(record?.checks.map(({ result }) => result)).toEqual(['failed', 'passed']);
    expect(record?.sentBack).toEqual([{ source: 'verify', text: 'config.test.ts fails' }]);
  });

  it('keeps the turns of a planner apart from those of tasks', () => {
    const planner = { worker: 'planner', task: '', iteration: 1, turn: 1 };
    const state = fold(
      { type: 'planner:started', worker: 'planner', pending: 0 },
      { type: 'turn:started', ...planner, prompt: 'start', session: 'fresh', harness: 'claude' },
      { type: 'turn:said', ...planner, text: 'reading the README' },
      { type: 'turn:ended', ...planner, harness: 'claude', ending: 'answered', usage, ms: 3000 },
    );
    expect(state.workers).toMatchObject([
      { name: 'planner', doing: { kind: 'planning' }, since: exampleTime(0), said: 'reading the README' },
    ]);
    expect(state.spent).toEqual(usage);
    expect(agentRows(state)).toMatchObject([{ agent: 'claude', turns: 1, usage }]);
    expect(workerRows(state)).toMatchObject([{ iterations: 0, turns: 1, busyMs: 3000, usage }]);
    const ended = foldRun(state, at(9, { type: 'planner:ended', worker: 'planner', added: 2, done: false, why: '' }));
    expect(ended.planning).toMatchObject({ rounds: 1, added: 2 });
    expect(ended.workers[0]).toMatchObject({ doing: { kind: 'idle' }, said: undefined });
  });

  it('leaves an event of a newer version alone', () => {
    const before = exampleUntil(60).reduce(foldRun, emptyRun);
    const event = { at: exampleTime(61), type: 'moon:landed', crew: 3 } as unknown as RunEvent;
    expect(foldRun(before, event)).toEqual({ ...before, lastAt: exampleTime(61) });
  });

  it('changes nothing that it was given', () => {
    let state = emptyRun;
    for (const event of exampleRun) {
      const before = structuredClone(state);
      const after = foldRun(state, event);
      expect(state).toEqual(before);
      state = after;
    }
  });

  it('takes a log from any point on, cut at any point, with any event lost', () => {
    fc.assert(
      fc.property(fc.subarray([...exampleRun]), (events) => {
        const state = events.reduce(foldRun, emptyRun);
        const ends = events.filter(({ type }) => type === 'iteration:ended').length;
        expect(state.iterations).toHaveLength(ends);
        expect(state.pending).toBeGreaterThanOrEqual(0);
      }),
    );
  });
});

describe('the fold of many events at once', () => {
  it('comes to the same as one after the other, wherever a log is cut in two', () => {
    const one = exampleRun.reduce(foldRun, emptyRun);
    expect(foldEvents(emptyRun, exampleRun)).toEqual(one);
    fc.assert(
      fc.property(fc.integer({ min: 0, max: exampleRun.length }), (cut) => {
        const first = foldEvents(emptyRun, exampleRun.slice(0, cut));
        const before = structuredClone(first);
        expect(foldEvents(first, exampleRun.slice(cut))).toEqual(one);
        expect(first).toEqual(before);
        expect(first).toEqual(exampleRun.slice(0, cut).reduce(foldRun, emptyRun));
      }),
    );
  });

  it('keeps the last words of each worker', () => {
    const said = ['a', 'b'].map((text, second) => at(second + 1, { type: 'turn:said', ...of, turn: 1, text }));
    const state = foldEvents(emptyRun, [at(0, claim), ...said]);
    expect(state.workers[0]?.said).toBe('b');
    expect(state.lastAt).toBe(exampleTime(2));
  });

  it('passes over an event of a foreign shape', () => {
    const foreign = { at: exampleTime(1), type: 'turn:ended', ...of } as unknown as RunEvent;
    expect(foldEvents(emptyRun, [at(0, claim), foreign]).workers[0]?.iteration?.turns).toEqual([]);
  });

  // Copying its list for each of them, as one fold after the other does, takes minutes.
  it('takes a hundred thousand of one kind', () => {
    const many = Array.from({ length: 100_000 }, (_, n) => at(0, { type: 'problem:seen', message: String(n) }));
    expect(foldEvents(emptyRun, many).problems).toHaveLength(100_000);
  });
});
