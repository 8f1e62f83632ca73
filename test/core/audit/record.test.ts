import { expect, it } from 'vitest';
import { recordRun } from '../../../src/core/audit/record.ts';
import type { RunEvent } from '../../../src/core/event.ts';

const oid = 'a'.repeat(40);
const of = { worker: 'builders-1', task: 'a', iteration: 1 };
const name = { run: 'r1', ...of };
const at = '2026-11-20T14:00:00Z';

function record(...events: readonly object[]) {
  const read: unknown = events.map((event) => ({ at, ...event }));
  return recordRun({ id: 'r1', life: 'ended' }, read as RunEvent[]);
}

it('takes from a log what its turns made, where it landed and how iterations ended', () => {
  const recorded = record(
    { type: 'run:started', branch: 'main', base: oid },
    { type: 'turn:started', worker: 'planner', task: '', iteration: 1 },
    { type: 'task:claimed', ...of, generation: 3 },
    { type: 'turn:started', ...of },
    { type: 'work:committed', ...of, commit: oid },
    { type: 'landing:intended', ...of, commit: oid, from: oid },
    { type: 'landing:landed', ...of, commit: oid },
    { type: 'main:taken', how: 'added', commit: oid, by: 'builders-1' },
    { type: 'work:rescued', ...of, commit: oid, ref: 'refs/x' },
    { type: 'iteration:ended', ...of, outcome: { kind: 'landed', commit: oid } },
  );
  expect(recorded).toEqual({
    id: 'r1',
    life: 'ended',
    branch: 'main',
    base: oid,
    turns: 1,
    commits: [
      { commit: oid, of: name },
      { commit: oid, of: name, ref: 'refs/x' },
    ],
    landings: [
      { commit: oid, of: name, landed: false },
      { commit: oid, of: name, landed: true },
    ],
    taken: [{ how: 'added', commit: oid, by: 'builders-1', run: 'r1', at, accepted: false }],
    outcomes: new Map([['r1 builders-1 1', 'landed']]),
    claimed: new Map([['a', 3]]),
  });
});

it.each([
  { type: 'run:started', branch: 7, base: '--all' },
  { type: 'work:committed', ...of, commit: 'HEAD' },
  { type: 'work:committed', ...of, commit: `${oid}\n--all` },
  { type: 'work:committed', commit: oid },
  { type: 'landing:landed', ...of },
  { type: 'main:taken', how: 'added', commit: 'main' },
  { type: 'iteration:ended', ...of, outcome: 'landed' },
  { type: 'iteration:ended', ...of },
  { type: 'some:day', iteration: null },
])('passes over what has a foreign shape: %j', (event) => {
  expect(record(event)).toEqual(record());
});
