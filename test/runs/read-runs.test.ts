import { appendFileSync, mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import type { NewEvent, RunEvent } from '../../src/core/event.ts';
import { foldRun } from '../../src/core/fold-run.ts';
import { emptyRun } from '../../src/core/run-state.ts';
import { readEvents } from '../../src/runs/read-events.ts';
import { listRuns, liveRunIds, readRun } from '../../src/runs/read-runs.ts';
import { createRun } from '../../src/runs/run-log.ts';
import { ownIdentity } from '../../src/system/process-identity.ts';
import { at, exampleRun, exampleTime, exampleUntil } from '../rig/example-run.ts';

let workspace: string;
beforeEach(() => {
  workspace = mkdtempSync(join(tmpdir(), 'oompa-read-runs-'));
});
afterEach(() => rmSync(workspace, { recursive: true, force: true }));

const alive = { pid: process.pid, pid_start: ownIdentity().start, host: hostname() };
const gone = { ...alive, pid_start: 'another start' };

/** A run as it lies on the disk. */
function lay(id: string, run: { events?: readonly RunEvent[]; owner?: object; tail?: string }): string {
  const folder = join(workspace, 'runs', id);
  mkdirSync(folder, { recursive: true });
  if (run.owner !== undefined) writeFileSync(join(folder, 'run.yaml'), stringify(run.owner));
  const lines = (run.events ?? []).map((event) => `${JSON.stringify(event)}\n`).join('');
  writeFileSync(join(folder, 'events.jsonl'), lines + (run.tail ?? ''));
  return folder;
}

async function lifeOf(id: string): Promise<string> {
  const found = await readRun(workspace, id);
  return found.kind === 'found' ? found.run.life : found.kind;
}

describe('reading a run', () => {
  it('gives the state that its events make', async () => {
    lay('20261120T140159-k3f9', { events: exampleRun, owner: alive });
    expect(await readRun(workspace, 'latest')).toMatchObject({
      kind: 'found',
      run: { id: '20261120T140159-k3f9', life: 'ended', state: exampleRun.reduce(foldRun, emptyRun) },
    });
  });

  it('tells a run that goes on from one that was cut off, by its process', async () => {
    lay('20261120T140159-aaaa', { events: exampleUntil(100), owner: alive });
    lay('20261120T140159-bbbb', { events: exampleUntil(100), owner: gone });
    lay('20261120T140159-cccc', { events: exampleUntil(100) });
    lay('20261120T140159-dddd', { owner: alive });
    expect(await lifeOf('aaaa')).toBe('live');
    expect(await lifeOf('bbbb')).toBe('crashed');
    expect(await lifeOf('cccc')).toBe('crashed');
    expect(await lifeOf('dddd')).toBe('starting');
  });

  it('names those that are live, newest first', async () => {
    lay('20261120T140159-aaaa', { events: exampleUntil(100), owner: alive });
    lay('20261120T140159-bbbb', { events: exampleUntil(100), owner: gone });
    lay('20261121T140159-cccc', { owner: alive });
    const ended = lay('20261121T140159-dddd', { events: exampleRun, owner: alive });
    writeFileSync(join(ended, 'summary.json'), JSON.stringify({ ended_at: '2026-11-21T14:30:00Z' }));
    expect(await liveRunIds(workspace)).toEqual(['20261121T140159-cccc', '20261120T140159-aaaa']);
  });

  it('takes a run of another machine for live as long as its log grows', async () => {
    const folder = lay('20261120T140159-aaaa', { events: exampleUntil(100), owner: { ...gone, host: 'far-away' } });
    expect(await lifeOf('aaaa')).toBe('live');
    const old = new Date('2026-01-01T00:00:00Z');
    utimesSync(join(folder, 'events.jsonl'), old, old);
    expect(await lifeOf('aaaa')).toBe('crashed');
  });

  it('finds it by how its id begins or ends, and says when several fit or none', async () => {
    lay('20261120T140159-aaaa', { events: exampleRun });
    lay('20261121T140159-bbbb', { events: exampleRun });
    expect(await readRun(workspace, '20261121')).toMatchObject({ kind: 'found', run: { id: '20261121T140159-bbbb' } });
    expect(await readRun(workspace, 'aaaa')).toMatchObject({ kind: 'found', run: { id: '20261120T140159-aaaa' } });
    expect(await readRun(workspace, 'latest')).toMatchObject({ kind: 'found', run: { id: '20261121T140159-bbbb' } });
    expect(await readRun(workspace, '2026')).toEqual({
      kind: 'ambiguous',
      ids: ['20261121T140159-bbbb', '20261120T140159-aaaa'],
    });
    expect(await readRun(workspace, '2025')).toEqual({ kind: 'not-found', known: 2 });
    expect(await readRun(workspace, '')).toEqual({ kind: 'not-found', known: 2 });
  });

  it('finds nothing where there is no run', async () => {
    expect(await readRun(workspace, 'latest')).toEqual({ kind: 'not-found', known: 0 });
    expect(await listRuns(workspace)).toEqual([]);
  });
});

describe('a log that is not whole', () => {
  it('loses no more than its torn last line', async () => {
    lay('20261120T140159-aaaa', { events: exampleUntil(100), tail: '{"at":"2026-11-20T14:05:00Z","type":"run:en' });
    const found = await readRun(workspace, 'latest');
    expect(found).toMatchObject({ run: { life: 'crashed', state: exampleUntil(100).reduce(foldRun, emptyRun) } });
  });

  it('counts a last line that is whole but for its line break', () => {
    const folder = lay('20261120T140159-aaaa', { events: exampleUntil(10), tail: JSON.stringify(exampleRun.at(-1)) });
    expect([...readEvents(join(folder, 'events.jsonl'))].at(-1)?.type).toBe('run:ended');
  });

  it('is read around lines that are no events, events of a newer version and events of a foreign shape', async () => {
    const folder = lay('20261120T140159-aaaa', { events: exampleUntil(100), owner: gone });
    const lines = [
      '',
      'null',
      '[1]',
      '{"type":"x"}',
      '{"type":"x","at":"never"}',
      '\u0000\uFFFD',
      '{"type":"moon:landed","at":"2026-11-20T14:05:00Z"}',
    ];
    const foreign = [
      '{"type":"run:started","at":"2026-11-20T14:05:00Z"}',
      '{"type":"turn:ended","at":"2026-11-20T14:05:00Z"}',
    ];
    appendFileSync(join(folder, 'events.jsonl'), [...lines, ...foreign, JSON.stringify(at(1500, end)), ''].join('\n'));
    expect(await readRun(workspace, 'latest')).toMatchObject({
      run: { life: 'ended', state: { head: { pid: 4711 }, end: { why: 'dry' } } },
    });
  });

  it('keeps characters whole that lie across the pieces in which it is read', () => {
    const messages = Array.from({ length: 400 }, (_, index) => 'äöü€😀'.repeat(60) + String(index));
    const events = messages.map((message) => at(0, { type: 'problem:seen', message }));
    const folder = lay('20261120T140159-aaaa', { events });
    const read = [...readEvents(join(folder, 'events.jsonl'))];
    expect(read).toEqual(events);
  });

  it('is empty when there is no file', () => {
    expect([...readEvents(join(workspace, 'no', 'events.jsonl'))]).toEqual([]);
  });
});

const end: NewEvent = { type: 'run:ended', why: 'dry', pending: 0 };

describe('a log of 100,000 events', () => {
  it('is read and folded at once: in well under a second of the processor, five on a slow one', async () => {
    const iteration = exampleRun.filter((event) => 'task' in event && event.task === 'add-login');
    const events: RunEvent[] = exampleRun.slice(0, 1);
    for (let index = 0; events.length < 100_000; index++) {
      for (const event of iteration)
        events.push({ ...event, task: `task-${String(index)}`, iteration: index } as RunEvent);
    }
    lay('20261120T140159-aaaa', { events });
    const before = process.cpuUsage();
    const found = await readRun(workspace, 'latest');
    const { user, system } = process.cpuUsage(before);
    const ended = events.filter(({ type }) => type === 'iteration:ended').length;
    expect(found.kind === 'found' && found.run.state.iterations.length).toBe(ended);
    expect((user + system) / 1000).toBeLessThan(5_000);
  });
});

describe('the list of runs', () => {
  it('has the newest first, and takes the word of summary.json only for a run that has ended', async () => {
    const created = createRun({
      workspace,
      id: '20261120T140159-aaaa',
      record: {},
      pidStart: ownIdentity().start,
      redact: (text) => text,
      now: () => new Date(exampleTime(0)),
    });
    if (created.kind === 'failed') throw new Error(created.message);
    for (const { at: _at, ...event } of exampleUntil(600)) created.log.append(event);
    lay('20261122T140159-bbbb', { events: exampleUntil(100), owner: gone });
    writeFileSync(join(workspace, 'runs', '.gitkeep'), '');
    const before = await listRuns(workspace);
    expect(before.map(({ id, life, pid }) => [id, life, pid])).toEqual([
      ['20261122T140159-bbbb', 'crashed', process.pid],
      ['20261120T140159-aaaa', 'live', process.pid],
    ]);
    expect(before[1]?.summary.counts.landed).toBe(2);
    created.log.append(end);
    created.log.close();
    const after = await listRuns(workspace);
    expect(after[1]).toMatchObject({ life: 'ended', summary: { ended_because: 'dry', counts: { landed: 2 } } });
  });
});
