import { mkdirSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { noFence, openFileQueue } from '../../src/queue/file/file-queue.ts';
import type { Queue } from '../../src/queue/queue.ts';
import { median } from './statistics.ts';

/** What the file queue does with a long list of pending tasks, in this process, without git. */
export interface QueueSpeed {
  readonly pending: number;
  /** Claims a second, eight at a time, once the list is known. */
  readonly claimsPerSecond: number;
  /** Milliseconds of the first claim, which reads the list. */
  readonly firstClaimMs: number;
}

/** Measures claims with `pending` tasks waiting. */
export async function measureClaims(disk: string, pending: number): Promise<QueueSpeed> {
  return withQueue(disk, pending, async (queue) => {
    const firstClaimMs = await timed(() => claim(queue, 'first'));
    const claims = 500;
    const all = await timed(async () => {
      const workers = Array.from({ length: 8 }, (_, index) => `w-${String(index)}`);
      await Promise.all(
        workers.map(async (worker) => {
          for (let n = 0; n < claims / workers.length; n += 1) await claim(queue, worker);
        }),
      );
    });
    return { pending, firstClaimMs, claimsPerSecond: (1000 * claims) / all };
  });
}

/** Median milliseconds of one task's claim and completion, one after the other. */
export async function measureTransitions(disk: string): Promise<number> {
  return withQueue(disk, 300, async (queue) => {
    const times: number[] = [];
    for (let n = 0; n < 250; n += 1) {
      const ms = await timed(async () => {
        const result = await queue.claim({ run: 'bench', worker: 'w-1' });
        if (result.kind !== 'claimed') throw new Error(result.kind);
        const record = { outcome: 'landed', by: 'w-1', run: 'bench', commit: 'c'.repeat(40), at: '2026-01-01' };
        await queue.settle(result.claim, { kind: 'complete', record });
      });
      times.push(ms);
    }
    return median(times);
  });
}

async function withQueue<T>(disk: string, pending: number, work: (queue: Queue) => Promise<T>): Promise<T> {
  const workspace = join(disk, `queue-${String(pending)}`);
  const folder = join(workspace, 'tasks', 'pending');
  mkdirSync(folder, { recursive: true });
  for (let n = 0; n < pending; n += 1) {
    writeFileSync(join(folder, `task-${String(n).padStart(6, '0')}.yaml`), `title: Task ${String(n)}\n`);
  }
  const queue = await openFileQueue({ workspace, fence: noFence });
  try {
    return await work(queue);
  } finally {
    queue.close();
    await rm(workspace, { recursive: true });
  }
}

async function claim(queue: Queue, worker: string): Promise<void> {
  const result = await queue.claim({ run: 'bench', worker });
  if (result.kind !== 'claimed') throw new Error(result.kind);
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const begun = performance.now();
  await work();
  return performance.now() - begun;
}
