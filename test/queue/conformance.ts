import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Claim, TaskState } from '../../src/core/task.ts';
import type { ClaimResult, Queue } from '../../src/queue/queue.ts';

/** What the conformance tests need of a backend besides the port: a person's hands, and other processes. */
export interface Backend {
  /** A client of the queue; several may be open at once. */
  open(): Promise<Queue>;
  /** Puts a task file there by hand, or replaces it. */
  write(state: TaskState, name: string, text: string): Promise<void>;
  /** Takes a task file away by hand. */
  remove(state: TaskState, name: string): Promise<void>;
  /** The text of a task file, or undefined when there is none. */
  read(state: TaskState, name: string): Promise<string | undefined>;
  /** Lets that many processes claim at once, at most `most` tasks each; gives their ids. The processes are gone by then. */
  claimElsewhere(processes: number, most?: number): Promise<string[][]>;
  close(): Promise<void>;
}

const owner = { run: 'run-1', worker: 'builders-1' };
const other = { run: 'run-2', worker: 'builders-2' };
const forever = new AbortController().signal;

/** What any queue must do, whatever it is made of. */
export function describeQueue(name: string, openBackend: () => Promise<Backend>): void {
  describe(`${name}: the queue`, () => {
    let backend: Backend;
    let queue: Queue;
    const opened: Queue[] = [];

    beforeEach(async () => {
      backend = await openBackend();
      queue = await another();
    });
    afterEach(async () => {
      for (const each of opened.splice(0)) each.close();
      await backend.close();
    });

    async function another(): Promise<Queue> {
      const client = await backend.open();
      opened.push(client);
      return client;
    }

    const pend = (id: string, text = `title: Do ${id}\n`) => backend.write('pending', `${id}.yaml`, text);

    async function claimed(by: Queue = queue): Promise<Claim> {
      const result = await by.claim(owner);
      if (result.kind !== 'claimed') throw new Error(`nothing to claim: ${JSON.stringify(result)}`);
      return result.claim;
    }

    async function stateOf(id: string): Promise<TaskState[]> {
      const { tasks } = await queue.list();
      return tasks.filter(({ task }) => task.id === id).map(({ state }) => state);
    }

    describe('claiming', () => {
      it('is dry when nothing is pending', async () => {
        expect(await queue.claim(owner)).toEqual({ kind: 'dry' });
      });

      it('hands out lower priorities first, then by id', async () => {
        await pend('b');
        await pend('late', 'title: x\npriority: 2\n');
        await pend('first', '{title: x, priority: -1}');
        await pend('a');
        const ids = [await claimed(), await claimed(), await claimed(), await claimed()].map(({ task }) => task.id);
        expect(ids).toEqual(['first', 'a', 'b', 'late']);
        expect(await queue.claim(owner)).toEqual({ kind: 'dry' });
      });

      it('gives the task as it was written', async () => {
        await pend('a', 'title: T\ndescription: D\nacceptance: [x, y]\nfiles: [src/**]\npriority: 3\n');
        expect((await claimed()).task).toEqual({
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

      it('gives each task to exactly one of eight processes that race for 200 (P1)', async () => {
        const ids = Array.from({ length: 200 }, (_, index) => `task-${String(index).padStart(3, '0')}`);
        for (const id of ids) await pend(id);
        const won = await backend.claimElsewhere(8);
        expect(won.flat().sort()).toEqual(ids);
        expect(await queue.counts()).toMatchObject({ pending: 0, current: 200 });
      });

      it('shows who works on a task, and since when', async () => {
        await pend('a');
        await claimed();
        const [task] = (await queue.list()).tasks;
        expect(task).toMatchObject({ state: 'current', owner, since: expect.stringMatching(/^\d{4}-/) as string });
      });

      it('waits for dependencies until they are complete', async () => {
        await pend('a', 'title: x\ndepends_on: [b]\n');
        await pend('b');
        const b = await claimed();
        expect(b.task.id).toBe('b');
        expect(await queue.claim(owner)).toEqual({ kind: 'waiting', pending: 1 });
        await queue.settle(b, { kind: 'complete', record: {} });
        expect((await claimed()).task.id).toBe('a');
      });

      it('waits for tasks that may touch the same files, in whichever client they run', async () => {
        await pend('a', 'title: x\nfiles: [src/**]\n');
        await pend('b', 'title: x\nfiles: [src/app.ts]\n');
        await pend('c', 'title: x\nfiles: [docs]\n');
        const a = await claimed(await another());
        expect((await claimed()).task.id).toBe('c');
        expect(await queue.claim(owner)).toEqual({ kind: 'waiting', pending: 1 });
        await queue.settle(a, { kind: 'release', record: {} });
        expect((await claimed()).task.id).toBe('a');
      });

      it('sees edits in place of tasks that it knows', async () => {
        await pend('a', 'title: x\ndepends_on: [nothing]\n');
        expect(await queue.claim(owner)).toEqual({ kind: 'waiting', pending: 1 });
        await pend('a', 'title: Changed\n');
        expect((await claimed()).task.title).toBe('Changed');
      });
    });

    describe('moving on', () => {
      const ends = [
        ['complete', 'complete'],
        ['release', 'pending'],
        ['fail', 'failed'],
        ['block', 'blocked'],
      ] as const;

      it.each(ends)('%s moves a current task to %s, with its record', async (kind, state) => {
        await pend('a');
        const claim = await claimed();
        expect(await queue.settle(claim, { kind, record: { outcome: 'x', attempts: 1 } })).toEqual({ kind: 'settled' });
        expect(await backend.read(state, 'a.yaml')).toBe('title: Do a\noompa:\n  outcome: x\n  attempts: 1\n');
        expect(await stateOf('a')).toEqual([state]);
        expect(await queue.holds(claim)).toBe(false);
      });

      it.each(['failed', 'blocked'] as const)(
        'requeue moves a %s task to pending, with new attempts',
        async (state) => {
          await backend.write(state, 'a.yaml', 'title: x\noompa:\n  outcome: x\n  attempts: 3\n  feedback: hm\n');
          expect(await queue.requeue('a', { answer: 'yes' })).toEqual({ kind: 'requeued' });
          expect(await backend.read('pending', 'a.yaml')).toBe('title: x\noompa:\n  feedback: hm\n  answer: yes\n');
          expect(await backend.read(state, 'a.yaml')).toBeUndefined();
        },
      );

      it.each(['pending', 'current', 'complete'] as const)('requeue leaves a %s task where it is', async (state) => {
        await backend.write(state, 'a.yaml', 'title: x\n');
        expect(await queue.requeue('a', {})).toEqual({ kind: 'wrong-state', state });
        expect(await backend.read(state, 'a.yaml')).toBe('title: x\n');
      });

      it('says when there is nothing to requeue', async () => {
        expect(await queue.requeue('a', {})).toEqual({ kind: 'not-found' });
        expect(await queue.requeue('../a', {})).toEqual({ kind: 'not-found' });
      });

      it('keeps a noted task claimed', async () => {
        await pend('a');
        const claim = await claimed();
        expect(await queue.note(claim, { outcome: 'held' })).toEqual({ kind: 'settled' });
        expect(await queue.holds(claim)).toBe(true);
        expect(await backend.read('current', 'a.yaml')).toBe('title: Do a\noompa:\n  outcome: held\n');
      });

      it('keeps hand edits that were made while the task was claimed', async () => {
        await pend('a');
        const claim = await claimed();
        await backend.write('current', 'a.yaml', '# mine\ntitle:   Better\n');
        await queue.settle(claim, { kind: 'release', record: { attempts: 1 } });
        expect(await backend.read('pending', 'a.yaml')).toBe('# mine\ntitle:   Better\noompa:\n  attempts: 1\n');
        expect((await claimed()).task).toMatchObject({ title: 'Better', record: { attempts: 1 } });
      });

      it('moves a task that a hand broke meanwhile, as it is', async () => {
        await pend('a');
        const claim = await claimed();
        await backend.write('current', 'a.yaml', 'title: "x\n');
        expect(await queue.settle(claim, { kind: 'fail', record: { attempts: 1 } })).toEqual({ kind: 'settled' });
        expect(await backend.read('failed', 'a.yaml')).toBe('title: "x\n');
      });

      it('never replaces a file that a hand put into the way', async () => {
        await pend('a');
        const claim = await claimed();
        await backend.write('complete', 'a.yaml', 'title: Mine\n');
        expect(await queue.settle(claim, { kind: 'complete', record: {} })).toEqual({ kind: 'settled' });
        expect(await backend.read('complete', 'a.yaml')).toBe('title: Mine\n');
        expect(await queue.counts()).toMatchObject({ current: 0, complete: 2 });
      });
    });

    describe('stale claims', () => {
      const settleAll = async (claim: Claim) => [
        await queue.settle(claim, { kind: 'complete', record: { outcome: 'x' } }),
        await queue.settle(claim, { kind: 'release', record: { outcome: 'x' } }),
        await queue.note(claim, { outcome: 'x' }),
      ];
      const stale = { kind: 'stale-claim' };

      it('change nothing once the task was settled', async () => {
        await pend('a');
        const claim = await claimed();
        await queue.settle(claim, { kind: 'release', record: {} });
        expect(await settleAll(claim)).toEqual([stale, stale, stale]);
        expect(await backend.read('pending', 'a.yaml')).toBe('title: Do a\n');
      });

      it('change nothing when somebody else holds the task by now', async () => {
        await pend('a');
        const old = await claimed();
        await queue.settle(old, { kind: 'release', record: {} });
        const now = await claimed(await another());
        expect(await settleAll(old)).toEqual([stale, stale, stale]);
        expect(await queue.holds(old)).toBe(false);
        expect(await queue.holds(now)).toBe(true);
        expect(await backend.read('current', 'a.yaml')).toBe('title: Do a\n');
      });

      it('are those of a task that a hand took away', async () => {
        await pend('a');
        const claim = await claimed();
        await backend.remove('current', 'a.yaml');
        expect(await queue.holds(claim)).toBe(false);
        expect(await settleAll(claim)).toEqual([stale, stale, stale]);
        expect(await queue.counts()).toMatchObject({ pending: 0, current: 0, complete: 0 });
      });

      it('never share a generation with another claim of the task, whatever happened to it in between', async () => {
        const seen: number[] = [];
        const take = async () => {
          const claim = await claimed(await another());
          seen.push(claim.generation.n);
          return claim;
        };
        await pend('a');
        await queue.settle(await take(), { kind: 'release', record: {} });
        await queue.settle(await take(), { kind: 'fail', record: {} });
        await queue.requeue('a', {});
        await queue.settle(await take(), { kind: 'complete', record: {} });
        await backend.remove('complete', 'a.yaml');
        await pend('a', 'title: Anew\n');
        await take();
        expect(seen).toEqual([1, 2, 3, 4]);
      });
    });

    describe('adopting', () => {
      it('takes over a task whose process is gone', async () => {
        await pend('a');
        expect(await backend.claimElsewhere(1)).toEqual([['a']]);
        const result = await queue.adopt('a', owner);
        expect(result).toMatchObject({ kind: 'claimed', claim: { task: { id: 'a' }, generation: { n: 2 } } });
        expect(await queue.holds((result as Extract<ClaimResult, { kind: 'claimed' }>).claim)).toBe(true);
      });

      it('leaves a task alone whose process lives, and one that is not current', async () => {
        await pend('a');
        await pend('b');
        const claim = await claimed();
        const client = await another();
        expect(await client.adopt('a', other)).toEqual({ kind: 'dry' });
        expect(await client.adopt('b', other)).toEqual({ kind: 'dry' });
        expect(await queue.holds(claim)).toBe(true);
      });
    });

    describe('files that cannot be read', () => {
      it('are named with line and column, stay as they are, and stop nobody', async () => {
        await pend('tabs', 'title: x\nfiles:\n\t- a.ts\n');
        await pend('typo', 'title: x\n\nprioritty: 1\n');
        await pend('fine');
        expect((await claimed()).task.id).toBe('fine');
        expect(await queue.claim(owner)).toEqual({ kind: 'dry' });
        expect((await queue.list()).unreadable).toEqual([
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
        expect(await backend.read('pending', 'tabs.yaml')).toBe('title: x\nfiles:\n\t- a.ts\n');
        expect(await queue.counts()).toMatchObject({ pending: 2, current: 1 });
      });

      it('can be claimed as soon as they are mended', async () => {
        await pend('a', 'title: "x\n');
        expect(await queue.claim(owner)).toEqual({ kind: 'dry' });
        await pend('a', 'title: x\n');
        expect((await claimed()).task.id).toBe('a');
      });

      it('are also those whose id another file has: none of them is claimed', async () => {
        await backend.write('complete', 'a.yaml', 'title: x\n');
        await pend('a');
        await pend('b');
        await backend.write('pending', 'b.json', '{"title": "x"}');
        expect(await queue.claim(owner)).toEqual({ kind: 'dry' });
        const { tasks, unreadable } = await queue.list();
        expect(tasks).toEqual([]);
        expect(unreadable.map(({ path }) => path)).toEqual([
          'tasks/complete/a.yaml',
          'tasks/pending/a.yaml',
          'tasks/pending/b.json',
          'tasks/pending/b.yaml',
        ]);
      });
    });

    describe('adding', () => {
      const draft = (id: string, text = 'title: New\n', extension = '.yaml') => ({ id, text, extension, record: {} });

      it('puts a new task into pending, with its record', async () => {
        const record = { created_by: 'planner, run r' };
        const added = await queue.add({ ...draft('a', 'title: New   # said so\n'), record });
        expect(added).toMatchObject({ kind: 'added', task: { id: 'a', title: 'New', record } });
        expect(await backend.read('pending', 'a.yaml')).toBe(
          'title: New   # said so\noompa:\n  created_by: planner, run r\n',
        );
        expect((await claimed()).task).toMatchObject({ id: 'a', record });
      });

      it('takes the next free id when the wished one exists in any state', async () => {
        await backend.write('complete', 'a.json', '{"title": "x"}');
        await backend.write('failed', 'a-2.yaml', 'title: x\n');
        const added = [await queue.add(draft('a')), await queue.add(draft('a', '# x\n', '.md'))];
        expect(added.map((each) => each.kind === 'added' && each.task.id)).toEqual(['a-3', 'a-4']);
      });

      it('gives adders that race different ids', async () => {
        const clients = [queue, await another(), await another(), await another()];
        const added = await Promise.all(clients.map((client) => client.add(draft('a'))));
        const ids = added.map((each) => (each.kind === 'added' ? each.task.id : ''));
        expect(ids.sort()).toEqual(['a', 'a-2', 'a-3', 'a-4']);
      });

      it('refuses a text that cannot be read, and says where', async () => {
        expect(await queue.add(draft('a', 'title: x\ntitel: y\n'))).toEqual({
          kind: 'refused',
          message: 'unknown key `titel`; did you mean `title`?',
          line: 2,
          column: 1,
        });
        expect(await queue.counts()).toMatchObject({ pending: 0 });
      });

      it.each(['../a', 'a/b', '..', '', '.a', 'a..b', 'a b', 'a'.repeat(101)])('refuses the id %j', async (id) => {
        expect(await queue.add(draft(id))).toMatchObject({ kind: 'refused' });
      });

      it('does not believe a block that the text brings along', async () => {
        await queue.add({
          ...draft('a', 'title: x\noompa: {outcome: landed, attempts: 9}\n'),
          record: { created_by: 'p' },
        });
        expect((await claimed()).task.record).toEqual({ created_by: 'p' });
      });
    });

    describe('waiting for a change', () => {
      beforeEach(async () => {
        await queue.claim(owner);
      });

      it('ends when another client adds a task', async () => {
        const waiting = queue.changed(600_000, forever);
        await (await another()).add({ id: 'a', text: 'title: x', extension: '.yaml', record: {} });
        await waiting;
        expect((await claimed()).task.id).toBe('a');
      });

      it('ends when this client moves a task', async () => {
        await pend('a');
        const claim = await claimed();
        const waiting = queue.changed(600_000, forever);
        await queue.settle(claim, { kind: 'release', record: {} });
        await waiting;
      });

      it('ends when it is aborted', async () => {
        const controller = new AbortController();
        const waiting = queue.changed(600_000, controller.signal);
        controller.abort();
        await waiting;
        await queue.changed(600_000, controller.signal);
      });

      it('ends when the queue is closed', async () => {
        const waiting = queue.changed(600_000, forever);
        queue.close();
        await waiting;
      });

      it('tells the same news only once', async () => {
        await (await another()).add({ id: 'a', text: 'title: x', extension: '.yaml', record: {} });
        await queue.changed(600_000, forever);
        const controller = new AbortController();
        let ended = 0;
        const waits = (async () => {
          while (!controller.signal.aborted) {
            await queue.changed(600_000, controller.signal);
            ended += 1;
          }
        })();
        await claimed();
        await (await another()).counts();
        controller.abort();
        await waits;
        expect(ended).toBeLessThan(20);
      });

      it('ends when the time is up', async () => {
        await queue.changed(1, forever);
      });
    });
  });
}
