import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { TaskState } from '../../../src/core/task.ts';
import { noFence, openFileQueue } from '../../../src/queue/file/file-queue.ts';
import { claimInProcesses } from '../claimers.ts';
import type { Backend } from '../conformance.ts';

/** A file queue in a temporary workspace. */
export interface FileBackend extends Backend {
  readonly workspace: string;
}

/** Makes the workspace; `close` removes it. */
export async function openFileBackend(): Promise<FileBackend> {
  const workspace = await mkdtemp(join(tmpdir(), 'oompa-queue-'));
  const path = (state: TaskState, name: string) => join(workspace, 'tasks', state, name);
  return {
    workspace,
    open: () => openFileQueue({ workspace, fence: noFence }),
    async write(state, name, text) {
      await mkdir(dirname(path(state, name)), { recursive: true });
      await writeFile(path(state, name), text);
    },
    remove: (state, name) => rm(path(state, name)),
    read: (state, name) => readFile(path(state, name), 'utf8').catch(() => undefined),
    claimElsewhere: (processes, most) => claimInProcesses(workspace, processes, most),
    close: () => rm(workspace, { recursive: true, force: true, maxRetries: 5 }),
  };
}
