import { expect, test } from 'vitest';
import type { RunEvent } from '../../src/core/event.ts';
import { foldRun } from '../../src/core/fold-run.ts';
import { emptyRun } from '../../src/core/run-state.ts';
import { distrustWords, stashWords, trespassWords } from '../../src/core/trespass.ts';

const commit = '1a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c4d';
const at = '2026-11-20T12:00:00.000Z';
const touched = {
  type: 'checkout:touched',
  at,
  ...{ worker: 'builders-1', task: 'a', iteration: 1 },
  checkout: '/home/me/app',
  paths: ['a', 'b', 'c', 'd', 'e'],
  why: 'its own tool calls lead there',
} as const;

test('main that an agent has moved: who, what, and both ways out as commands', () => {
  expect(distrustWords({ how: 'added', commit, by: 'builders-1' }, 'main')).toBe(
    'an agent (builders-1) put 1a2b3c4d5e on main itself; undo it on main (git reset --soft 1a2b3c4d5e^), or accept it: oompa audit --accept 1a2b3c4d5e',
  );
  expect(distrustWords({ how: 'removed', commit, by: 'unknown' }, 'trunk')).toBe(
    'an agent took 1a2b3c4d5e off trunk; undo it on trunk (git merge 1a2b3c4d5e), or accept it: oompa audit --accept 1a2b3c4d5e',
  );
});

test('a checkout that an agent has changed: who, some paths, and how to look at it', () => {
  expect(trespassWords({ ...touched, role: 'reviewer' })).toBe(
    'the reviewer of builders-1 changed a, b, c and 2 more in your checkout (its own tool calls lead there); see it with: git -C /home/me/app status',
  );
});

test('each is told once in the summary: by the outcome of a worker, by a note for all others', () => {
  const events: RunEvent[] = [
    { ...touched, role: 'worker' },
    { ...touched, role: 'planner' },
    { type: 'main:taken', at, how: 'added', commit, by: 'builders-1', branch: 'main', from: 'a', to: commit },
    {
      type: 'stash:kept',
      at,
      worker: 'builders-1',
      task: 'a',
      iteration: 1,
      ref: 'refs/x',
      commit,
      message: 'On main: x',
    },
  ];
  const { problems } = events.reduce(foldRun, emptyRun);
  expect(problems.map(({ message }) => message)).toEqual([
    trespassWords({ ...touched, role: 'planner' }),
    distrustWords({ how: 'added', commit, by: 'builders-1' }, 'main'),
    stashWords({ worker: 'builders-1', message: 'On main: x', ref: 'refs/x' }),
  ]);
});
