import { noFence, openFileQueue } from '../../src/queue/file/file-queue.ts';

/**
 * A process of its own that claims from the file queue in `argv[2]`: it says `ready`, waits for `go`, claims until nothing is
 * left or it has `argv[3]` tasks, says which ones, and ends without settling them.
 */
const [workspace = '', most = 'Infinity'] = process.argv.slice(2);
const queue = await openFileQueue({ workspace, fence: noFence });
process.once('message', () => {
  void claimAll().then((ids) => {
    process.send?.(ids, () => process.disconnect());
  });
});
process.send?.('ready');

async function claimAll(): Promise<string[]> {
  const ids: string[] = [];
  while (ids.length < Number(most)) {
    const result = await queue.claim({ run: 'race', worker: `w-${String(process.pid)}` });
    if (result.kind !== 'claimed') break;
    ids.push(result.claim.task.id);
  }
  queue.close();
  return ids;
}
