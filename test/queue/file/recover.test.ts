import { existsSync, readdirSync } from 'node:fs';
import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { noFence, openFileQueue } from '../../../src/queue/file/file-queue.ts';
import { placesOf, taskLock } from '../../../src/queue/file/places.ts';
import type { Fence, Queue, Recovered, RecoverOptions } from '../../../src/queue/queue.ts';
import { tryLock } from '../../../src/system/lock.ts';
import { killWhileClaiming } from '../claimers.ts';
import type { FileBackend } from './backend.ts';
import { openFileBackend } from './backend.ts';

const owner = { run: 'run-1', worker: 'builders-1' };
let backend: FileBackend;
let queue: Queue;

beforeEach(async () => {
  backend = await openFileBackend();
  queue = await backend.open();
});
afterEach(async () => {
  queue.close();
  await backend.close();
});

const recover = (options: RecoverOptions = {}) => queue.recover(options);

/** What recovery says, with a fence that others have raised. */
async function recoverWith(fence: Partial<Fence>): Promise<Recovered[]> {
  const { workspace } = backend;
  const fenced = await openFileQueue({ workspace, fence: { ...noFence, ...fence } });
  try {
    return await fenced.recover({});
  } finally {
    fenced.close();
  }
}

/** A task that a process claimed which is gone. */
async function strand(id: string, text = 'title: x\n'): Promise<void> {
  await backend.write('pending', `${id}.yaml`, text);
  await backend.claimElsewhere(1);
}

describe('recovery (P1)', () => {
  it('releases what a dead process held, byte for byte, after its fence is taken away', async () => {
    await strand('a', '# c\ntitle:  x');
    const revoked: string[] = [];
    const revoke: Fence['revoke'] = async (id) => {
      revoked.push(`${id} ${(await backend.read('current', 'a.yaml')) === undefined ? 'moved' : 'there'}`);
      return { kind: 'revoked' };
    };
    expect(await recoverWith({ revoke })).toEqual([{ id: 'a', kind: 'released' }]);
    expect(await backend.read('pending', 'a.yaml')).toBe('# c\ntitle:  x');
    expect(revoked).toEqual(['a there']);
    expect(await queue.claim(owner)).toMatchObject({ kind: 'claimed', claim: { generation: { n: 2 } } });
  });

  it('leaves a task alone that is just landing, and one whose fence can not be taken away', async () => {
    await strand('a');
    expect(await recoverWith({ revoke: async () => ({ kind: 'landing' }) })).toEqual([
      { id: 'a', kind: 'live', owner: { run: 'race', worker: expect.stringMatching(/^w-/) as string } },
    ]);
    expect(await recoverWith({ revoke: async () => ({ kind: 'failed', why: 'git is gone' }) })).toEqual([
      { id: 'a', kind: 'failed', why: 'git is gone' },
    ]);
    expect(await queue.counts()).toMatchObject({ current: 1, pending: 0 });
  });

  it('finds every task exactly once, wherever its claimer was killed', async () => {
    const ids = Array.from({ length: 300 }, (_, i) => `t${String(i).padStart(3, '0')}`);
    for (const id of ids) await backend.write('pending', `${id}.yaml`, 'title: x\n');
    const current = join(backend.workspace, 'tasks/current');
    for (const some of [1, 17, 40]) {
      await killWhileClaiming(backend.workspace, () => existsSync(current) && readdirSync(current).length >= some);
      const released = (await recover()).filter(({ kind }) => kind === 'released');
      expect(released.length).toBeGreaterThanOrEqual(some);
      const { tasks, unreadable } = await queue.list();
      expect(tasks.map(({ task, state }) => `${state} ${task.id}`)).toEqual(ids.map((id) => `pending ${id}`));
      expect(unreadable).toEqual([]);
    }
  });

  it('leaves alone what a live process holds', async () => {
    await backend.write('pending', 'a.yaml', 'title: x\n');
    const result = await queue.claim(owner);
    expect(await recover()).toEqual([{ id: 'a', kind: 'live', owner }]);
    expect(result.kind === 'claimed' && (await queue.holds(result.claim))).toBe(true);
  });

  it('releases a file without a note: its claimer died before writing one, or a hand put it there', async () => {
    await backend.write('current', 'a.yaml', 'title: x\n');
    expect(await recover()).toEqual([{ id: 'a', kind: 'released' }]);
  });

  it('leaves a file alone while it is just changing hands', async () => {
    await backend.write('current', 'a.yaml', 'title: x\n');
    const unlock = tryLock(taskLock(placesOf(backend.workspace), 'a'));
    expect(await recover()).toEqual([{ id: 'a', kind: 'live' }]);
    expect(await recover({ dryRun: true })).toEqual([{ id: 'a', kind: 'live' }]);
    unlock?.();
    expect(await recover()).toEqual([{ id: 'a', kind: 'released' }]);
  });

  it('does not take the note of an earlier claim for one of this', async () => {
    await backend.write('pending', 'a.yaml', 'title: x\n');
    const result = await queue.claim(owner);
    if (result.kind === 'claimed') await queue.settle(result.claim, { kind: 'release', record: {} });
    const tasks = join(backend.workspace, 'tasks');
    await rename(join(tasks, 'pending/a.yaml'), join(tasks, 'current/a.yaml'));
    expect(await recover()).toEqual([{ id: 'a', kind: 'released' }]);
  });

  it('completes what main already has (P2)', async () => {
    await strand('a');
    const asked: unknown[] = [];
    const landedCommit = async (id: string, generation: unknown) => {
      asked.push([id, generation]);
      return 'abc123';
    };
    expect(await recover({ landedCommit })).toEqual([{ id: 'a', kind: 'completed', commit: 'abc123' }]);
    expect(asked).toEqual([['a', { n: 1, token: expect.any(String) as string }]]);
    expect(await backend.read('complete', 'a.yaml')).toBe('title: x\noompa:\n  outcome: landed\n  commit: abc123\n');
  });

  it('keeps held work in current, for a later run to adopt, and again when that one dies too', async () => {
    await strand('a');
    await backend.write('current', 'a.yaml', 'title: x\noompa: {outcome: held, run: race}\n');
    expect(await recover()).toEqual([{ id: 'a', kind: 'held' }]);
    expect(await queue.adopt('a', owner)).toMatchObject({
      kind: 'claimed',
      claim: { task: { record: { run: 'race' } } },
    });
    expect(await recover()).toEqual([{ id: 'a', kind: 'live', owner }]);
    backend.pass(backend.leaseMs);
    expect(await recover()).toEqual([{ id: 'a', kind: 'held' }]);
  });

  it('releases a task whose block says that an earlier claim was held', async () => {
    await strand('a', 'title: x\noompa: {outcome: held, run: long-ago}\n');
    expect(await recover()).toEqual([{ id: 'a', kind: 'released' }]);
  });

  it('releases what it cannot read', async () => {
    await strand('a');
    await backend.write('current', 'a.yaml', 'title: "x\n');
    expect(await recover()).toEqual([{ id: 'a', kind: 'released' }]);
    expect((await queue.list()).unreadable).toHaveLength(1);
  });

  it('gives each task to one of several recoveries that run at once', async () => {
    for (let i = 0; i < 20; i++) await backend.write('current', `t${String(i)}.yaml`, 'title: x\n');
    const all = await Promise.all([recover(), recover(), recover()]);
    expect(all.flat().filter(({ kind }) => kind === 'released')).toHaveLength(20);
    expect(await queue.counts()).toMatchObject({ pending: 20, current: 0 });
  });

  it('cannot see the processes of another machine: there the lease alone counts', async () => {
    await strand('a');
    const note = join(backend.workspace, '.oompa/claims/a.json');
    const foreign = {
      id: 'a',
      state: 'claimed',
      run: 'r',
      worker: 'w',
      pid: 1,
      start: '1',
      host: 'elsewhere',
      at: 't',
    };
    await writeFile(note, JSON.stringify({ ...foreign, lease_ms: 1000, generation: { n: 1, token: 't' } }));
    expect(await recover()).toEqual([{ id: 'a', kind: 'live', owner: { run: 'r', worker: 'w' } }]);
    backend.pass(1000);
    expect(await recover()).toEqual([{ id: 'a', kind: 'released' }]);
  });
});
