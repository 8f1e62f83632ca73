import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { listRunsCommand } from '../../../src/commands/runs/list.ts';
import { showRun } from '../../../src/commands/runs/show.ts';
import { exampleRun, exampleUntil } from '../../rig/example-run.ts';
import { recordRun } from '../recorded-run.ts';
import { temporaryFolder, temporaryRepository, testIo } from '../temporary.ts';

beforeAll(() => {
  process.env['TZ'] = 'UTC';
});

let root: string;
beforeEach(() => {
  root = temporaryRepository();
});

async function show(options: Parameters<typeof showRun>[0] = {}, cwd = root) {
  const { io, printed } = testIo(cwd);
  return { code: await showRun(options, io), ...printed };
}

async function list(options: Parameters<typeof listRunsCommand>[0] = {}) {
  const { io, printed } = testIo(root);
  return { code: await listRunsCommand(options, io), ...printed };
}

function recordThree(): void {
  recordRun(root, { id: '20261120T140159-k3f9', events: exampleRun, owner: 'gone' });
  recordRun(root, { id: '20261121T140159-dead', events: exampleUntil(150), owner: 'gone' });
  recordRun(root, { id: '20261122T140159-live', events: exampleUntil(150), owner: 'this' });
}

describe('oompa runs show', () => {
  it('shows the newest run, here one that goes on', async () => {
    recordThree();
    const { code, stdout } = await show();
    expect(code).toBe(0);
    expect(stdout).toContain('going on, 1 of 5 tasks asks you, 1 held, 2 going');
    expect(stdout).toContain('log: runs/20261122T140159-live/events.jsonl');
  });

  it('shows a run that was cut off, and says so', async () => {
    recordThree();
    const { code, stdout } = await show({ run: 'dead' });
    expect(code).toBe(0);
    expect(stdout).toContain('cut off, 1 of 5 tasks asks you, 1 held, 2 unfinished');
  });

  it('names files as seen from where it was called', async () => {
    recordThree();
    mkdirSync(join(root, 'src'));
    const { stdout } = await show({ run: 'k3f9' }, join(root, 'src'));
    expect(stdout).toContain('reviews: ../runs/20261120T140159-k3f9/reviews/ (4)');
  });

  it('gives the summary as JSON', async () => {
    recordThree();
    const { code, stdout } = await show({ run: '20261120', json: true });
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      life: 'ended',
      folder: 'runs/20261120T140159-k3f9',
      counts: { landed: 2, failed: 1 },
    });
  });

  it('says what there is instead of a run that it does not find', async () => {
    expect(await show()).toEqual({ code: 2, stdout: '', stderr: 'No run yet. Start one with: oompa swarm\n' });
    recordThree();
    expect(await show({ run: '2025' })).toEqual({
      code: 2,
      stdout: '',
      stderr: 'There is no run 2025. See them all with: oompa runs list\n',
    });
    expect((await show({ run: '2026' })).stderr).toBe(
      'Several runs fit 2026: 20261122T140159-live, 20261121T140159-dead, 20261120T140159-k3f9. See what they are: oompa runs list\n',
    );
  });

  it('needs a repository', async () => {
    const { code, stderr } = await show({}, temporaryFolder());
    expect(code).toBe(2);
    expect(stderr).not.toBe('');
  });
});

describe('oompa runs list', () => {
  it('has the newest run first', async () => {
    recordThree();
    const { code, stdout } = await list();
    expect(code).toBe(0);
    expect(stdout).toMatchInlineSnapshot(`
      "  run                   began         time  how it went                    spent
        20261122T140159-live  11-20 14:01  02:21  going on, 1 of 5 tasks asks…   $0.22
        20261121T140159-dead  11-20 14:01  02:21  cut off, 1 of 5 tasks asks y…  $0.22
        20261120T140159-k3f9  11-20 14:01  25:00  1 of 5 tasks failed, 1 asks…   $0.30
      "
    `);
  });

  it('gives the same as JSON', async () => {
    recordThree();
    const { stdout } = await list({ json: true });
    expect(JSON.parse(stdout)).toMatchObject([
      { run: '20261122T140159-live', life: 'live', ended_at: null },
      { run: '20261121T140159-dead', life: 'crashed', ended_at: null },
      { run: '20261120T140159-k3f9', life: 'ended', ended_because: 'dry', spent: { tokens_in: 50_600 } },
    ]);
  });

  it('says how to begin where there is no run', async () => {
    expect(await list()).toEqual({ code: 0, stdout: 'No run yet. Start one with: oompa swarm\n', stderr: '' });
    expect((await list({ json: true })).stdout).toBe('[]\n');
  });
});
