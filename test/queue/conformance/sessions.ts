import { describe, expect, it } from 'vitest';
import { other, owner } from './stage.ts';
import type { Stage } from './stage.ts';

/** A task that goes on in the session of the worker that asked: who gets it, and how long the session stays with it. */
export function describeSessions(stage: Stage): void {
  describe('a session that is kept with its task', () => {
    const session = { harness: 'codex', model: 'gpt-6', id: '01a1f8c4-86e4', worker: owner.worker };
    const answered = `title: x\noompa:\n  question: Which?\n  answer: This\n  session:\n    harness: codex\n    id: abc\n    worker: ${owner.worker}\n`;

    it('is in the file of a blocked task, and comes back with the next claim', async () => {
      await stage.pend('a');
      const record = { question: 'Which?', session: { ...session, input: 200, output: 40, cost_usd: 0.25 } };
      await stage.queue.settle(await stage.claimed(), { kind: 'block', record });
      expect(await stage.backend.read('blocked', 'a.yaml')).toBe(
        'title: Do a\noompa:\n  question: Which?\n  session:\n    harness: codex\n    model: gpt-6\n' +
          `    id: 01a1f8c4-86e4\n    worker: ${owner.worker}\n    input: 200\n    output: 40\n    cost_usd: 0.25\n`,
      );
      await stage.queue.requeue('a', { answer: 'This' });
      expect((await stage.claimed()).task.record).toEqual({ ...record, answer: 'This' });
    });

    it('brings its task to its worker first, and to others last', async () => {
      await stage.pend('a', answered);
      await stage.pend('b');
      await stage.pend('c');
      const theirs = await stage.claimed(stage.queue, other);
      const own = await stage.claimed(stage.queue, owner);
      expect([theirs.task.id, own.task.id]).toEqual(['b', 'a']);
    });

    it('lets its worker pass others, but no task that is more urgent', async () => {
      await stage.pend('a');
      await stage.pend('b', `${answered}priority: 0\n`);
      await stage.pend('c', 'title: x\npriority: -1\n');
      const ids = [await stage.claimed(), await stage.claimed(), await stage.claimed()].map(({ task }) => task.id);
      expect(ids).toEqual(['c', 'b', 'a']);
    });

    it('keeps its task from nobody when nothing else of that priority is ready', async () => {
      await stage.pend('a', answered);
      await stage.pend('b', 'title: x\npriority: 1\n');
      expect((await stage.claimed(stage.queue, other)).task.id).toBe('a');
    });

    it('is seen when a hand writes it into a task that waits', async () => {
      await stage.pend('a');
      await stage.pend('b');
      expect((await stage.queue.list()).tasks).toHaveLength(2);
      await stage.pend('c', 'title: x\npriority: 5\n');
      const first = await stage.claimed(stage.queue, other);
      expect(first.task.id).toBe('a');
      await stage.pend('c', answered);
      expect((await stage.claimed(await stage.another(), owner)).task.id).toBe('c');
    });

    it.each(['complete', 'release', 'fail', 'block'] as const)(
      'is gone when the task is settled by %s',
      async (kind) => {
        await stage.pend('a', answered);
        await stage.queue.settle(await stage.claimed(), { kind, record: { outcome: 'x' } });
        const [{ task } = { task: undefined }] = (await stage.queue.list()).tasks;
        expect(task?.record).toEqual({ outcome: 'x', question: 'Which?', answer: 'This' });
      },
    );

    it('is replaced by that of the next question, which has no answer yet', async () => {
      await stage.pend('a', answered);
      const record = { question: 'And which of these?', session };
      await stage.queue.settle(await stage.claimed(), { kind: 'block', record });
      const [{ task } = { task: undefined }] = (await stage.queue.list()).tasks;
      expect(task?.record).toEqual(record);
    });

    it('is gone when the task is put back without an answer', async () => {
      await stage.backend.write('blocked', 'a.yaml', answered);
      await stage.queue.requeue('a', {});
      expect((await stage.claimed()).task.record).toEqual({ question: 'Which?', answer: 'This' });
    });

    it('stays when its claim is taken back from a worker that is gone', async () => {
      await stage.pend('a', answered);
      await stage.claimed();
      stage.backend.pass(2 * stage.backend.leaseMs);
      await stage.queue.recover({});
      expect((await stage.claimed()).task.record.session?.id).toBe('abc');
    });

    it('is not written when no CLI could be handed its id', async () => {
      await stage.pend('a');
      const record = { question: 'Which?', session: { ...session, id: '--yolo' } };
      await stage.queue.settle(await stage.claimed(), { kind: 'block', record });
      expect(await stage.backend.read('blocked', 'a.yaml')).toBe('title: Do a\noompa:\n  question: Which?\n');
    });

    it.each([
      'codex',
      '[codex]',
      '{harness: codex, worker: builders-1}',
      '{harness: codex, id: abc}',
      '{harness: [], id: abc, worker: builders-1}',
      '{harness: codex, id: --yolo, worker: builders-1}',
      '{harness: codex, id: "a b", worker: builders-1}',
    ])('makes the file unreadable when a hand wrote %s', async (text) => {
      await stage.pend('a', `title: x\noompa:\n  session: ${text}\n`);
      const { tasks, unreadable } = await stage.queue.list();
      expect(tasks).toEqual([]);
      expect(unreadable).toMatchObject([{ line: 3, message: expect.stringContaining('`oompa.session`') as string }]);
    });
  });
}
