import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { TaskState } from '../../../src/core/task.ts';
import { noFence, openFileQueue } from '../../../src/queue/file/file-queue.ts';
import { claimInProcesses } from '../claimers.ts';
import type { Backend } from '../conformance/stage.ts';
import { openRemote } from '../remote.ts';

/** A file queue in a temporary workspace. */
export interface FileBackend extends Backend {
  readonly workspace: string;
  /** The clock of its clients: the system's, and what has been let pass. */
  now(): Date;
}

/** So long that the time which a test really takes makes no difference. */
const leaseMs = 1_000_000;

/** Makes the workspace; `close` removes it. */
export async function openFileBackend(): Promise<FileBackend> {
  const workspace = await mkdtemp(join(tmpdir(), 'oompa-queue-'));
  const path = (state: TaskState, name: string) => join(workspace, 'tasks', state, name);
  let passed = 0;
  const now = () => new Date(Date.now() + passed);
  return {
    workspace,
    leaseMs,
    now,
    pass(ms) {
      passed += ms;
    },
    open: () => openFileQueue({ workspace, fence: noFence, leaseMs, now }),
    async write(state, name, text) {
      await mkdir(dirname(path(state, name)), { recursive: true });
      await writeFile(path(state, name), text);
    },
    remove: (state, name) => rm(path(state, name)),
    read: (state, name) => readFile(path(state, name), 'utf8').catch(() => undefined),
    claimElsewhere: (processes, how) => claimInProcesses(workspace, processes, how),
    openElsewhere: () => openRemote(workspace, leaseMs),
    close: () => rm(workspace, { recursive: true, force: true, maxRetries: 5 }),
  };
}
