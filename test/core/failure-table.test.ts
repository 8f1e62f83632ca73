import { describe, expect, it } from 'vitest';
import type { EventMap, RunEvent } from '../../src/core/event.ts';
import { failureCounts } from '../../src/core/failure-table.ts';
import type { FailureKind } from '../../src/core/failure.ts';
import { foldRun } from '../../src/core/fold-run.ts';
import { emptyRun } from '../../src/core/run-state.ts';
import { at, exampleRun } from '../rig/example-run.ts';

const usage = { input: 0, output: 0 };
const start = exampleRun.slice(0, 1);

/** One iteration, in which each of these turns and reviews ended one after the other: an agent and its failure, if any. */
function iteration(task: string, ended: readonly (readonly ['turn' | 'review', string, FailureKind?])[]): RunEvent[] {
  const of = { worker: 'builders-1', task, iteration: 1 };
  return [
    at(1, { type: 'task:claimed', ...of, title: task, generation: 1, attempt: 1, from: 'pending' }),
    ...ended.map(([what, agent, kind]) => (what === 'turn' ? turn(of, agent, kind) : review(of, agent, kind))),
    at(9, {
      ...{ type: 'iteration:ended', ...of, outcome: { kind: 'no-changes' }, transition: 'release' },
      ...{ attempt: 1, attempts: 3, turns: 1, rounds: 0, usage, ms: 1 },
    }),
  ];
}

type Of = Pick<EventMap['turn:ended'], 'worker' | 'task' | 'iteration'>;

function turn(of: Of, harness: string, kind?: FailureKind): RunEvent {
  const ending = kind === undefined ? ({ ending: 'answered' } as const) : failed(kind);
  return at(2, { type: 'turn:ended', ...of, turn: 1, harness, ...ending, usage, ms: 1 });
}

function failed(kind: FailureKind) {
  return { ending: 'failed', failure: { kind, detail: 'as seen' } } as const;
}

function review(of: Of, reviewer: string, kind?: FailureKind): RunEvent {
  const verdict = kind === undefined ? ({ verdict: 'needs-changes' } as const) : ({ verdict: 'failed' } as const);
  const said = { round: 1, reviewer, ...verdict, summary: '', log: '', usage, ms: 1 };
  const failure = kind === undefined ? {} : { failure: { kind, detail: 'as seen' } };
  return at(3, { type: 'review:ended', ...of, ...said, ...failure });
}

function counts(...events: readonly RunEvent[][]) {
  return failureCounts([...start, ...events.flat()].reduce(foldRun, emptyRun));
}

describe('the failures of a run', () => {
  it('are none where every turn answered', () => {
    expect(
      counts(
        iteration('a', [
          ['turn', 'codex'],
          ['review', 'claude'],
        ]),
      ),
    ).toEqual([]);
  });

  it('are counted by kind, over turns and reviews, with their agents and tasks', () => {
    const rows = counts(
      iteration('a', [
        ['turn', 'codex', 'rate-limited'],
        ['turn', 'opencode', 'rate-limited'],
      ]),
      iteration('b', [
        ['turn', 'opencode'],
        ['review', 'opencode', 'rate-limited'],
        ['review', 'claude', 'auth'],
      ]),
    );
    expect(rows).toEqual([
      { kind: 'rate-limited', turns: 3, again: 0, fallback: 0, agents: ['opencode', 'codex'], tasks: ['a', 'b'] },
      { kind: 'auth', turns: 1, again: 0, fallback: 0, agents: ['claude'], tasks: ['b'] },
    ]);
  });

  it.each<[string, Parameters<typeof iteration>[1], { again: number; fallback: number }]>([
    [
      'when the same agent answers',
      [
        ['turn', 'codex', 'silent'],
        ['turn', 'codex'],
      ],
      { again: 1, fallback: 0 },
    ],
    [
      'when another agent answers',
      [
        ['turn', 'codex', 'silent'],
        ['turn', 'claude'],
      ],
      { again: 0, fallback: 1 },
    ],
    [
      'not by an answer before',
      [
        ['turn', 'codex'],
        ['turn', 'codex', 'silent'],
      ],
      { again: 0, fallback: 0 },
    ],
    [
      'not by another failure',
      [
        ['turn', 'codex', 'silent'],
        ['turn', 'codex', 'auth'],
      ],
      { again: 0, fallback: 0 },
    ],
    [
      'not by a review',
      [
        ['turn', 'codex', 'silent'],
        ['review', 'claude'],
      ],
      { again: 0, fallback: 0 },
    ],
    [
      'when another reviewer reviews',
      [
        ['review', 'codex', 'silent'],
        ['review', 'x'],
      ],
      { again: 0, fallback: 1 },
    ],
  ])('are got over %s', (_how, ended, got) => {
    expect(counts(iteration('a', ended)).find(({ kind }) => kind === 'silent')).toMatchObject(got);
  });

  it('are not got over by another iteration', () => {
    expect(counts(iteration('a', [['turn', 'codex', 'silent']]), iteration('a', [['turn', 'codex']]))).toMatchObject([
      { turns: 1, again: 0, fallback: 0 },
    ]);
  });

  it('begin with what was not got over', () => {
    const over = iteration('a', [
      ['turn', 'x', 'network'],
      ['turn', 'x', 'network'],
      ['turn', 'x'],
    ]);
    expect(counts(over, iteration('b', [['turn', 'x', 'auth']])).map(({ kind }) => kind)).toEqual(['auth', 'network']);
  });

  it('do not count what a stop ended', () => {
    expect(counts(iteration('a', [['turn', 'codex', 'stopped']]))).toEqual([]);
  });

  it('count those of planners, which belong to no task', () => {
    const of = { worker: 'planner', task: '', iteration: 1 };
    expect(counts([turn(of, 'claude', 'overloaded'), turn(of, 'codex')])).toEqual([
      { kind: 'overloaded', turns: 1, again: 0, fallback: 1, agents: ['claude'], tasks: [] },
    ]);
  });

  it('of the example are three silent turns', () => {
    expect(failureCounts(exampleRun.reduce(foldRun, emptyRun))).toMatchObject([
      { kind: 'silent', turns: 3, again: 0, fallback: 0, tasks: ['fix-parser'] },
    ]);
  });
});
