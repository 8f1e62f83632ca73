import { execFileSync, fork } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { TaskState } from '../../../src/core/task.ts';
import { taskStates } from '../../../src/core/task.ts';
import type { FileBackend } from './backend.ts';
import type { Answer, Order } from './troubled-client.ts';

/** The other process. */
export interface Troubled {
  /** Gives an order; goes on when it is carried out or when the process stands still, whichever is first. */
  order(order: Order): Promise<{ readonly answer: Promise<Answer> }>;
  /** Lets it do something without any trouble; gives what the queue said. */
  perform(verb: Order['verb']): Promise<string>;
  wake(): void;
  end(): Promise<void>;
}

/** What a client can be told to do. */
export const verbs = ['claim', 'renew', 'note', 'complete', 'release'] as const;

/** Where the task lies when that was done. */
export const stateAfter = {
  claim: 'current',
  renew: 'current',
  note: 'current',
  complete: 'complete',
  release: 'pending',
} as const satisfies Record<Order['verb'], TaskState>;

/** Starts a client that will meet trouble. */
export async function startTroubled({ workspace, leaseMs }: FileBackend): Promise<Troubled> {
  const program = fileURLToPath(new URL('troubled-client.ts', import.meta.url));
  const child = fork(program, [workspace, String(leaseMs)], { execArgv: ['--import', 'tsx'] });
  const ended = once(child, 'exit');
  await once(child, 'message');

  const standsStill = () =>
    execFileSync('ps', ['-o', 'stat=', '-p', String(child.pid)], { encoding: 'utf8' }).startsWith('T');

  async function order(given: Order): Promise<{ readonly answer: Promise<Answer> }> {
    const answer = once(child, 'message').then(([message]) => message as Answer);
    const answered = new AbortController();
    void answer.then(() => {
      answered.abort();
    });
    child.send(given);
    if (given.trouble !== 'pause' || given.before === 0) return { answer };
    const end = Date.now() + 30_000;
    while (!answered.signal.aborted && !standsStill()) {
      if (Date.now() > end) throw new Error(`${given.verb} neither ended nor paused`);
      await pause(2);
    }
    return { answer };
  }

  return {
    order,
    async perform(verb) {
      const ordered = await order({ verb, trouble: 'pause', before: 0 });
      return (await ordered.answer).answer;
    },
    wake() {
      child.kill('SIGCONT');
    },
    async end() {
      child.kill('SIGKILL');
      await ended;
    },
  };
}

/** The states in which a file of that name lies. */
export async function statesOf(backend: FileBackend, name: string): Promise<TaskState[]> {
  const found: TaskState[] = [];
  for (const state of taskStates) if ((await backend.read(state, name)) !== undefined) found.push(state);
  return found;
}

/** Takes the file away wherever it lies. */
export async function clear(backend: FileBackend, name: string): Promise<void> {
  for (const state of await statesOf(backend, name)) await backend.remove(state, name);
}
