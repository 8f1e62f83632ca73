import type { Fence, Queue } from '../queue.ts';
import { addTask } from './add.ts';
import { adoptTask } from './adopt.ts';
import { openChanges } from './changes.ts';
import { createClaim } from './claim.ts';
import { defaultLeaseMs } from './claim-note.ts';
import { orDisk } from './disk.ts';
import { openFolder } from './folder.ts';
import { countTasks, listTasks } from './list.ts';
import { openPending } from './pending.ts';
import { makeFolders, placesOf } from './places.ts';
import { recoverTasks } from './recover.ts';
import { requeueTask } from './requeue.ts';
import type { SettleParts } from './settle.ts';
import { heldFile, noteOnClaim, renewClaim, settleClaim } from './settle.ts';
import { knownExtension } from './task-name.ts';
import type { TaskReader } from './task-reader.ts';
import { createTaskReader } from './task-reader.ts';

/** What a file queue is opened with. */
export interface FileQueueOptions {
  /** Absolute path of the folder that holds `tasks/`. */
  readonly workspace: string;
  readonly fence: Fence;
  /** Where the claim notes lie, relative to the workspace; `.oompa/claims` when left out. */
  readonly claimsDir?: string;
  /** How long a claim is live after each renewal, in milliseconds; a minute when left out. */
  readonly leaseMs?: number;
  /** Lets a test see how many files were parsed. */
  readonly reader?: TaskReader;
  /** The clock that leases are measured with; the system's when left out. */
  readonly now?: () => Date;
}

/** For callers that never claim: there is nothing to fence. */
export const noFence: Fence = {
  raise: () => Promise.resolve(),
  lower: () => Promise.resolve(),
  revoke: () => Promise.resolve({ kind: 'revoked' }),
};

/** Opens the queue in `tasks/`. Nothing is written before the first claim or new task. `close` ends what it watches. */
export function openFileQueue(options: FileQueueOptions): Promise<Queue> {
  const { workspace, fence, reader = createTaskReader(), leaseMs = defaultLeaseMs, now = () => new Date() } = options;
  const lease = { leaseMs, now };
  const places = placesOf(workspace, options.claimsDir);
  const folders = {
    pending: openFolder(places.folder('pending')),
    current: openFolder(places.folder('current')),
    complete: openFolder(places.folder('complete')),
    failed: openFolder(places.folder('failed')),
    blocked: openFolder(places.folder('blocked')),
  };
  const pending = openPending(folders.pending, reader, (name) => places.file('pending', name));
  const changes = openChanges(places);
  const claim = createClaim({ places, folders, pending, reader, fence, lease, working: new WeakMap() });
  const unnoted = new Map<string, string>();
  let hasMoved = false;
  const moved: SettleParts['moved'] = (from, to) => {
    folders[from.state].drop(from.name);
    folders[to.state].put(to);
    if (to.state !== 'pending') reader.forget(to.name);
    hasMoved = true;
  };
  /** Tells those who wait once the task's lock is free: a moment earlier they could not have it. */
  async function ringing<T>(transition: Promise<T>): Promise<T> {
    const result = await transition;
    if (hasMoved) changes.ring();
    hasMoved = false;
    return result;
  }
  let making: Promise<string | undefined> | undefined;
  /** Gives what is wrong; then it is tried again the next time. */
  async function makeOnce(): Promise<string | undefined> {
    making ??= orDisk<string | undefined>(
      async () => {
        await makeFolders(places);
        return undefined;
      },
      (why) => why,
    );
    const problem = await making;
    if (problem !== undefined) making = undefined;
    return problem;
  }

  return Promise.resolve<Queue>({
    list: () => listTasks({ places, folders, reader }),
    counts: () => countTasks({ folders }),
    async claim(owner) {
      const problem = await makeOnce();
      if (problem !== undefined) return { kind: 'unavailable', why: problem };
      changes.looked();
      return claim(owner);
    },
    holds: (held) => Promise.resolve(heldFile(places, held) !== undefined),
    renew: (held) => renewClaim(places, held, now),
    settle: (held, settlement) => ringing(settleClaim({ places, fence, moved, unnoted }, held, settlement)),
    note: (held, record) => noteOnClaim(places, held, record),
    adopt: (id, owner) => adoptTask({ places, fence, reader, lease }, id, owner),
    recover: (how) => ringing(recoverTasks({ places, fence, lease, moved }, how)),
    async add(draft) {
      const added = await addTask(places, draft);
      if (added.kind === 'added') {
        const { id } = added.task;
        const extension = knownExtension(draft.extension) ?? '.yaml';
        folders.pending.put({ id, extension, name: `${id}${extension}` });
        changes.ring();
      }
      return added;
    },
    requeue: (id, record) => ringing(requeueTask({ places, moved }, id, record)),
    changed: (ms, signal) => changes.wait(ms, signal),
    close: () => changes.close(),
  });
}
