import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { logs } from '../../src/commands/logs.ts';
import type { LogsOptions } from '../../src/commands/logs.ts';
import { readTranscript } from '../../src/commands/read-transcript.ts';
import { at, exampleRun, exampleUntil } from '../rig/example-run.ts';
import { opencodeAnswer, toolLine } from '../rig/opencode-lines.ts';
import { recordRun } from './recorded-run.ts';
import { temporaryRepository, testIo } from './temporary.ts';

beforeAll(() => {
  process.env['TZ'] = 'UTC';
});

const run = '20261120T140159-k3f9';
let root: string;
beforeEach(() => {
  root = temporaryRepository();
});

async function see(options: LogsOptions, columns = 100) {
  const { io, printed } = testIo(root, { columns });
  const code = await logs(options, io);
  return { code, ...printed };
}

/** Records a run, and what its turns printed: label and stream → lines. */
function record(files: Readonly<Record<string, readonly string[]>>, events = exampleRun, id = run): string {
  recordRun(root, { id, events, owner: 'gone' });
  const folder = join(root, 'runs', id);
  for (const [name, lines] of Object.entries(files)) {
    writeFileSync(join(folder, 'turns', name), lines.map((line) => `${line}\n`).join(''));
  }
  return folder;
}

const addLogin = {
  'builders-1-i1-t1.prompt.md': ['# Task: Add a login form'],
  'builders-1-i1-t1.stdout': [toolLine('ses_1', 'npm test'), ...opencodeAnswer('ses_1', 'The form is there.')],
  'builders-1-i1-t1.stderr': ['Error: one of two servers did not come up', '    at start (server.js:1:1)'],
  'builders-1-i1-r1.stdout': [
    '{"type":"assistant","message":{"content":[{"type":"text","text":"The logout handler leaves the cookie."}]}}',
  ],
  'builders-1-i1-t2.stdout': opencodeAnswer('ses_1', 'The cookie is cleared.'),
};

describe('oompa logs', () => {
  it("shows the turns and reviews of a worker's last iteration, each between its beginning and its end", async () => {
    record(addLogin);
    const { code, stdout, stderr } = await see({ name: 'builders-1' });
    expect(stdout.split('\n')).toEqual([
      '14:02:01 builders-1 add-login: turn 1, opencode kimi-k2.5, fresh session',
      '$ npm test',
      'The form is there.',
      '· done: 100 tokens in, 20 out in its last step',
      '· Error: one of two servers did not come up',
      '14:02:42 turn    builders-1 add-login: turn 1 ready after 41 s, 12k tokens, $0.06',
      '',
      '14:02:42 builders-1 add-login: review 1, claude sonnet, fresh session',
      'The logout handler leaves the cookie.',
      '14:03:03 review  builders-1 add-login: round 1 needs changes: the logout handler leaves the cookie,',
      '20 s, 440 tokens, $0.01',
      '',
      '14:03:03 builders-1 add-login: turn 2, opencode kimi-k2.5, resumed session',
      'The cookie is cleared.',
      '· done: 100 tokens in, 20 out in its last step',
      '14:03:34 turn    builders-1 add-login: turn 2 ready after 31 s, 5k tokens, $0.03',
      '',
      '14:03:34 builders-1 add-login: review 2, claude sonnet, fresh session',
      '14:03:55 review  builders-1 add-login: round 2 approved, 20 s, 440 tokens, $0.01',
      '',
    ]);
    expect([code, stderr]).toEqual([0, '']);
  });

  it('shows one turn of it, with what the agent was asked', async () => {
    record(addLogin);
    const { stdout } = await see({ name: 'builders-1', turn: 1, prompts: true });
    expect(stdout).toContain('fresh session\n> # Task: Add a login form\n$ npm test\n');
    expect(stdout).not.toMatch(/turn 2|review/);
  });

  it('shows another iteration of a worker, and all iterations of a task', async () => {
    record({});
    const heads = async (options: LogsOptions) =>
      [...(await see(options)).stdout.matchAll(/^[\d:]+ (builders-\d \S+: turn \d), /gm)].map(([, head]) => head);
    expect(await heads({ name: 'builders-3' })).toEqual(
      [1, 2, 3].map((n) => `builders-3 rename-keys: turn ${String(n)}`),
    );
    expect(await heads({ name: 'builders-3', iteration: 1 })).toEqual(['builders-3 ui-theme: turn 1']);
    expect(await heads({ name: 'builders-3', task: 'ui-theme' })).toEqual(['builders-3 ui-theme: turn 1']);
    expect(await heads({ name: 'fix-parser' })).toEqual([1, 2, 3].map(() => 'builders-2 fix-parser: turn 1'));
  });

  it('shows every try of a turn, and every reviewer of a round', async () => {
    const of = { worker: 'w-1', task: 'a', iteration: 1 };
    const codex = { harness: 'codex', model: 'gpt' };
    const usage = { input: 0, output: 0 };
    const failed = { ending: 'failed', failure: { kind: 'overloaded', detail: '529' }, usage, ms: 1000 } as const;
    const review = { round: 1, verdict: 'ambiguous', summary: 'Hm.', usage, ms: 1000 } as const;
    record(
      {
        'w-1-i1-t1.stdout': opencodeAnswer('s', 'first try'),
        'w-1-i1-t1-2.stdout': ['{"type":"item.completed","item":{"type":"agent_message","text":"second try"}}'],
        'w-1-i1-r1.stdout': ['first reviewer'],
        'w-1-i1-r1-2.stdout': ['second reviewer'],
      },
      [
        ...exampleUntil(0),
        at(1, { type: 'turn:started', ...of, turn: 1, prompt: 'start', session: 'fresh', harness: 'opencode' }),
        at(2, { type: 'turn:ended', ...of, turn: 1, harness: 'opencode', ...failed }),
        at(3, { type: 'turn:started', ...of, turn: 1, try: 2, prompt: 'start', session: 'fresh', ...codex }),
        at(4, { type: 'turn:ended', ...of, turn: 1, try: 2, ...codex, ending: 'answered', usage, ms: 1000 }),
        at(5, { type: 'review:started', ...of, round: 1, reviewer: 'mine' }),
        at(6, { type: 'review:ended', ...of, ...review, reviewer: 'mine', log: 'reviews/w-1-i1-r1.md' }),
        at(7, { type: 'review:started', ...of, round: 1, reviewer: 'other' }),
        at(8, { type: 'review:ended', ...of, ...review, try: 2, reviewer: 'other', log: 'reviews/w-1-i1-r1-2.md' }),
      ],
    );
    const { stdout } = await see({ name: 'w-1' });
    expect(stdout.match(/first try|second try|first reviewer|second reviewer/g)).toEqual([
      ...['first try', 'second try'],
      ...['first reviewer', 'second reviewer'],
    ]);
    expect(stdout).toContain('turn 1 failed after 1 s: the provider of opencode is overloaded: 529');
  });

  it("shows a planner's turns", async () => {
    const of = { worker: 'planner', task: '', iteration: 1 };
    const usage = { input: 900, output: 100 };
    record({ 'planner-i1-t1.stdout': opencodeAnswer('s', 'One task is missing.') }, [
      ...exampleUntil(0),
      at(1, { type: 'planner:started', worker: 'planner', pending: 1 }),
      at(1, { type: 'turn:started', ...of, turn: 1, prompt: 'start', session: 'fresh', harness: 'opencode' }),
      at(9, { type: 'turn:ended', ...of, turn: 1, harness: 'opencode', ending: 'answered', usage, ms: 8000 }),
    ]);
    expect((await see({ name: 'planner' })).stdout.split('\n')).toEqual([
      '14:02:00 planner: planning, opencode, fresh session',
      'One task is missing.',
      '· done: 100 tokens in, 20 out in its last step',
      '14:02:08 turn    planner: turn 1 ended after 8 s, 1k tokens',
      '',
    ]);
  });

  it('gives the very bytes, each stream as it was', async () => {
    record(addLogin);
    const { stdout, stderr } = await see({ name: 'builders-1', turn: 1, raw: true });
    expect(stdout).toBe(addLogin['builders-1-i1-t1.stdout'].map((line) => `${line}\n`).join(''));
    expect(stderr).toBe(addLogin['builders-1-i1-t1.stderr'].map((line) => `${line}\n`).join(''));
  });

  it('takes a great many short lines in its stride', async () => {
    const many = { length: 300_000 };
    record({
      'builders-1-i1-t1.stdout': Array.from(many, () => 'x'),
      'builders-1-i1-t1.stderr': ['y', ...Array.from(many, () => 'x'), 'y'],
    });
    const { code, stdout } = await see({ name: 'builders-1', turn: 1 });
    expect(code).toBe(0);
    expect(stdout).toMatch(/session\n(· x\n)+· y\n14:02:42 turn/);
  });

  it('says of a turn without an end that its run was cut off', async () => {
    record({ 'builders-1-i1-t1.stdout': [toolLine('s', 'npm test')] }, exampleUntil(20));
    const { stdout } = await see({ name: 'builders-1' });
    expect(stdout).toMatch(/\$ npm test\ncut off: the run ended before it did\n$/);
  });

  it('ends with a run that is over, also when it was to follow', async () => {
    record(addLogin);
    expect(await see({ name: 'builders-1', follow: true })).toEqual(await see({ name: 'builders-1' }));
  });

  it('names the workers and tasks there are, the nearest first', async () => {
    record({});
    const { code, stdout, stderr } = await see({ name: 'builder-2' });
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(
      /^The run 20261120T140159-k3f9 has no worker and no task builder-2\. There are: builders-2, [^\n]+\. Try: oompa logs builders-2\n$/,
    );
  });

  it('names the run that had a task which the newest one has not', async () => {
    record({});
    record({}, exampleUntil(0), '20261121T140159-next');
    const { code, stderr } = await see({ name: 'add-login' });
    expect([code, stderr]).toEqual([
      2,
      `The run 20261121T140159-next has no worker and no task add-login; an earlier one had that task: oompa logs add-login --run ${run}\n`,
    ]);
    expect((await see({ name: 'add-login', run: 'next' })).stderr).toContain('no task add-login. There are: ');
  });

  it('says which turns there are when there is no such one', async () => {
    record({});
    const { code, stderr } = await see({ name: 'fast-1', iteration: 7 });
    expect([code, stderr]).toEqual([
      2,
      'fast-1 has no turn of iteration 7. There are: fast-1-i1-t1. See all: oompa logs fast-1\n',
    ]);
  });

  it('says so when no agent has begun', async () => {
    record({}, exampleUntil(0));
    const { code, stderr } = await see({ name: 'fast-1' });
    expect([code, stderr]).toEqual([0, `In the run ${run} no agent has begun to work for fast-1\n`]);
  });

  it('says so when there is no run, or no such run', async () => {
    expect(await see({ name: 'w' })).toEqual({
      code: 2,
      stdout: '',
      stderr: 'No run yet. Start one with: oompa swarm\n',
    });
    record({});
    const { code, stderr } = await see({ name: 'w', run: 'nope' });
    expect([code, stderr]).toEqual([2, 'There is no run nope. See them all with: oompa runs list\n']);
  });

  it('takes the newest live run before a newer one that has ended', async () => {
    recordRun(root, { id: '20261119T140159-live', events: exampleUntil(20), owner: 'this' });
    record({});
    expect((await see({ name: 'builders-1' })).stdout).toMatch(
      /still at work; follow it with: oompa logs builders-1 -f\n$/,
    );
    expect((await see({ name: 'builders-1', run: 'k3f9' })).stdout).toContain('round 2 approved');
  });
});

describe('the transcript of a turn', () => {
  const label = 'w-1-i1-t1';
  const read = (folder: string, harness: string, lastBytes?: number) =>
    readTranscript({ folder, label, harness, ...(lastBytes === undefined ? {} : { lastBytes }) });
  const texts = async (...args: Parameters<typeof read>) =>
    (await read(...args)).map((entry) => (entry.kind === 'tool' ? entry.input : entry.text));

  it('is empty where there is none', async () => {
    expect(await read(join(root, 'runs', 'gone'), 'opencode')).toEqual([]);
  });

  it('has the pieces of a message in one', async () => {
    const piece = (content: string) => JSON.stringify({ type: 'message', role: 'assistant', content, delta: true });
    const folder = record({ [`${label}.stdout`]: [piece('I wr'), piece('ite.\nNow'), piece(' I test.')] });
    expect(await read(folder, 'gemini')).toEqual([{ kind: 'text', text: 'I write.\nNow I test.' }]);
  });

  it('says once what is reported twice, and as a failure when it was one', async () => {
    const message = 'last status: 429';
    const folder = record({
      [`${label}.stdout`]: [
        JSON.stringify({ type: 'error', message }),
        JSON.stringify({ type: 'turn.failed', error: { message } }),
      ],
      [`${label}.stderr`]: [message, 'Error: a', 'Error: a'],
    });
    expect(await read(folder, 'codex')).toEqual([
      { kind: 'note', text: message, failed: true },
      { kind: 'note', text: 'Error: a', failed: true },
    ]);
  });

  it('leaves out a line that is still being written', async () => {
    const folder = record({});
    mkdirSync(join(folder, 'turns'), { recursive: true });
    writeFileSync(join(folder, 'turns', `${label}.stdout`), 'whole\nhal');
    expect(await texts(folder, 'mine')).toEqual(['whole']);
  });

  it('of the end alone has whole lines, and at least one', async () => {
    const folder = record({ [`${label}.stdout`]: ['first', 'second', 'third'] });
    expect(await texts(folder, 'mine', 15)).toEqual(['second', 'third']);
    expect(await texts(folder, 'mine', 12)).toEqual(['third']);
    for (const tooFew of [0, 2]) expect((await texts(folder, 'mine', tooFew)).at(-1)).toBe('third');
    expect(await texts(folder, 'mine', 1000)).toEqual(['first', 'second', 'third']);
  });

  it('of a CLI that the config declares is read as the config says', async () => {
    const folder = record({ [`${label}.stdout`]: opencodeAnswer('s', 'Hello.') });
    expect(await texts(folder, 'mine')).toEqual(opencodeAnswer('s', 'Hello.'));
    writeFileSync(join(folder, 'run.yaml'), 'config: {harnesses: {mine: {command: [mine], output: opencode}}}\n');
    expect((await texts(folder, 'mine'))[0]).toBe('Hello.');
    writeFileSync(join(folder, 'run.yaml'), '\tno yaml');
    expect(await texts(folder, 'mine')).toEqual(opencodeAnswer('s', 'Hello.'));
  });
});
