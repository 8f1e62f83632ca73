import type { Claim, TaskRecord } from '../../src/core/task.ts';
import { noFence, openFileQueue } from '../../src/queue/file/file-queue.ts';
import type { Owner, Settlement } from '../../src/queue/queue.ts';

/** A client of the file queue in `argv[2]` in a process of its own, with leases of `argv[3]` ms: does what its messages say. */
const [workspace = '', leaseMs = ''] = process.argv.slice(2);
const queue = await openFileQueue({ workspace, fence: noFence, leaseMs: Number(leaseMs) });

/** A question, and the number that its answer will have. */
interface Question {
  readonly number: number;
  readonly verb: 'claim' | 'renew' | 'settle' | 'note' | 'holds';
  readonly args: readonly unknown[];
}

const verbs: Readonly<Record<Question['verb'], (...args: never[]) => Promise<unknown>>> = {
  claim: (owner: Owner) => queue.claim(owner),
  renew: (claim: Claim) => queue.renew(claim),
  settle: (claim: Claim, settlement: Settlement) => queue.settle(claim, settlement),
  note: (claim: Claim, record: TaskRecord) => queue.note(claim, record),
  holds: (claim: Claim) => queue.holds(claim),
};

process.on('message', ({ number, verb, args }: Question) => {
  void verbs[verb](...(args as never[])).then((answer) => process.send?.({ number, answer }));
});
process.send?.('ready');
