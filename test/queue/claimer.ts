import { noFence, openFileQueue } from '../../src/queue/file/file-queue.ts';

/**
 * A process of its own that claims from the file queue in `argv[2]`: it says `ready`, waits for `go`, claims with `argv[4]`
 * clients at once until nothing is left or each has `argv[3]` tasks, says which ones, and ends without settling them.
 */
const [workspace = '', most = 'Infinity', clients = '1'] = process.argv.slice(2);
const queues = await Promise.all(
  Array.from({ length: Number(clients) }, () => openFileQueue({ workspace, fence: noFence })),
);
process.once('message', () => {
  void Promise.all(queues.map(claimAll)).then((ids) => {
    process.send?.(ids.flat(), () => process.disconnect());
  });
});
process.send?.('ready');

async function claimAll(queue: (typeof queues)[number]): Promise<string[]> {
  const ids: string[] = [];
  while (ids.length < Number(most)) {
    const result = await queue.claim({ run: 'race', worker: `w-${String(process.pid)}` });
    if (result.kind !== 'claimed') break;
    ids.push(result.claim.task.id);
  }
  queue.close();
  return ids;
}
