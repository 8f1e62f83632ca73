import { mkdir, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { claimHolder, landedElsewhere, lastRunOf, returnLanded } from '../../../src/queue/file/finish.ts';
import { placesOf, taskLock } from '../../../src/queue/file/places.ts';
import { tryLock } from '../../../src/system/lock.ts';
import { ownIdentity } from '../../../src/system/process-identity.ts';
import type { FileBackend } from './backend.ts';
import { openFileBackend } from './backend.ts';

let backend: FileBackend;
const landedCommit = () => Promise.resolve('c0ffee1');
const later = new Date(Date.now() + 3_600_000);

beforeEach(async () => {
  backend = await openFileBackend();
});
afterEach(() => backend.close());

describe('a file that a hand moved out of current/ while somebody worked on it', () => {
  it('is found once its claim has landed, and goes back for recovery to complete', async () => {
    await moved('failed');
    expect(await landedElsewhere(backend.workspace, landedCommit, later)).toEqual([
      { id: 'a', path: 'tasks/failed/a.yaml', commit: 'c0ffee1' },
    ]);
    expect(await returnLanded(backend.workspace, 'a', { landedCommit, now: later })).toBe(true);
    const queue = await backend.open();
    expect(await queue.recover({ landedCommit })).toEqual([{ kind: 'completed', id: 'a', commit: 'c0ffee1' }]);
    queue.close();
  });

  it('is left alone while its claim is live', async () => {
    await moved('pending', process.pid);
    expect(await landedElsewhere(backend.workspace, landedCommit, new Date())).toEqual([]);
    expect(claimHolder(backend.workspace, 'a', new Date())).toBe('live');
    expect(claimHolder(backend.workspace, 'a', later)).toBe('gone');
    expect(await returnLanded(backend.workspace, 'a', { landedCommit, now: new Date() })).toBe(false);
  });

  it('is left alone when nothing of it landed, or nobody can tell', async () => {
    await moved('pending');
    expect(await landedElsewhere(backend.workspace, () => Promise.resolve(undefined), later)).toEqual([]);
    expect(await landedElsewhere(backend.workspace, () => Promise.resolve({ unknown: 'x' }), later)).toEqual([]);
  });

  it('is left alone when it names its landing: a hand has put it back to be done again', async () => {
    await moved('pending');
    await write('pending', 'title: A\noompa:\n  commit: c0ffee1\n');
    expect(await landedElsewhere(backend.workspace, landedCommit, later)).toEqual([]);
  });

  it('is left alone while somebody is just claiming it', async () => {
    await moved('pending');
    const unlock = tryLock(taskLock(placesOf(backend.workspace), 'a'));
    expect(await returnLanded(backend.workspace, 'a', { landedCommit, now: later })).toBe(false);
    unlock?.();
  });

  it('tells which run had it last', async () => {
    await moved('pending');
    expect(lastRunOf(backend.workspace, 'a')).toBe('run-1');
    expect(lastRunOf(backend.workspace, 'b')).toBeUndefined();
  });
});

/** Claimed by a process, moved by hand. */
async function moved(state: string, pid = 0): Promise<void> {
  const generation = { n: 1, token: 'token' };
  const { start } = ownIdentity();
  const of = { run: 'run-1', worker: 'builders-1', pid, start, host: hostname(), lease_ms: 60_000, at: 'x' };
  const { claims } = placesOf(backend.workspace);
  await mkdir(claims, { recursive: true });
  await writeFile(`${claims}/a.json`, JSON.stringify({ id: 'a', state: 'claimed', ...of, generation }));
  await write(state, 'title: A\n');
}

async function write(state: string, text: string): Promise<void> {
  const folder = `${backend.workspace}/tasks/${state}`;
  await mkdir(folder, { recursive: true });
  await writeFile(`${folder}/a.yaml`, text);
}
