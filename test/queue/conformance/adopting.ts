import { describe, expect, it } from 'vitest';
import type { ClaimResult } from '../../../src/queue/queue.ts';
import { other, owner } from './stage.ts';
import type { Stage } from './stage.ts';

/** Taking over a task that was left in `current/`. */
export function describeAdopting(stage: Stage): void {
  describe('adopting', () => {
    it('takes over a task whose process is gone', async () => {
      await stage.pend('a');
      expect(await stage.backend.claimElsewhere(1)).toEqual([['a']]);
      const result = await stage.queue.adopt('a', owner);
      expect(result).toMatchObject({ kind: 'claimed', claim: { task: { id: 'a' }, generation: { n: 2 } } });
      expect(await stage.queue.holds((result as Extract<ClaimResult, { kind: 'claimed' }>).claim)).toBe(true);
    });

    it('leaves a task alone whose process lives, and one that is not current', async () => {
      await stage.pend('a');
      await stage.pend('b');
      const claim = await stage.claimed();
      const client = await stage.another();
      expect(await client.adopt('a', other)).toEqual({ kind: 'dry' });
      expect(await client.adopt('b', other)).toEqual({ kind: 'dry' });
      expect(await stage.queue.holds(claim)).toBe(true);
    });
  });
}
