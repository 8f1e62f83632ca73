import { describe, expect, it } from 'vitest';
import { other, owner } from './stage.ts';
import type { Stage } from './stage.ts';

/** One answer for each file that lies in `current/`. */
export function describeRecovering(stage: Stage): void {
  const loseLease = () => {
    stage.backend.pass(stage.backend.leaseMs);
  };

  describe('recovering', () => {
    it('has nothing to say when nothing is in current', async () => {
      await stage.pend('a');
      expect(await stage.queue.recover({})).toEqual([]);
    });

    it('completes what main has, with its commit, and never hands it out again (P2)', async () => {
      await stage.pend('a');
      const claim = await stage.claimed();
      loseLease();
      const asked: unknown[] = [];
      const landedCommit = (id: string, generation: unknown) => {
        asked.push([id, generation]);
        return Promise.resolve('abc123');
      };
      expect(await stage.queue.recover({ landedCommit })).toEqual([{ kind: 'completed', id: 'a', commit: 'abc123' }]);
      expect(asked).toEqual([['a', claim.generation]]);
      expect(await stage.backend.read('complete', 'a.yaml')).toContain('commit: abc123\n');
      expect(await stage.queue.claim(other)).toEqual({ kind: 'dry' });
    });

    it('leaves a task alone as long as nobody can say whether it has landed', async () => {
      await stage.pend('a');
      await stage.claimed();
      loseLease();
      const landedCommit = () => Promise.resolve({ unknown: 'git says no' });
      expect(await stage.queue.recover({ landedCommit })).toEqual([{ kind: 'failed', id: 'a', why: 'git says no' }]);
      expect(await stage.stateOf('a')).toEqual(['current']);
      expect(await stage.queue.recover({})).toEqual([{ kind: 'released', id: 'a' }]);
    });

    it('asks for no landing of what is live', async () => {
      await stage.pend('a');
      await stage.claimed();
      const landedCommit = () => Promise.reject(new Error('asked'));
      expect(await stage.queue.recover({ landedCommit })).toEqual([{ kind: 'live', id: 'a', owner }]);
    });

    it('keeps held work in current, for whoever adopts it', async () => {
      await stage.pend('a');
      const claim = await stage.claimed();
      await stage.queue.note(claim, { outcome: 'held', run: owner.run });
      loseLease();
      expect(await stage.queue.recover({})).toEqual([{ kind: 'held', id: 'a' }]);
      expect(await stage.queue.adopt('a', other)).toMatchObject({ kind: 'claimed' });
      loseLease();
      expect(await stage.queue.recover({})).toEqual([{ kind: 'held', id: 'a' }]);
    });

    it('says the same when it only looks, and changes nothing', async () => {
      for (const id of ['a', 'b', 'c', 'd']) await stage.pend(id);
      const claims = [];
      for (let n = 0; n < 4; n += 1) claims.push(await stage.claimed());
      const [a, b] = claims;
      if (a === undefined || b === undefined) throw new Error('four were claimed');
      await stage.queue.note(b, { outcome: 'held', run: owner.run });
      loseLease();
      await stage.queue.renew(a);
      const before = await stage.queue.list();
      const landedCommit = (id: string) => Promise.resolve(id === 'c' ? 'abc' : undefined);
      const said = await stage.queue.recover({ landedCommit, dryRun: true });
      expect(await stage.queue.list()).toEqual(before);
      expect(await stage.queue.holds(b)).toBe(true);
      expect(new Set(said)).toEqual(new Set(await stage.queue.recover({ landedCommit })));
      expect(new Set(said.map(({ id, kind }) => `${id} ${kind}`))).toEqual(
        new Set(['a live', 'b held', 'c completed', 'd released']),
      );
    });
  });
}
