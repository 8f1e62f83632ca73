import { describe, expect, it } from 'vitest';
import type { Settlement } from '../../../src/queue/queue.ts';
import { other } from './stage.ts';
import type { Stage } from './stage.ts';

const kinds = ['complete', 'release', 'fail', 'block'] as const;
const states = { complete: 'complete', release: 'pending', fail: 'failed', block: 'blocked' } as const;

/** Somebody who does not know whether a settlement was done may ask for it again. */
export function describeSettlingTwice(stage: Stage): void {
  describe('settling twice', () => {
    it.each(kinds)('in the same way (%s) is settled, and changes nothing the second time', async (kind) => {
      await stage.pend('a');
      const claim = await stage.claimed();
      const settlement = { kind, record: { outcome: 'x', attempts: 1 } };
      expect(await stage.queue.settle(claim, settlement)).toEqual({ kind: 'settled' });
      await stage.backend.write(states[kind], 'a.yaml', 'title: Edited since\n');
      expect(await stage.queue.settle(claim, settlement)).toEqual({ kind: 'settled' });
      expect(await (await stage.another()).settle(claim, settlement)).toEqual({ kind: 'settled' });
      expect(await stage.stateOf('a')).toEqual([states[kind]]);
      expect(await stage.backend.read(states[kind], 'a.yaml')).toBe('title: Edited since\n');
    });

    it('is told by the record too, in whatever order its keys are', async () => {
      await stage.pend('a');
      const claim = await stage.claimed();
      await stage.queue.settle(claim, { kind: 'fail', record: { attempts: 1, outcome: 'x' } });
      const again = (settlement: Settlement) => stage.queue.settle(claim, settlement);
      expect(await again({ kind: 'fail', record: { outcome: 'x', attempts: 1 } })).toEqual({ kind: 'settled' });
      expect(await again({ kind: 'fail', record: { outcome: 'x', attempts: 2 } })).toEqual({ kind: 'stale-claim' });
      expect(await stage.backend.read('failed', 'a.yaml')).toContain('attempts: 1\n');
    });

    it.each(kinds.flatMap((first) => kinds.filter((kind) => kind !== first).map((second) => [first, second] as const)))(
      'first %s and then %s is refused, and changes nothing',
      async (first, second) => {
        await stage.pend('a');
        const claim = await stage.claimed();
        await stage.queue.settle(claim, { kind: first, record: { attempts: 1 } });
        const before = await stage.backend.read(states[first], 'a.yaml');
        expect(await stage.queue.settle(claim, { kind: second, record: { attempts: 1 } })).toEqual({
          kind: 'stale-claim',
        });
        expect(await stage.stateOf('a')).toEqual([states[first]]);
        expect(await stage.backend.read(states[first], 'a.yaml')).toBe(before);
      },
    );

    it('is forgotten with the next claim: then nothing of an earlier one holds', async () => {
      await stage.pend('a');
      const claim = await stage.claimed();
      await stage.queue.settle(claim, { kind: 'release', record: {} });
      const next = await stage.claimed(await stage.another(), other);
      expect(await stage.queue.settle(claim, { kind: 'release', record: {} })).toEqual({ kind: 'stale-claim' });
      expect(await stage.queue.holds(next)).toBe(true);
    });

    it('is not what recovery does: a claim that was taken away is not settled', async () => {
      await stage.pend('a');
      const claim = await stage.claimed();
      stage.backend.pass(stage.backend.leaseMs);
      await stage.queue.recover({});
      expect(await stage.queue.settle(claim, { kind: 'release', record: {} })).toEqual({ kind: 'stale-claim' });
    });
  });
}
