import { describe, expect, it } from 'vitest';
import type { Stage } from './stage.ts';

/** New tasks, from agents and from people. */
export function describeAdding(stage: Stage): void {
  describe('adding', () => {
    const draft = (id: string, text = 'title: New\n', extension = '.yaml') => ({ id, text, extension, record: {} });

    it('puts a new task into pending, with its record', async () => {
      const record = { created_by: 'planner, run r' };
      const added = await stage.queue.add({ ...draft('a', 'title: New   # said so\n'), record });
      expect(added).toMatchObject({ kind: 'added', task: { id: 'a', title: 'New', record } });
      expect(await stage.backend.read('pending', 'a.yaml')).toBe(
        'title: New   # said so\noompa:\n  created_by: planner, run r\n',
      );
      expect((await stage.claimed()).task).toMatchObject({ id: 'a', record });
    });

    it('takes the next free id when the wished one exists in any state', async () => {
      await stage.backend.write('complete', 'a.json', '{"title": "x"}');
      await stage.backend.write('failed', 'a-2.yaml', 'title: x\n');
      const added = [await stage.queue.add(draft('a')), await stage.queue.add(draft('a', '# x\n', '.md'))];
      expect(added.map((each) => each.kind === 'added' && each.task.id)).toEqual(['a-3', 'a-4']);
    });

    it('gives adders that race different ids', async () => {
      const clients = [stage.queue, await stage.another(), await stage.another(), await stage.another()];
      const added = await Promise.all(clients.map((client) => client.add(draft('a'))));
      const ids = added.map((each) => (each.kind === 'added' ? each.task.id : ''));
      expect(ids.sort()).toEqual(['a', 'a-2', 'a-3', 'a-4']);
    });

    it('refuses a text that cannot be read, and says where', async () => {
      expect(await stage.queue.add(draft('a', 'title: x\ntitel: y\n'))).toEqual({
        kind: 'refused',
        message: 'unknown key `titel`; did you mean `title`?',
        line: 2,
        column: 1,
      });
      expect(await stage.queue.counts()).toMatchObject({ pending: 0 });
    });

    it.each(['../a', 'a/b', '..', '', '.a', 'a..b', 'a b', 'a'.repeat(101)])('refuses the id %j', async (id) => {
      expect(await stage.queue.add(draft(id))).toMatchObject({ kind: 'refused' });
    });

    it('does not believe a block that the text brings along', async () => {
      await stage.queue.add({
        ...draft('a', 'title: x\noompa: {outcome: landed, attempts: 9}\n'),
        record: { created_by: 'p' },
      });
      expect((await stage.claimed()).task.record).toEqual({ created_by: 'p' });
    });
  });
}
