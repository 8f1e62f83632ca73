import { afterEach, beforeEach } from 'vitest';
import type { Claim, TaskState } from '../../../src/core/task.ts';
import type { ClaimResult, Owner, Queue } from '../../../src/queue/queue.ts';

/** What the conformance tests need of a backend besides the port: a person's hands, a clock, and other processes. */
export interface Backend {
  /** A client of the queue; several may be open at once. All measure leases by the backend's clock. */
  open(): Promise<Queue>;
  /** How long a claim of theirs is live without being renewed, in milliseconds. */
  readonly leaseMs: number;
  /** Lets that much time pass on the backend's clock, in milliseconds; a negative number turns it back. */
  pass(ms: number): void;
  /** Puts a task file there by hand, or replaces it. */
  write(state: TaskState, name: string, text: string): Promise<void>;
  /** Takes a task file away by hand. */
  remove(state: TaskState, name: string): Promise<void>;
  /** The text of a task file, or undefined when there is none. */
  read(state: TaskState, name: string): Promise<string | undefined>;
  /**
   * Lets that many processes claim at once, each with `clients` clients (one) and at most `most` tasks for each of them; gives
   * their ids. The processes are gone by then.
   */
  claimElsewhere(processes: number, how?: { readonly clients?: number; readonly most?: number }): Promise<string[][]>;
  /** A client in a process of its own, whose clock is the system's. */
  openElsewhere(): Promise<RemoteQueue>;
  close(): Promise<void>;
}

/** A client in another process. */
export interface RemoteQueue extends Pick<Queue, 'claim' | 'renew' | 'settle' | 'note' | 'holds'> {
  /** Ends the process without warning; resolves when it is gone. */
  kill(): Promise<void>;
  /** Stops it as Ctrl-Z does; resolves when it stands still. Questions asked meanwhile are answered after `wake`. */
  pause(): Promise<void>;
  wake(): void;
}

/** Opens a backend without any task. */
export type OpenBackend = () => Promise<Backend>;

/** A backend and a client of it, new for each test. */
export interface Stage {
  readonly backend: Backend;
  readonly queue: Queue;
  /** One more client; closed after the test. */
  another(): Promise<Queue>;
  /** The same in another process. */
  elsewhere(): Promise<RemoteQueue>;
  /** Puts a task into `pending/` by hand. */
  pend(id: string, text?: string): Promise<void>;
  /** Claims the next task or fails the test. */
  claimed(by?: Pick<Queue, 'claim'>, owner?: Owner): Promise<Claim>;
  /** The states in which a task of that id lies. */
  stateOf(id: string): Promise<TaskState[]>;
}

export const owner = { run: 'run-1', worker: 'builders-1' };
export const other = { run: 'run-2', worker: 'builders-2' };
export const forever = new AbortController().signal;

/** Sets the stage before each test of the surrounding `describe`. */
export function setStage(openBackend: OpenBackend): Stage {
  let backend: Backend | undefined;
  let queue: Queue | undefined;
  const opened: Queue[] = [];
  const remotes: RemoteQueue[] = [];

  beforeEach(async () => {
    backend = await openBackend();
    queue = await stage.another();
  });
  afterEach(async () => {
    for (const each of opened.splice(0)) each.close();
    await Promise.all(remotes.splice(0).map((each) => each.kill()));
    await backend?.close();
  });

  const stage: Stage = {
    get backend() {
      return there(backend);
    },
    get queue() {
      return there(queue);
    },
    async another() {
      const client = await stage.backend.open();
      opened.push(client);
      return client;
    },
    async elsewhere() {
      const client = await stage.backend.openElsewhere();
      remotes.push(client);
      return client;
    },
    pend: (id, text = `title: Do ${id}\n`) => stage.backend.write('pending', `${id}.yaml`, text),
    claimed: async (by = stage.queue, as = owner) => claimIn(await by.claim(as)),
    async stateOf(id) {
      const { tasks } = await stage.queue.list();
      return tasks.filter(({ task }) => task.id === id).map(({ state }) => state);
    },
  };
  return stage;
}

/** The claim of a result that must hold one. */
export function claimIn(result: ClaimResult): Claim {
  if (result.kind !== 'claimed') throw new Error(`nothing to claim: ${JSON.stringify(result)}`);
  return result.claim;
}

function there<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('the stage is set before each test');
  return value;
}
