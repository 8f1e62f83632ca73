import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Claim } from '../../../src/core/task.ts';
import type { Queue } from '../../../src/queue/queue.ts';
import type { FileBackend } from './backend.ts';
import { openFileBackend } from './backend.ts';
import type { Troubled } from './troubled.ts';
import { clear, startTroubled, stateAfter, statesOf, verbs } from './troubled.ts';

let backend: FileBackend;
let queue: Queue;
let paused: Troubled;

beforeEach(async () => {
  backend = await openFileBackend();
  queue = await backend.open();
  paused = await startTroubled(backend);
});
afterEach(async () => {
  await paused.end();
  queue.close();
  await backend.close();
});

/** A rival takes what it can get while the other one stands still past its lease. */
async function overtake(): Promise<Claim | undefined> {
  backend.pass(backend.leaseMs);
  await queue.recover({});
  const result = await queue.claim({ run: 'rival', worker: 'r' });
  return result.kind === 'claimed' ? result.claim : undefined;
}

describe('a process that is paused past its lease, wherever that happens', () => {
  it.each(verbs)('in "%s" has the task or has lost it, and never touches what is a rival’s', async (verb) => {
    const fates = new Set<string>();
    for (let before = 1; ; before += 1) {
      const name = `t${String(before)}.yaml`;
      await backend.write('pending', name, 'title: x\n');
      if (verb !== 'claim') expect(await paused.perform('claim')).toBe('claimed');
      const ordered = await paused.order({ verb, trouble: 'pause', before });
      const taken = await overtake();
      paused.wake();
      const { answer, hadTrouble } = await ordered.answer;

      const states = await statesOf(backend, name);
      if (taken === undefined) {
        expect(answer).toBe(verb === 'claim' ? 'claimed' : 'settled');
        expect(states).toEqual([stateAfter[verb]]);
      } else if (hadTrouble) {
        expect(answer).toBe(verb === 'claim' ? 'dry' : 'stale-claim');
        expect(states).toEqual(['current']);
        expect(await backend.read('current', name)).toBe('title: x\n');
        expect(await queue.holds(taken)).toBe(true);
        expect(await queue.settle(taken, { kind: 'complete', record: {} })).toEqual({ kind: 'settled' });
      }
      fates.add(taken === undefined ? 'kept' : 'lost');
      await clear(backend, name);
      if (!hadTrouble) break;
    }
    // Before it has the lock it loses the task; once it has it, it keeps the task however long it stands still.
    expect(fates).toEqual(new Set(['kept', 'lost']));
  });
});
