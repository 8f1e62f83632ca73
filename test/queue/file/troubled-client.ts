import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import type { Claim } from '../../../src/core/task.ts';

/**
 * A client of the file queue in `argv[2]` in a process of its own, which meets trouble right before the n-th time that it changes
 * a file: it stops itself as Ctrl-Z does, or the disk is full by then. Each message is an order; each answer is what the queue said.
 */
export interface Order {
  readonly verb: 'claim' | 'renew' | 'note' | 'complete' | 'release';
  readonly trouble: 'pause' | 'full-disk';
  /** The change before which the trouble comes, from 1; 0 = never. */
  readonly before: number;
}

/** What came of an order. */
export interface Answer {
  readonly answer: string;
  readonly hadTrouble: boolean;
}

type Anything = (...args: readonly unknown[]) => unknown;

const changes = [
  'mkdirSync',
  'openSync',
  'writeFileSync',
  'renameSync',
  'symlinkSync',
  'unlinkSync',
  'utimesSync',
  'futimesSync',
  'fsync',
] as const;

let trouble: Order['trouble'] = 'pause';
let untilTrouble = 0;

for (const name of changes) {
  const perform = fs[name] as Anything;
  Object.assign(fs, {
    [name]: (...args: readonly unknown[]) =>
      isChange(name, args) && isDue() ? meet(name, perform, args) : perform(...args),
  });
}
syncBuiltinESMExports();

/** Reading a file opens it too. */
function isChange(name: string, [, flags]: readonly unknown[]): boolean {
  return name !== 'openSync' || flags === 'wx';
}

function isDue(): boolean {
  untilTrouble -= 1;
  return untilTrouble === 0;
}

function meet(name: string, perform: Anything, args: readonly unknown[]): unknown {
  if (trouble === 'pause') {
    process.kill(process.pid, 'SIGSTOP');
    return perform(...args);
  }
  const error = Object.assign(new Error(`ENOSPC: no space left on device, ${name}`), {
    code: 'ENOSPC',
    syscall: name,
    errno: -28,
  });
  const callback = args.at(-1);
  if (name === 'fsync' && typeof callback === 'function') {
    process.nextTick(callback, error);
    return undefined;
  }
  // As much as there is room for.
  if (name === 'writeFileSync') perform(args[0], String(args[1]).slice(0, 5));
  throw error;
}

// Only now: what it imports from node:fs is what stands there at its import.
const { noFence, openFileQueue } = await import('../../../src/queue/file/file-queue.ts');
const [workspace = '', leaseMs = ''] = process.argv.slice(2);
const queue = await openFileQueue({ workspace, fence: noFence, leaseMs: Number(leaseMs) });
let claim: Claim | undefined;

process.on('message', (order: Order) => {
  trouble = order.trouble;
  untilTrouble = order.before;
  void perform(order.verb).then((answer) => {
    const hadTrouble = order.before > 0 && untilTrouble <= 0;
    untilTrouble = 0;
    process.send?.({ answer, hadTrouble } satisfies Answer);
  });
});
process.send?.('ready');

async function perform(verb: Order['verb']): Promise<string> {
  if (verb === 'claim') {
    const result = await queue.claim({ run: 'troubled', worker: 'w' });
    claim = result.kind === 'claimed' ? result.claim : undefined;
    return result.kind;
  }
  if (claim === undefined) return 'no claim';
  switch (verb) {
    case 'renew':
      return (await queue.renew(claim)).kind;
    case 'note':
      return (await queue.note(claim, { attempts: 7 })).kind;
    case 'complete':
    case 'release':
      return (await queue.settle(claim, { kind: verb, record: { attempts: 7 } })).kind;
  }
}
