import { describe, expect, it } from 'vitest';
import { claimIn, other, owner } from './stage.ts';
import type { Stage } from './stage.ts';

/** Many clients at once, in one process and in several. */
export function describeRacing(stage: Stage): void {
  describe('racing', () => {
    it('gives each of 1,000 tasks to exactly one of 32 clients in eight processes (P1)', async () => {
      const ids = Array.from({ length: 1000 }, (_, index) => `task-${String(index).padStart(4, '0')}`);
      for (const id of ids) await stage.pend(id);
      const won = await stage.backend.claimElsewhere(8, { clients: 4 });
      expect(won.flat().sort()).toEqual(ids);
      expect(await stage.queue.counts()).toMatchObject({ pending: 0, current: 1000 });
    });

    it('lets one of many recoveries and adoptions at once have a task', async () => {
      await stage.pend('a');
      await stage.claimed();
      stage.backend.pass(stage.backend.leaseMs);
      const clients = await Promise.all(Array.from({ length: 6 }, () => stage.another()));
      const taken = await Promise.all(
        clients.map(async (client, index) => {
          if (index % 2 === 0) return client.adopt('a', other);
          const found = await client.recover({});
          return found[0]?.kind === 'released' ? client.claim(other) : { kind: 'dry' as const };
        }),
      );
      const claims = taken.flatMap((result) => (result.kind === 'claimed' ? [result.claim] : []));
      const holding = await Promise.all(claims.map((claim) => stage.queue.holds(claim)));
      expect(holding.filter(Boolean)).toHaveLength(1);
      expect(await stage.stateOf('a')).toEqual(['current']);
    });

    it('lets one of many settlements of a claim win', async () => {
      await stage.pend('a');
      const claim = claimIn(await stage.queue.claim(owner));
      const clients = await Promise.all(Array.from({ length: 8 }, () => stage.another()));
      const settled = await Promise.all(
        clients.map((client, n) => client.settle(claim, { kind: 'release', record: { attempts: n } })),
      );
      expect(settled.filter(({ kind }) => kind === 'settled')).toHaveLength(1);
      const winner = settled.findIndex(({ kind }) => kind === 'settled');
      expect(await stage.backend.read('pending', 'a.yaml')).toContain(`attempts: ${String(winner)}\n`);
    });
  });
}
