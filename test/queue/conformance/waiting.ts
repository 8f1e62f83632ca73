import { beforeEach, describe, expect, it } from 'vitest';
import { forever, owner } from './stage.ts';
import type { Stage } from './stage.ts';

/** How those who wait hear of news. */
export function describeWaiting(stage: Stage): void {
  describe('waiting for a change', () => {
    beforeEach(async () => {
      await stage.queue.claim(owner);
    });

    it('ends when another client adds a task', async () => {
      const waiting = stage.queue.changed(600_000, forever);
      await (await stage.another()).add({ id: 'a', text: 'title: x', extension: '.yaml', record: {} });
      await waiting;
      expect((await stage.claimed()).task.id).toBe('a');
    });

    it('ends when this client moves a task', async () => {
      await stage.pend('a');
      const claim = await stage.claimed();
      const waiting = stage.queue.changed(600_000, forever);
      await stage.queue.settle(claim, { kind: 'release', record: {} });
      await waiting;
    });

    it('ends when it is aborted', async () => {
      const controller = new AbortController();
      const waiting = stage.queue.changed(600_000, controller.signal);
      controller.abort();
      await waiting;
      await stage.queue.changed(600_000, controller.signal);
    });

    it('ends when the queue is closed', async () => {
      const waiting = stage.queue.changed(600_000, forever);
      stage.queue.close();
      await waiting;
    });

    it('tells the same news only once', async () => {
      await (await stage.another()).add({ id: 'a', text: 'title: x', extension: '.yaml', record: {} });
      await stage.queue.changed(600_000, forever);
      const controller = new AbortController();
      let ended = 0;
      const waits = (async () => {
        while (!controller.signal.aborted) {
          await stage.queue.changed(600_000, controller.signal);
          ended += 1;
        }
      })();
      await stage.claimed();
      await (await stage.another()).counts();
      controller.abort();
      await waits;
      expect(ended).toBeLessThan(20);
    });

    it('ends when the time is up', async () => {
      await stage.queue.changed(1, forever);
    });
  });
}
