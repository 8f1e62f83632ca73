import { mkdir, readFile, readdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Generation } from '../../../src/core/task.ts';
import { noFence, openFileQueue } from '../../../src/queue/file/file-queue.ts';
import { createTaskReader } from '../../../src/queue/file/task-reader.ts';
import type { Queue } from '../../../src/queue/queue.ts';
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

const pend = (name: string, text: string) => backend.write('pending', name, text);

describe('the file queue', () => {
  it('reads .yaml, .yml, .json and .md, and passes over everything else', async () => {
    await pend('a.yaml', 'title: A');
    await pend('b.yml', 'title: B');
    await pend('c.json', '{"title": "C"}');
    await pend('d.md', '---\ntitle: D\n---\nBody\n');
    await pend('e.md', '# E\n\nText\n');
    for (const name of ['.hidden.yaml', '.a.yaml.123.tmp', 'notes.txt', 'a.yaml~', '.yaml']) await pend(name, 'x');
    await mkdir(join(backend.workspace, 'tasks/pending/folder.yaml'));
    await symlink('a.yaml', join(backend.workspace, 'tasks/pending/link.yaml'));
    const { tasks, unreadable } = await queue.list();
    expect(tasks.map(({ task, path }) => [task.title, task.description, path])).toEqual([
      ['A', '', 'tasks/pending/a.yaml'],
      ['B', '', 'tasks/pending/b.yml'],
      ['C', '', 'tasks/pending/c.json'],
      ['D', 'Body', 'tasks/pending/d.md'],
      ['E', '# E\n\nText', 'tasks/pending/e.md'],
    ]);
    expect(unreadable).toEqual([]);
    expect(await queue.counts()).toEqual({ pending: 5, current: 0, complete: 0, failed: 0, blocked: 0 });
  });

  it('lists an empty workspace without writing anything', async () => {
    expect(await queue.list()).toEqual({ tasks: [], unreadable: [] });
    expect(await readdir(backend.workspace)).toEqual([]);
  });

  it('names files whose name is no id, that are too large, and that are not text', async () => {
    await pend('a b.yaml', 'title: x');
    await pend('big.yaml', `title: ${'x'.repeat(1024 * 1024)}`);
    await writeFile(join(backend.workspace, 'tasks/pending/latin.yaml'), Buffer.from('title: caf\xe9', 'latin1'));
    const { unreadable } = await queue.list();
    expect(unreadable.map(({ message }) => message)).toEqual([
      'the id "a b" may hold only letters, digits, ".", "_" and "-", and starts with a letter or digit',
      'the file is larger than 1024 kB',
      'the file is not UTF-8 text',
    ]);
    expect(await queue.claim(owner)).toEqual({ kind: 'dry' });
  });

  it('writes the note of a claim before it raises the fence, and lowers it when the task moves on', async () => {
    const seen: string[] = [];
    const fence = {
      raise: async (id: string, generation: Generation, note: string) => {
        const text = await readFile(note, 'utf8');
        seen.push(`raise ${id} ${String(generation.n)} ${String(text.includes(generation.token))}`);
      },
      lower: async (id: string) => {
        seen.push(`lower ${id}`);
      },
      revoke: () => Promise.resolve({ kind: 'revoked' as const }),
    };
    const now = () => new Date('2026-11-20T14:00:00Z');
    const fenced = await openFileQueue({ workspace: backend.workspace, fence, now });
    await pend('a.yaml', 'title: A');
    const result = await fenced.claim(owner);
    if (result.kind !== 'claimed') throw new Error(result.kind);
    const note = join(backend.workspace, '.oompa/claims/a.json');
    expect(JSON.parse(await readFile(note, 'utf8'))).toMatchObject({
      id: 'a',
      state: 'claimed',
      ...owner,
      pid: process.pid,
      generation: result.claim.generation,
      lease_ms: 60_000,
      at: '2026-11-20T14:00:00.000Z',
    });
    await fenced.settle(result.claim, { kind: 'release', record: {} });
    fenced.close();
    expect(seen).toEqual(['raise a 1 true', 'lower a']);
    expect(JSON.parse(await readFile(note, 'utf8'))).toMatchObject({ state: 'released', generation: { n: 1 } });
  });

  it('puts a task back when its note cannot be written', async () => {
    await pend('a.yaml', 'title: A');
    await mkdir(join(backend.workspace, '.oompa/claims/a.json/in-the-way'), { recursive: true });
    expect(await queue.claim(owner)).toEqual({
      kind: 'unavailable',
      why: expect.stringMatching(/EISDIR/) as string,
    });
    expect(await queue.counts()).toMatchObject({ pending: 1, current: 0 });
  });

  it('numbers on after a note that was spoilt', async () => {
    await pend('a.yaml', 'title: A');
    await mkdir(join(backend.workspace, '.oompa/claims'), { recursive: true });
    await writeFile(join(backend.workspace, '.oompa/claims/a.json'), '');
    const result = await queue.claim(owner);
    expect(result.kind === 'claimed' && result.claim.generation.n).toBeGreaterThan(1_700_000_000);
  });

  it('leaves no file of its own behind', async () => {
    await pend('a.yaml', 'title: A');
    const result = await queue.claim(owner);
    if (result.kind === 'claimed')
      await queue.settle(result.claim, { kind: 'complete', record: { outcome: 'landed' } });
    queue.close();
    const files = await readdir(backend.workspace, { recursive: true, withFileTypes: true });
    const names = files.filter((file) => file.isFile()).map(({ name }) => name);
    expect(names.sort()).toEqual(['a.json', 'a.yaml']);
  });
});

describe('a large queue', () => {
  it('parses for each claim only the file that it hands out', async () => {
    const reader = createTaskReader();
    const large = await openFileQueue({ workspace: backend.workspace, fence: noFence, reader });
    await pend('a.yaml', 'title: first');
    const folder = join(backend.workspace, 'tasks/pending');
    for (let i = 0; i < 5000; i++) {
      await writeFile(join(folder, `t${String(i).padStart(4, '0')}.yaml`), `title: T\npriority: ${String(5000 - i)}\n`);
    }
    const ids: string[] = [];
    const parsed: number[] = [];
    for (let i = 0; i < 4; i++) {
      const result = await large.claim(owner);
      if (result.kind === 'claimed') ids.push(result.claim.task.id);
      parsed.push(reader.parsed());
    }
    large.close();
    expect(ids).toEqual(['a', 't4999', 't4998', 't4997']);
    expect(parsed).toEqual([1, 2, 3, 4]);
  });

  it('parses none again when each of many waits', async () => {
    const reader = createTaskReader();
    const large = await openFileQueue({ workspace: backend.workspace, fence: noFence, reader });
    for (let i = 0; i < 500; i++) await pend(`t${String(i)}.yaml`, 'title: T\ndepends_on: [never]\n');
    expect(await large.claim(owner)).toEqual({ kind: 'waiting', pending: 500 });
    const before = reader.parsed();
    expect(await large.claim(owner)).toEqual({ kind: 'waiting', pending: 500 });
    large.close();
    expect(reader.parsed() - before).toBe(0);
  });
});
