import { describe, expect, it } from 'vitest';
import type { Stage } from './stage.ts';

/** Where a task goes, and what of it stays as it was. */
export function describeMovingOn(stage: Stage): void {
  describe('moving on', () => {
    const ends = [
      ['complete', 'complete'],
      ['release', 'pending'],
      ['fail', 'failed'],
      ['block', 'blocked'],
    ] as const;

    it.each(ends)('%s moves a current task to %s, with its record', async (kind, state) => {
      await stage.pend('a');
      const claim = await stage.claimed();
      expect(await stage.queue.settle(claim, { kind, record: { outcome: 'x', attempts: 1 } })).toEqual({
        kind: 'settled',
      });
      expect(await stage.backend.read(state, 'a.yaml')).toBe('title: Do a\noompa:\n  outcome: x\n  attempts: 1\n');
      expect(await stage.stateOf('a')).toEqual([state]);
      expect(await stage.queue.holds(claim)).toBe(false);
    });

    it.each(['failed', 'blocked'] as const)('requeue moves a %s task to pending, with new attempts', async (state) => {
      await stage.backend.write(state, 'a.yaml', 'title: x\noompa:\n  outcome: x\n  attempts: 3\n  feedback: hm\n');
      expect(await stage.queue.requeue('a', { answer: 'yes' })).toEqual({ kind: 'requeued' });
      expect(await stage.backend.read('pending', 'a.yaml')).toBe('title: x\noompa:\n  feedback: hm\n  answer: yes\n');
      expect(await stage.backend.read(state, 'a.yaml')).toBeUndefined();
    });

    it.each(['pending', 'current', 'complete'] as const)('requeue leaves a %s task where it is', async (state) => {
      await stage.backend.write(state, 'a.yaml', 'title: x\n');
      expect(await stage.queue.requeue('a', {})).toEqual({ kind: 'wrong-state', state });
      expect(await stage.backend.read(state, 'a.yaml')).toBe('title: x\n');
    });

    it('says when there is nothing to requeue', async () => {
      expect(await stage.queue.requeue('a', {})).toEqual({ kind: 'not-found' });
      expect(await stage.queue.requeue('../a', {})).toEqual({ kind: 'not-found' });
    });

    it('keeps a noted task claimed', async () => {
      await stage.pend('a');
      const claim = await stage.claimed();
      expect(await stage.queue.note(claim, { outcome: 'held' })).toEqual({ kind: 'settled' });
      expect(await stage.queue.holds(claim)).toBe(true);
      expect(await stage.backend.read('current', 'a.yaml')).toBe('title: Do a\noompa:\n  outcome: held\n');
    });
  });
}
