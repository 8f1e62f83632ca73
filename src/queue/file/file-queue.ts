import type { Fence, Queue } from '../queue.ts';
import { addTask } from './add.ts';
import { adoptTask } from './adopt.ts';
import { openChanges } from './changes.ts';
import { createClaim } from './claim.ts';
import { openMarker } from './claim-marker.ts';
import { openFolder } from './folder.ts';
import { countTasks, listTasks } from './list.ts';
import { openPending } from './pending.ts';
import { makeFolders, placesOf } from './places.ts';
import { requeueTask } from './requeue.ts';
import type { SettleParts } from './settle.ts';
import { heldFile, noteOnClaim, settleClaim } from './settle.ts';
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
  /** Lets a test see how many files were parsed. */
  readonly reader?: TaskReader;
  readonly now?: () => Date;
}

/** For callers that never claim: there is nothing to fence. */
export const noFence: Fence = { raise: () => Promise.resolve(), lower: () => Promise.resolve() };

/** Opens the queue in `tasks/`. Nothing is written before the first claim or new task. `close` ends what it watches. */
export function openFileQueue(options: FileQueueOptions): Promise<Queue> {
  const { workspace, fence, reader = createTaskReader(), now = () => new Date() } = options;
  const places = placesOf(workspace, options.claimsDir);
  const folders = {
    pending: openFolder(places.folder('pending')),
    current: openFolder(places.folder('current')),
    complete: openFolder(places.folder('complete')),
    failed: openFolder(places.folder('failed')),
    blocked: openFolder(places.folder('blocked')),
  };
  const pending = openPending(folders.pending, reader, (name) => places.file('pending', name));
  const marker = openMarker(places);
  const changes = openChanges(places);
  const claim = createClaim({ places, folders, pending, reader, marker, fence, working: new WeakMap(), now });
  const moved: SettleParts['moved'] = (from, to) => {
    folders[from.state].drop(from.name);
    folders[to.state].put(to);
    if (to.state !== 'pending') reader.forget(to.name);
    changes.ring();
  };
  let making: Promise<void> | undefined;
  const made = () => (making ??= makeFolders(places));

  return Promise.resolve<Queue>({
    list: () => listTasks({ places, folders, reader }),
    counts: () => countTasks({ folders }),
    async claim(owner) {
      await made();
      changes.looked();
      return claim(owner);
    },
    holds: ({ task, generation }) => Promise.resolve(heldFile(places, task.id, generation.token) !== undefined),
    settle: (held, settlement) => settleClaim({ places, fence, moved }, held, settlement),
    note: (held, record) => noteOnClaim(places, held, record),
    adopt: (id, owner) => adoptTask({ places, fence, reader, now }, id, owner),
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
    requeue: (id, record) => requeueTask({ places, moved }, id, record),
    changed: (ms, signal) => changes.wait(ms, signal),
    close: () => changes.close(),
  });
}
