import { describe, expect, it } from 'vitest';
import { owner } from './stage.ts';
import type { Stage } from './stage.ts';

/** Which task a claim gives, to whom, and when there is none. */
export function describeClaiming(stage: Stage): void {
  describe('claiming', () => {
    it('is dry when nothing is pending', async () => {
      expect(await stage.queue.claim(owner)).toEqual({ kind: 'dry' });
    });

    it('hands out lower priorities first, then by id', async () => {
      await stage.pend('b');
      await stage.pend('late', 'title: x\npriority: 2\n');
      await stage.pend('first', '{title: x, priority: -1}');
      await stage.pend('a');
      const ids = [await stage.claimed(), await stage.claimed(), await stage.claimed(), await stage.claimed()].map(
        ({ task }) => task.id,
      );
      expect(ids).toEqual(['first', 'a', 'b', 'late']);
      expect(await stage.queue.claim(owner)).toEqual({ kind: 'dry' });
    });

    it('gives the task as it was written', async () => {
      await stage.pend('a', 'title: T\ndescription: D\nacceptance: [x, y]\nfiles: [src/**]\npriority: 3\n');
      expect((await stage.claimed()).task).toEqual({
        id: 'a',
        title: 'T',
        description: 'D',
        acceptance: ['x', 'y'],
        files: ['src/**'],
        dependsOn: [],
        priority: 3,
        record: {},
      });
    });

    it('shows who works on a task, and since when', async () => {
      await stage.pend('a');
      await stage.claimed();
      const [task] = (await stage.queue.list()).tasks;
      expect(task).toMatchObject({ state: 'current', owner, since: expect.stringMatching(/^\d{4}-/) as string });
    });

    it('waits for dependencies until they are complete', async () => {
      await stage.pend('a', 'title: x\ndepends_on: [b]\n');
      await stage.pend('b');
      const b = await stage.claimed();
      expect(b.task.id).toBe('b');
      expect(await stage.queue.claim(owner)).toEqual({ kind: 'waiting', pending: 1 });
      await stage.queue.settle(b, { kind: 'complete', record: {} });
      expect((await stage.claimed()).task.id).toBe('a');
    });

    it('waits for tasks that may touch the same files, in whichever client they run', async () => {
      await stage.pend('a', 'title: x\nfiles: [src/**]\n');
      await stage.pend('b', 'title: x\nfiles: [src/app.ts]\n');
      await stage.pend('c', 'title: x\nfiles: [docs]\n');
      const a = await stage.claimed(await stage.another());
      expect((await stage.claimed()).task.id).toBe('c');
      expect(await stage.queue.claim(owner)).toEqual({ kind: 'waiting', pending: 1 });
      await stage.queue.settle(a, { kind: 'release', record: {} });
      expect((await stage.claimed()).task.id).toBe('a');
    });

    it('sees edits in place of tasks that it knows', async () => {
      await stage.pend('a', 'title: x\ndepends_on: [nothing]\n');
      expect(await stage.queue.claim(owner)).toEqual({ kind: 'waiting', pending: 1 });
      await stage.pend('a', 'title: Changed\n');
      expect((await stage.claimed()).task.title).toBe('Changed');
    });
  });
}
