import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { listRunsCommand } from '../../../src/commands/runs/list.ts';
import { showRun } from '../../../src/commands/runs/show.ts';
import { exampleRun, exampleTime, exampleUntil } from '../../rig/example-run.ts';
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

/** New events, and new words in closed lists. */
function recordNewer(): void {
  const of = { worker: 'builders-1', task: 'a', iteration: 1 };
  const kimi = { harness: 'opencode', model: 'kimi' };
  const did = { usage: { input: 10, output: 5 }, ms: 1000 };
  const [started, ...workers] = exampleUntil(0);
  const planner = { worker: 'planner', task: '', iteration: 1, turn: 1, ...kimi };
  const events = [
    { ...started, schema: 2, version: '9.0.0' },
    ...workers,
    { type: 'planner:started', worker: 'planner', pending: 1 },
    { type: 'turn:ended', ...planner, ending: 'paused', ...did },
    { type: 'planner:ended', worker: 'planner', added: 1, done: false, why: 'enough' },
    { type: 'task:recovered', task: 'z', how: 'teleported' },
    { type: 'task:claimed', ...of, title: 'A', generation: 1, attempt: 1, from: 'pending' },
    { type: 'turn:started', ...of, ...kimi, turn: 1, prompt: 'encouraged', session: 'forked' },
    { type: 'turn:ended', ...of, ...kimi, turn: 1, ending: 'answered', signal: 'half-ready', ...did },
    { type: 'agent:slept', ...of, dreams: 2 },
    { type: 'review:ended', ...of, round: 1, reviewer: 'claude', verdict: 'unsure', summary: 'Hm.', log: 'l', ...did },
    { type: 'verify:ended', ...of, command: 'npm test', tree: 't', result: 'skipped', detail: '', ...did },
    {
      type: 'iteration:ended',
      ...of,
      outcome: { kind: 'parked' },
      transition: 'park',
      attempt: 1,
      attempts: 3,
      ...did,
    },
    { type: 'run:ended', why: 'bored', pending: 0 },
  ].map((event, second) => ({ at: exampleTime(second), ...event }));
  recordRun(root, { id: '20261120T140159-k3f9', events: [], owner: 'gone' });
  const path = join(root, 'runs', '20261120T140159-k3f9', 'events.jsonl');
  writeFileSync(path, events.map((event) => `${JSON.stringify(event)}\n`).join(''));
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

  it('shows what it can of the log of a newer version, and says whose it is', async () => {
    recordNewer();
    const { code, stdout } = await show();
    expect(code).toBe(0);
    expect(stdout).not.toMatch(/undefined|NaN/);
    expect(stdout).toContain('problem: its log has event format 2, of oompa 9.0.0; this version knows 1');
    expect(stdout.slice(stdout.indexOf('  planning'), stdout.indexOf('  task  '))).toMatchInlineSnapshot(`
      "  planning
        14:02:06  plan      1 task pending
        14:02:06  turn 1    opencode kimi: failed: opencode failed               00:01
        14:02:08  added     1 task; enough

        a  cut off  A
        14:02:10  claim     builders-1, iteration 1
        14:02:11  turn 1    opencode kimi encouraged: half-ready                 00:01
        14:02:13  round 1   claude: unsure: Hm.                                  00:01
        14:02:14  verify    npm test skipped                                     00:01
                            oompa runs review a · oompa logs a

      "
    `);
    expect((await list()).stdout).toContain('1 of 1 task unfinished');
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
