import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { status } from '../../src/commands/status.ts';
import { exampleRun, exampleTime, exampleUntil } from '../rig/example-run.ts';
import { recordRun } from './recorded-run.ts';
import { temporaryRepository, testIo, writeFiles } from './temporary.ts';

beforeAll(() => {
  process.env['TZ'] = 'UTC';
});

const counts = { pending: 12, current: 3, complete: 7, failed: 1, blocked: 1 };

let root: string;
beforeEach(() => {
  root = temporaryRepository();
});

async function said(options: Parameters<typeof status>[0] = {}) {
  const { io, printed } = testIo(root);
  const at = { ...io, now: () => new Date(exampleTime(155)) };
  return { code: await status(options, at, () => Promise.resolve(counts)), ...printed };
}

describe('oompa status', () => {
  it('shows what a live run does, with the queue as it lies on the disk', async () => {
    recordRun(root, { id: '20261120T140159-k3f9', events: exampleUntil(150), owner: 'this' });
    const { code, stdout } = await said();
    expect(code).toBe(0);
    expect(stdout).toMatchInlineSnapshot(`
      "oompa  run 20261120T140159-k3f9 · main 1a2b3c4 · 4 workers · 02:35

        builders-1  idle
        builders-2  fix-parser       turn 1, opencode kimi-k2.5         02:34      0
                    edit src/parser.ts
        builders-3  rename-keys      verify: npm test                   01:15     7k
        fast-1      idle

        queue    12 pending   3 current   7 complete   1 failed   1 blocked
        landed   14:04:01  add-login        2 rounds  9f2e1ac  Add a login form
        held     ui-theme: uncommitted changes in your checkout: src/app.css
        asks     billing: Which currency do stored prices use?
                 oompa tasks answer billing "…"
        spent    $0.22 of $20.00 · 37k tokens
      "
    `);
  });

  it('shows every live run', async () => {
    recordRun(root, { id: '20261120T140159-aaaa', events: exampleUntil(50), owner: 'this' });
    recordRun(root, { id: '20261120T140159-bbbb', events: exampleUntil(150), owner: 'this' });
    expect((await said()).stdout.match(/^oompa {2}run/gm)).toHaveLength(2);
  });

  it('shows how the last run went when none is live, and what still waits', async () => {
    recordRun(root, { id: '20261119T140159-aaaa', events: exampleUntil(50), owner: 'gone' });
    recordRun(root, { id: '20261120T140159-k3f9', events: exampleRun, owner: 'gone' });
    expect((await said()).stdout).toMatchInlineSnapshot(`
      "No run is live here.

        queue    12 pending   3 current   7 complete   1 failed   1 blocked
        last     11-20 14:01–14:26: 1 of 5 tasks failed, 1 asks you, 1 held
        failed   fix-parser: opencode was silent for too long: no output for 5 min
        held     ui-theme: uncommitted changes in your checkout: src/app.css
        asks     billing: Which currency do stored prices use?
                 oompa tasks answer billing "…"

      Start one with: oompa swarm · see the last one with: oompa runs show
      "
    `);
  });

  it('says when the last run was cut off', async () => {
    recordRun(root, { id: '20261120T140159-k3f9', events: exampleUntil(150), owner: 'gone' });
    expect((await said()).stdout).toContain('last     11-20 14:01–14:04: cut off, 1 of 5 tasks asks you');
  });

  it('shows a run whose process has written nothing yet, and one that never began', async () => {
    recordRun(root, { id: '20261120T140159-aaaa', events: [], owner: 'gone' });
    expect((await said()).stdout).toContain('last     run 20261120T140159-aaaa has never started\n');
    recordRun(root, { id: '20261120T140159-bbbb', events: [], owner: 'this' });
    const pid = String(process.pid);
    expect((await said()).stdout).toBe(`oompa  run 20261120T140159-bbbb is starting, process ${pid}\n`);
    expect(JSON.parse((await said({ json: true })).stdout)).toMatchObject({
      live: [],
      starting: [{ run: '20261120T140159-bbbb', pid: process.pid }],
    });
  });

  it('says how to begin where there was no run', async () => {
    expect((await said()).stdout).toMatchInlineSnapshot(`
      "No run is live here.

        queue    12 pending   3 current   7 complete   1 failed   1 blocked

      Start one with: oompa swarm
      "
    `);
  });

  it('gives the same as JSON', async () => {
    expect(JSON.parse((await said({ json: true })).stdout)).toEqual({
      queue: counts,
      live: [],
      starting: [],
      last: null,
    });
    recordRun(root, { id: '20261120T140159-aaaa', events: exampleRun, owner: 'gone' });
    expect(JSON.parse((await said({ json: true })).stdout)).toMatchObject({ live: [], last: { life: 'ended' } });
    recordRun(root, { id: '20261121T140159-bbbb', events: exampleUntil(150), owner: 'this' });
    expect(JSON.parse((await said({ json: true })).stdout)).toMatchObject({
      queue: { pending: 12 },
      live: [
        { run: '20261120T140159-k3f9', workers: [{ name: 'builders-1', doing: 'idle' }, { doing: 'turn' }, {}, {}] },
      ],
      last: null,
    });
  });

  it('counts the task files by itself', async () => {
    writeFiles(root, {
      'tasks/pending/a.yaml': 'title: A\n',
      'tasks/pending/b.yaml': '\t',
      'tasks/failed/c.yaml': 'title: C\n',
    });
    const { io, printed } = testIo(root);
    expect(await status({ json: true }, io)).toBe(0);
    expect(JSON.parse(printed.stdout)).toMatchObject({ queue: { pending: 2, current: 0, failed: 1 } });
  });
});
