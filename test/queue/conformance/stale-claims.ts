import { describe, expect, it } from 'vitest';
import type { Claim } from '../../../src/core/task.ts';
import type { Stage } from './stage.ts';

/** What a claim can do that is over: nothing. */
export function describeStaleClaims(stage: Stage): void {
  describe('stale claims', () => {
    const settleAll = async (claim: Claim) => [
      await stage.queue.settle(claim, { kind: 'complete', record: { outcome: 'x' } }),
      await stage.queue.settle(claim, { kind: 'release', record: { outcome: 'x' } }),
      await stage.queue.note(claim, { outcome: 'x' }),
    ];
    const stale = { kind: 'stale-claim' };

    it('change nothing once the task was settled', async () => {
      await stage.pend('a');
      const claim = await stage.claimed();
      await stage.queue.settle(claim, { kind: 'release', record: {} });
      expect(await settleAll(claim)).toEqual([stale, stale, stale]);
      expect(await stage.backend.read('pending', 'a.yaml')).toBe('title: Do a\n');
    });

    it('change nothing when somebody else holds the task by now', async () => {
      await stage.pend('a');
      const old = await stage.claimed();
      await stage.queue.settle(old, { kind: 'release', record: {} });
      const now = await stage.claimed(await stage.another());
      expect(await settleAll(old)).toEqual([stale, stale, stale]);
      expect(await stage.queue.holds(old)).toBe(false);
      expect(await stage.queue.holds(now)).toBe(true);
      expect(await stage.backend.read('current', 'a.yaml')).toBe('title: Do a\n');
    });

    it('are those of a task that a hand took away', async () => {
      await stage.pend('a');
      const claim = await stage.claimed();
      await stage.backend.remove('current', 'a.yaml');
      expect(await stage.queue.holds(claim)).toBe(false);
      expect(await settleAll(claim)).toEqual([stale, stale, stale]);
      expect(await stage.queue.counts()).toMatchObject({ pending: 0, current: 0, complete: 0 });
    });

    it('never share a generation with another claim of the task, whatever happened to it in between', async () => {
      const seen: number[] = [];
      const take = async () => {
        const claim = await stage.claimed(await stage.another());
        seen.push(claim.generation.n);
        return claim;
      };
      await stage.pend('a');
      await stage.queue.settle(await take(), { kind: 'release', record: {} });
      await stage.queue.settle(await take(), { kind: 'fail', record: {} });
      await stage.queue.requeue('a', {});
      await stage.queue.settle(await take(), { kind: 'complete', record: {} });
      await stage.backend.remove('complete', 'a.yaml');
      await stage.pend('a', 'title: Anew\n');
      await take();
      expect(seen).toEqual([1, 2, 3, 4]);
    });
  });
}
