import { describe, expect, it } from 'vitest';
import type { Stage } from './stage.ts';
import { owner } from './stage.ts';

/** Task files are a person's: what is edited, added or deleted by hand counts, at any time. */
export function describeHandEdits(stage: Stage): void {
  const idsOf = async (count: number) => {
    const client = await stage.another();
    const ids: string[] = [];
    while (ids.length < count) ids.push((await stage.claimed(client)).task.id);
    return ids;
  };

  describe('edits by hand while a task waits', () => {
    it('are seen in the task that is handed out', async () => {
      await stage.pend('a');
      await stage.queue.list();
      await stage.pend('a', 'title: Better\nacceptance: [it works]\n');
      expect((await stage.claimed()).task).toMatchObject({ title: 'Better', acceptance: ['it works'] });
    });

    it('change the order in which tasks are handed out', async () => {
      for (const id of ['a', 'b', 'c']) await stage.pend(id, 'title: x\npriority: 1\n');
      await stage.pend('c', 'title: x\npriority: -1\n');
      await stage.pend('a', 'title: x\npriority: 2\n');
      expect(await idsOf(3)).toEqual(['c', 'b', 'a']);
    });

    it('change the order for a client that has known the tasks for long', async () => {
      for (const id of ['a', 'b']) await stage.pend(id, 'title: x\npriority: 1\n');
      const first = await stage.claimed();
      expect(first.task.id).toBe('a');
      await stage.queue.settle(first, { kind: 'release', record: {} });
      await stage.pend('b', 'title: x\npriority: 0\n');
      for (const end = Date.now() + 30_000; Date.now() < end;) {
        const claim = await stage.claimed();
        if (claim.task.id === 'b') return;
        await stage.queue.settle(claim, { kind: 'release', record: {} });
      }
      expect.unreachable('the client never looked again');
    });

    it('may delete it, and add it again', async () => {
      await stage.pend('a');
      await stage.pend('b');
      await stage.queue.list();
      await stage.backend.remove('pending', 'a.yaml');
      expect((await stage.claimed()).task.id).toBe('b');
      expect(await stage.queue.claim(owner)).toEqual({ kind: 'dry' });
      await stage.pend('a', 'title: Anew\n');
      expect((await stage.claimed()).task.title).toBe('Anew');
    });
  });

  describe('edits by hand while a task is claimed', () => {
    it('keeps hand edits that were made while the task was claimed', async () => {
      await stage.pend('a');
      const claim = await stage.claimed();
      await stage.backend.write('current', 'a.yaml', '# mine\ntitle:   Better\n');
      await stage.queue.settle(claim, { kind: 'release', record: { attempts: 1 } });
      expect(await stage.backend.read('pending', 'a.yaml')).toBe('# mine\ntitle:   Better\noompa:\n  attempts: 1\n');
      expect((await stage.claimed()).task).toMatchObject({ title: 'Better', record: { attempts: 1 } });
    });

    it('moves a task that a hand broke meanwhile, as it is', async () => {
      await stage.pend('a');
      const claim = await stage.claimed();
      await stage.backend.write('current', 'a.yaml', 'title: "x\n');
      expect(await stage.queue.settle(claim, { kind: 'fail', record: { attempts: 1 } })).toEqual({ kind: 'settled' });
      expect(await stage.backend.read('failed', 'a.yaml')).toBe('title: "x\n');
    });

    it('never replaces a file that a hand put into the way', async () => {
      await stage.pend('a');
      const claim = await stage.claimed();
      await stage.backend.write('complete', 'a.yaml', 'title: Mine\n');
      expect(await stage.queue.settle(claim, { kind: 'complete', record: {} })).toEqual({ kind: 'settled' });
      expect(await stage.backend.read('complete', 'a.yaml')).toBe('title: Mine\n');
      expect(await stage.queue.counts()).toMatchObject({ current: 0, complete: 2 });
    });

    it.each(['complete', 'release', 'fail', 'block'] as const)('survive when it is settled (%s)', async (kind) => {
      await stage.pend('a');
      const claim = await stage.claimed();
      const edited = 'title: Mine   # and a comment\npriority:   7\n';
      await stage.backend.write('current', 'a.yaml', edited);
      await stage.queue.settle(claim, { kind, record: { attempts: 1 } });
      const state = { complete: 'complete', release: 'pending', fail: 'failed', block: 'blocked' } as const;
      expect(await stage.backend.read(state[kind], 'a.yaml')).toBe(`${edited}oompa:\n  attempts: 1\n`);
    });

    it('survive when it is noted, and when it is recovered', async () => {
      await stage.pend('a');
      const claim = await stage.claimed();
      await stage.backend.write('current', 'a.yaml', '# mine\ntitle: Mine\n');
      await stage.queue.note(claim, { attempts: 1 });
      stage.backend.pass(stage.backend.leaseMs);
      await stage.queue.recover({});
      expect(await stage.backend.read('pending', 'a.yaml')).toBe('# mine\ntitle: Mine\noompa:\n  attempts: 1\n');
    });

    it('may delete it: its claim is over, and another of that id is a new one', async () => {
      await stage.pend('a');
      const claim = await stage.claimed();
      await stage.backend.remove('current', 'a.yaml');
      await stage.pend('a', 'title: Anew\n');
      const next = await stage.claimed();
      expect(next).toMatchObject({ task: { title: 'Anew' }, generation: { n: 2 } });
      expect(await stage.queue.settle(claim, { kind: 'complete', record: {} })).toEqual({ kind: 'stale-claim' });
      expect(await stage.queue.holds(next)).toBe(true);
    });
  });
}
