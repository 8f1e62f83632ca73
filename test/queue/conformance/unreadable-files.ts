import { describe, expect, it } from 'vitest';
import { owner } from './stage.ts';
import type { Stage } from './stage.ts';

/** Files that nobody can read stop nobody. */
export function describeUnreadableFiles(stage: Stage): void {
  describe('files that cannot be read', () => {
    it('are named with line and column, stay as they are, and stop nobody', async () => {
      await stage.pend('tabs', 'title: x\nfiles:\n\t- a.ts\n');
      await stage.pend('typo', 'title: x\n\nprioritty: 1\n');
      await stage.pend('fine');
      expect((await stage.claimed()).task.id).toBe('fine');
      expect(await stage.queue.claim(owner)).toEqual({ kind: 'dry' });
      expect((await stage.queue.list()).unreadable).toEqual([
        {
          state: 'pending',
          path: 'tasks/pending/tabs.yaml',
          line: 3,
          column: 1,
          message: expect.stringContaining('tab') as string,
        },
        {
          state: 'pending',
          path: 'tasks/pending/typo.yaml',
          line: 3,
          column: 1,
          message: 'unknown key `prioritty`; did you mean `priority`?',
        },
      ]);
      expect(await stage.backend.read('pending', 'tabs.yaml')).toBe('title: x\nfiles:\n\t- a.ts\n');
      expect(await stage.queue.counts()).toMatchObject({ pending: 2, current: 1 });
    });

    it('can be claimed as soon as they are mended', async () => {
      await stage.pend('a', 'title: "x\n');
      expect(await stage.queue.claim(owner)).toEqual({ kind: 'dry' });
      await stage.pend('a', 'title: x\n');
      expect((await stage.claimed()).task.id).toBe('a');
    });

    it('are also those whose id another file has: none of them is claimed', async () => {
      await stage.backend.write('complete', 'a.yaml', 'title: x\n');
      await stage.pend('a');
      await stage.pend('b');
      await stage.backend.write('pending', 'b.json', '{"title": "x"}');
      expect(await stage.queue.claim(owner)).toEqual({ kind: 'dry' });
      const { tasks, unreadable } = await stage.queue.list();
      expect(tasks).toEqual([]);
      expect(unreadable.map(({ path }) => path)).toEqual([
        'tasks/complete/a.yaml',
        'tasks/pending/a.yaml',
        'tasks/pending/b.json',
        'tasks/pending/b.yaml',
      ]);
    });
  });
}
