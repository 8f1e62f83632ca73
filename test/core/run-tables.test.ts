import { describe, expect, it } from 'vitest';
import type { RunEvent } from '../../src/core/event.ts';
import { foldRun } from '../../src/core/fold-run.ts';
import { emptyRun } from '../../src/core/run-state.ts';
import { agentRows, taskRows, workerRows } from '../../src/core/run-tables.ts';
import { summarise } from '../../src/core/summary.ts';
import { exampleRun, exampleUntil } from '../rig/example-run.ts';

const whole = exampleRun.reduce(foldRun, emptyRun);
const cut = exampleUntil(150).reduce(foldRun, emptyRun);

describe('the tasks of a run', () => {
  it('stand where their last iteration left them', () => {
    expect(Object.fromEntries(taskRows(whole).map(({ task, standing }) => [task, standing]))).toEqual({
      'add-login': 'landed',
      'rename-keys': 'landed',
      'ui-theme': 'held',
      billing: 'asks',
      'fix-parser': 'failed',
    });
  });

  it('are open where the log breaks off, and landed when only the end of the iteration is missing', () => {
    const standing = (until: number, task: string) => {
      const state = exampleUntil(until)
        .filter(({ type }) => type !== 'iteration:ended')
        .reduce(foldRun, emptyRun);
      return taskRows(state).find((row) => row.task === task)?.standing;
    };
    expect(standing(150, 'fix-parser')).toBe('open');
    expect(standing(150, 'add-login')).toBe('landed');
    expect(standing(75, 'ui-theme')).toBe('held');
  });

  it('sum up all their iterations', () => {
    const row = taskRows(whole).find(({ task }) => task === 'fix-parser');
    expect(row).toMatchObject({ attempt: 3, turns: 3, rounds: 0, usage: { input: 12_000, output: 300 }, ms: 999_000 });
    expect(row?.iterations).toHaveLength(3);
    expect(row?.rescue).toBe('refs/oompa/rescue/fix-parser/3');
  });

  it('count reviewers of one round once', () => {
    const twice = exampleRun.flatMap((event): RunEvent[] => (event.type === 'review:ended' ? [event, event] : [event]));
    const row = taskRows(twice.reduce(foldRun, emptyRun)).find(({ task }) => task === 'add-login');
    expect(row?.rounds).toBe(2);
  });
});

describe('the workers of a run', () => {
  it('have their iterations counted by how they ended', () => {
    expect(
      workerRows(whole).map((row) => [row.worker.name, row.iterations, row.landed, row.rejected, row.failed]),
    ).toEqual([
      ['builders-1', 1, 1, 0, 0],
      ['builders-2', 3, 0, 0, 3],
      ['builders-3', 2, 1, 0, 0],
      ['fast-1', 1, 0, 0, 0],
    ]);
  });

  it('were busy for a share of their time between 0 and 1', () => {
    const shares = workerRows(whole).map(({ busy }) => busy);
    expect(shares[0]).toBeCloseTo(122 / 1500);
    expect(workerRows(cut).every(({ busy }) => busy > 0 && busy <= 1)).toBe(true);
  });
});

describe('the agents of a run', () => {
  it('are told apart by harness and model, with what really ran', () => {
    expect(agentRows(whole).map(({ agent, turns, reviews, failed }) => [agent, turns, reviews, failed])).toEqual([
      ['opencode kimi-k2.5', 9, 0, 3],
      ['claude sonnet', 0, 4, 0],
      ['codex gpt-5.3', 1, 0, 0],
    ]);
  });
});

describe('the summary', () => {
  it('is plain JSON in snake_case that says how each task and worker fared', () => {
    const summary = summarise(whole);
    expect(JSON.parse(JSON.stringify(summary))).toEqual(summary);
    expect(summary).toMatchObject({
      run: '20261120T140159-k3f9',
      base: '1a2b3c4d5e6f',
      main: '4f1c2ab0aa',
      ended_because: 'dry',
      ms: 1_500_000,
      counts: { landed: 2, held: 1, asks: 1, failed: 1, open: 0 },
      spent: { tokens_in: 50_600, tokens_out: 3_360 },
    });
    expect(summary.spent.cost_usd).toBeCloseTo(0.3);
    expect(summary.tasks.find(({ id }) => id === 'fix-parser')).toMatchObject({
      outcome: 'agent-failed',
      failure: { kind: 'silent', detail: 'no output for 5 min' },
      commit: null,
    });
    expect(summary.tasks.find(({ id }) => id === 'billing')?.question).toBe('Which currency do stored prices use?');
    expect(keysOf(summary).filter((key) => !/^[a-z0-9_]+$/.test(key))).toEqual([]);
  });

  it('of a run that goes on has no end, and says what each worker does', () => {
    const summary = summarise(cut);
    expect(summary.ended_at).toBeNull();
    expect(summary.workers.map(({ doing, task }) => [doing, task])).toEqual([
      ['idle', null],
      ['turn', 'fix-parser'],
      ['verify', 'rename-keys'],
      ['idle', null],
    ]);
  });

  it('of nothing is a summary too', () => {
    expect(summarise(emptyRun)).toMatchObject({ run: '', tasks: [], workers: [], spent: { cost_usd: null } });
  });
});

function keysOf(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return [];
  const own = Array.isArray(value) ? [] : Object.keys(value);
  return [...own, ...Object.values(value).flatMap(keysOf)];
}
