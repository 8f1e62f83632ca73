import { describe, expect, it } from 'vitest';
import type { Claim } from '../../../src/core/task.ts';
import type { Queue } from '../../../src/queue/queue.ts';
import { other, owner } from './stage.ts';
import type { Stage } from './stage.ts';

const stale = { kind: 'stale-claim' } as const;

/** A claim is its owner's as long as the owner lives and renews it; nobody who lost one can do harm with it. */
export function describeLeases(stage: Stage): void {
  const lease = (part: number) => {
    stage.backend.pass(stage.backend.leaseMs * part);
  };
  const live = [{ kind: 'live', id: 'a', owner }];
  const released = [{ kind: 'released', id: 'a' }];
  const tryAll = async (client: Pick<Queue, 'renew' | 'settle' | 'note'>, claim: Claim) => [
    await client.renew(claim),
    await client.settle(claim, { kind: 'complete', record: { outcome: 'x' } }),
    await client.settle(claim, { kind: 'release', record: { outcome: 'x' } }),
    await client.settle(claim, { kind: 'fail', record: { outcome: 'x' } }),
    await client.settle(claim, { kind: 'block', record: { outcome: 'x' } }),
    await client.note(claim, { outcome: 'x' }),
  ];

  describe('a lease', () => {
    it('that is renewed in time keeps the claim, for three times its length and more', async () => {
      await stage.pend('a');
      const claim = await stage.claimed();
      const rival = await stage.another();
      for (let half = 1; half <= 7; half += 1) {
        lease(0.5);
        expect(await rival.recover({})).toEqual(live);
        expect(await rival.adopt('a', other)).toEqual({ kind: 'dry' });
        expect(await stage.queue.renew(claim)).toEqual({ kind: 'settled' });
      }
      expect(await stage.queue.settle(claim, { kind: 'complete', record: {} })).toEqual({ kind: 'settled' });
    });

    it('that has run out may be renewed as long as nobody has taken the task', async () => {
      await stage.pend('a');
      const claim = await stage.claimed();
      lease(3);
      expect(await stage.queue.holds(claim)).toBe(true);
      expect(await stage.queue.renew(claim)).toEqual({ kind: 'settled' });
      expect(await (await stage.another()).recover({})).toEqual(live);
    });

    it('that has run out loses the task to whoever recovers first; its owner can do nothing any more', async () => {
      await stage.pend('a');
      const claim = await stage.claimed();
      lease(1);
      expect(await (await stage.another()).recover({})).toEqual(released);
      expect(await tryAll(stage.queue, claim)).toEqual([stale, stale, stale, stale, stale, stale]);
      expect(await stage.backend.read('pending', 'a.yaml')).toBe('title: Do a\n');
    });

    it('of a process that was killed does not keep its claim', async () => {
      await stage.pend('a');
      const claimer = await stage.elsewhere();
      await stage.claimed(claimer);
      expect(await stage.queue.recover({})).toEqual(live);
      await claimer.kill();
      expect(await stage.queue.recover({})).toEqual(released);
      expect(await stage.claimed()).toMatchObject({ generation: { n: 2 } });
    });

    it('of a paused process keeps its claim while it lasts', async () => {
      await stage.pend('a');
      const claimer = await stage.elsewhere();
      const claim = await stage.claimed(claimer);
      await claimer.pause();
      lease(0.5);
      expect(await stage.queue.recover({})).toEqual(live);
      claimer.wake();
      expect(await claimer.settle(claim, { kind: 'complete', record: {} })).toEqual({ kind: 'settled' });
    });

    it('that runs out while its process is paused: what that does when it wakes is refused, and changes nothing', async () => {
      await stage.pend('a');
      const claimer = await stage.elsewhere();
      const claim = await stage.claimed(claimer);
      await claimer.pause();
      lease(1);
      expect(await stage.queue.recover({})).toEqual(released);
      const next = await stage.claimed(stage.queue, other);
      const woken = tryAll(claimer, claim);
      claimer.wake();
      expect(await woken).toEqual([stale, stale, stale, stale, stale, stale]);
      expect(await claimer.holds(claim)).toBe(false);
      expect(await stage.queue.holds(next)).toBe(true);
      expect(await stage.backend.read('current', 'a.yaml')).toBe('title: Do a\n');
      expect(await stage.queue.settle(next, { kind: 'complete', record: {} })).toEqual({ kind: 'settled' });
    });

    it('lost five times in a row fails nothing and uses no attempt', async () => {
      await stage.pend('a', 'title: x\noompa:\n  attempts: 1\n');
      const numbers: number[] = [];
      for (let n = 0; n < 5; n += 1) {
        numbers.push((await stage.claimed()).generation.n);
        lease(1);
        expect(await stage.queue.recover({})).toEqual(released);
      }
      expect(numbers).toEqual([1, 2, 3, 4, 5]);
      expect(await stage.backend.read('pending', 'a.yaml')).toBe('title: x\noompa:\n  attempts: 1\n');
      expect((await stage.claimed()).task.record).toEqual({ attempts: 1 });
    });

    it('survives a clock that is turned back, and ends one lease after it was looked at', async () => {
      await stage.pend('a');
      await stage.claimed();
      lease(-10);
      const rival = await stage.another();
      expect(await rival.recover({})).toEqual(live);
      lease(0.9);
      expect(await rival.recover({})).toEqual(live);
      lease(0.2);
      expect(await rival.recover({})).toEqual(released);
    });

    it('from the future ends for an adoption too, one lease after it was looked at', async () => {
      await stage.pend('a');
      await stage.claimed();
      lease(-10);
      const rival = await stage.another();
      expect(await rival.adopt('a', other)).toEqual({ kind: 'dry' });
      lease(1);
      expect(await rival.adopt('a', other)).toMatchObject({ kind: 'claimed' });
    });

    it('is begun anew by an adoption', async () => {
      await stage.pend('a');
      const claim = await stage.claimed();
      lease(1);
      expect(await (await stage.another()).adopt('a', other)).toMatchObject({ kind: 'claimed' });
      expect(await stage.queue.recover({})).toEqual([{ kind: 'live', id: 'a', owner: other }]);
      expect(await stage.queue.renew(claim)).toEqual(stale);
    });
  });
}
