import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { FakeAgent } from '../rig/fake-agent.ts';
import { errorLine } from '../rig/opencode-lines.ts';
import { open, ready, rescueIn, review, reviewer, work } from './open.ts';

const one = 'workers: [{ name: builders, harness: opencode }]\n';
const spare = `workers: [{ name: builders, harness: opencode, fallback: [{ harness: spare }] }]
harnesses: { spare: { command: [my-agent], prompt: stdin, output: text } }
`;

describe('an agent that fails', () => {
  test('is tried once more, then the next of the chain gets the task; the next task begins with the first again', async () => {
    const { agents, swarm, tasks } = await open({ config: spare, tasks: { a: 'title: A', b: 'title: B' } });
    const run = swarm();
    for (const name of ['opencode', 'opencode']) {
      const agent = await agents.next();
      expect(agent.name).toBe(name);
      await agent.run('echo part >> part.txt');
      await agent.exit(3);
    }
    const other = await agents.next();
    expect(other.name).toBe('my-agent');
    expect(other.stdin).toContain('# Task: A');
    expect((await other.run('cat part.txt')).output).toBe('part\npart\n');
    await other.say(ready);
    await other.exit(0);
    const next = await agents.next();
    expect(next.name).toBe('opencode');
    await work(next, 'echo b > b');
    expect(await run.exitCode).toBe(0);
    expect(await tasks('complete')).toEqual(['a', 'b']);
    expect(run.all('turn:ended').map(({ failure }) => failure?.kind)).toEqual([
      'crashed',
      'crashed',
      undefined,
      undefined,
    ]);
  });

  test('P10: fails the task after the attempts that it has, each with one more try, and the work is kept', async () => {
    const { repo, agents, swarm, tasks, task } = await open({
      config: `${one}limits: { attempts: 2 }\n`,
      tasks: { a: 'title: A' },
    });
    const run = swarm();
    for (let process = 1; process <= 4; process += 1) {
      const agent = await agents.next();
      await agent.run(`echo ${String(process)} >> tries.txt`);
      await agent.exit(3);
    }
    expect(await run.exitCode).toBe(1);
    expect(run.all('turn:started')).toHaveLength(4);
    expect(await tasks('failed')).toEqual(['a']);
    const text = await task('failed', 'a');
    expect(text).toContain('outcome: agent-failed');
    expect(text).toContain('attempts: 2');
    expect(await repo.git('show', `${rescueIn(text)}:tries.txt`)).toBe('3\n4');
  });
});

describe('a CLI that is not logged in', () => {
  test('is asked once; its worker waits for a new login, the task stays pending with no attempt used', async () => {
    const { agents, swarm, tasks, task } = await open({ config: one, tasks: { a: 'title: A', b: 'title: B' } });
    const run = swarm();
    await notLoggedIn(await agents.next());
    const waits = await run.seen('limit:waiting');
    expect(waits).toMatchObject({
      worker: 'builders-1',
      task: '',
      agent: 'opencode',
      why: 'for a new login of opencode',
    });
    run.stop('polite');
    expect(await run.exitCode).toBe(130);
    expect(run.all('turn:started')).toHaveLength(1);
    expect(run.all('turn:ended')[0]?.failure?.kind).toBe('auth');
    expect(await tasks('pending')).toEqual(['a', 'b']);
    expect(await task('pending', 'a')).not.toContain('attempts:');
  });

  test('goes on as soon as somebody has logged in', async () => {
    const world = await open({
      config: `${one}harnesses: { opencode: { env: { XDG_DATA_HOME: PLACE } } }\n`,
      tasks: { a: 'title: A' },
    });
    const place = join(world.repo.path, '.oompa-test-login');
    await world.repo.write('oompa.config.yaml', (await world.repo.read('oompa.config.yaml')).replace('PLACE', place));
    await world.repo.git('commit', '-qam', 'config');
    const run = world.swarm();
    await notLoggedIn(await world.agents.next());
    await run.seen('limit:waiting');
    await world.repo.write('.oompa-test-login/opencode/auth.json', '{ "provider": { "key": "new" } }');
    await work(await world.agents.next(), 'echo a > a');
    expect(await run.exitCode).toBe(0);
    expect(await world.tasks('complete')).toEqual(['a']);
  });

  test('leaves the task to the workers of another pool, and its own ends with the queue', async () => {
    const { agents, swarm, tasks } = await open({
      config: `workers: [{ name: first, harness: opencode }, { name: second, harness: spare }]
harnesses: { spare: { command: [my-agent], prompt: stdin, output: text } }
`,
      tasks: { a: 'title: A', b: 'title: B' },
    });
    const run = swarm();
    const both = [await agents.next(), await agents.next()];
    const broken = both.find(({ name }) => name === 'opencode');
    const sound = both.find(({ name }) => name === 'my-agent');
    if (broken === undefined || sound === undefined) throw new Error('one agent of each pool was to come');
    await notLoggedIn(broken);
    await run.seen('limit:waiting');
    for (const agent of [sound, agents.next()]) {
      const present = await agent;
      await present.run('echo x > $OOMPA_TASK');
      await present.say(ready);
      await present.exit(0);
    }
    expect(await run.exitCode).toBe(0);
    expect(await tasks('complete')).toEqual(['a', 'b']);
  });

  test('is not tried twice when there is a fallback', async () => {
    const { agents, swarm } = await open({ config: spare, tasks: { a: 'title: A' } });
    const run = swarm();
    await notLoggedIn(await agents.next());
    const other = await agents.next();
    expect(other.name).toBe('my-agent');
    await other.run('echo a > a');
    await other.say(ready);
    await other.exit(0);
    expect(await run.exitCode).toBe(0);
  });
});

test('a model that is asked too often uses no attempt, and the wait for its limit ends with the run', async () => {
  const { agents, swarm, task } = await open({ config: one, tasks: { a: 'title: A' } });
  const run = swarm();
  const agent = await agents.next();
  await agent.say(errorLine('ses_1', 429, 'Rate limit reached', { 'retry-after': '3600' }));
  await agent.exit(1);
  expect(await run.seen('retry:planned')).toMatchObject({ failure: { kind: 'rate-limited' }, afterMs: 3_600_000 });
  run.stop('polite');
  expect(await run.exitCode).toBe(130);
  expect(run.all('turn:started')).toHaveLength(1);
  expect(await task('pending', 'a')).not.toContain('attempts:');
});

test('an agent that is to be waited for longer than the config’s patience is left for its fallback, and then not asked before its time', async () => {
  const { agents, swarm } = await open({ config: spare, tasks: { a: 'title: A', b: 'title: B' } });
  const run = swarm();
  const agent = await agents.next();
  await agent.say(errorLine('ses_1', 429, 'Rate limit reached', { 'retry-after': '3600' }));
  await agent.exit(1);
  for (let task = 0; task < 2; task += 1) {
    const other = await agents.next();
    expect(other.name).toBe('my-agent');
    await other.run('echo x > $OOMPA_TASK');
    await other.say(ready);
    await other.exit(0);
  }
  expect(await run.exitCode).toBe(0);
  expect(run.all('chain:advanced').map(({ agent: from, to }) => [from, to])).toEqual([
    ['opencode', 'spare'],
    ['opencode', 'spare'],
  ]);
});

test('a session that is gone is replaced by a fresh one with the task, all feedback and the diff', async () => {
  const world = await open({ config: `${one}${reviewer}`, tasks: { a: 'title: A' } });
  const run = world.swarm();
  await work(await world.agents.next(), 'echo wrong > a.txt');
  await review(world, 'a.txt says wrong.\nVERDICT: NEEDS_CHANGES');
  const resumed = await world.agents.next();
  expect(resumed.argv).toContain('-s');
  await resumed.stderr('Error: Session not found\n');
  await resumed.exit(1);
  const fresh = await world.agents.next();
  expect(fresh.argv).not.toContain('-s');
  for (const part of ['# Task: A', 'a.txt says wrong.', '+wrong']) expect(fresh.stdin).toContain(part);
  await work(fresh, 'echo right > a.txt');
  await review(world, 'VERDICT: APPROVED');
  expect(await run.exitCode).toBe(0);
  expect(await world.repo.git('show', 'main:a.txt')).toBe('right');
  expect(run.all('turn:started').map(({ session }) => session)).toEqual(['fresh', 'resumed', 'fresh']);
});

test('a CLI that is not installed is named before anything is started', async () => {
  const { repo, swarm, tasks } = await open({
    config: one
      .replace('opencode', 'mine, fallback: [{ harness: opencode }]')
      .concat('harnesses: { mine: { command: [no-such-cli], prompt: stdin, output: text } }\n'),
    tasks: { a: 'title: A' },
  });
  const run = swarm();
  expect(await run.exitCode).toBe(2);
  expect(run.said()).toMatch(/^mine: `no-such-cli` is not on PATH, and pool `builders` needs it: /);
  expect(run.events).toEqual([]);
  expect(await tasks('pending')).toEqual(['a']);
  await expect(repo.read('.oompa/.gitignore')).rejects.toThrow('ENOENT');
});

async function notLoggedIn(agent: FakeAgent): Promise<void> {
  await agent.say(errorLine('ses_1', 401, 'Invalid API key'));
  await agent.exit(1);
}

test('a task that fails on all of its attempts costs no worker', async () => {
  const { agents, swarm, tasks } = await open({ config: one, tasks: { a: 'title: A', b: 'title: B' } });
  const run = swarm();
  for (let process = 1; process <= 6; process += 1) await (await agents.next()).exit(3);
  const other = await agents.next();
  expect(other.stdin).toContain('# Task: B');
  await work(other, 'echo b > b');
  expect(await run.exitCode).toBe(1);
  expect(run.all('run:ended')[0]?.why).toBe('dry');
  expect([await tasks('failed'), await tasks('complete')]).toEqual([['a'], ['b']]);
});

test('who stands in line for an agent leaves for the fallback when a limit that lasts long is met meanwhile', async () => {
  const { agents, swarm, tasks } = await open({
    config: `workers: [{ name: builders, count: 2, harness: opencode, fallback: [{ harness: spare }] }]
harnesses:
  opencode: { concurrency: 1 }
  spare: { command: [my-agent], prompt: stdin, output: text }
`,
    tasks: { a: 'title: A', b: 'title: B' },
  });
  const run = swarm();
  const agent = await agents.next();
  expect(await run.seen('limit:waiting')).toMatchObject({
    agent: 'opencode',
    why: expect.stringContaining('its turn') as string,
  });
  await agent.say(errorLine('ses_1', 429, 'Rate limit reached', { 'retry-after': '3600' }));
  await agent.exit(1);
  for (const other of [await agents.next(), await agents.next()]) {
    expect(other.name).toBe('my-agent');
    await other.run('echo x > $OOMPA_TASK');
    await other.say(ready);
    await other.exit(0);
  }
  expect(await run.exitCode).toBe(0);
  expect(await tasks('complete')).toEqual(['a', 'b']);
});
