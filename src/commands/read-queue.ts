import { noFence, openFileQueue } from '../queue/file/file-queue.ts';
import type { QueueCounts, QueueListing } from '../queue/queue.ts';

/** The queue as it is now, for commands that only look. */
export async function readQueue(workspace: string): Promise<{ listing: QueueListing; counts: QueueCounts }> {
  const queue = await openFileQueue({ workspace, fence: noFence });
  try {
    return { listing: await queue.list(), counts: await queue.counts() };
  } finally {
    queue.close();
  }
}
