import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { FakeAgent } from '../rig/fake-agent.ts';
import type { World } from '../rig/world.ts';
import { open, work } from './open.ts';

/** Planner and workers are told apart by the program that is started. */
const planned = `workers: [{ name: builders, count: 2, harness: opencode }]
planner: { harness: thinker, max_pending: 3 }
harnesses: { thinker: { command: [my-agent], prompt: stdin, output: text } }
`;

const planning = 'workers: [{ name: builders, harness: opencode, can_plan: true }]\n';

describe('the planner', () => {
  test('P4: works in a detached worktree of its own, and its task files become the queue', async () => {
    const { repo, agents, swarm, tasks, task } = await open({ config: planned });
    const run = swarm();
    const planner = await agents.next();
    expect(planner.name).toBe('my-agent');
    expect(planner.cwd).not.toBe(repo.path);
    expect((await planner.run('git symbolic-ref -q HEAD || echo detached')).output).toBe('detached\n');
    expect(planner.stdin).toContain('Propose at most 3.');
    await propose(planner, { hello: 'title: Say hello # as asked\n' });
    await say(planner, 'One task is enough.\n__DONE__');

    const worker = await agents.next();
    expect(worker.stdin).toContain('# Task: Say hello');
    await work(worker, 'echo hello > hello.txt');
    expect(await run.exitCode).toBe(0);
    expect(await tasks('complete')).toEqual(['hello']);
    expect(await task('complete', 'hello')).toMatch(
      /^title: Say hello # as asked\noompa:\n {2}created_by: planner, run /,
    );
    expect(await filesOf(repo.path, run.all('run:started')[0]?.run, 'proposed')).toEqual(['hello.yaml']);
  });

  test('P6: what can not be read is named, kept with the run and not queued; the rest is queued all the same', async () => {
    const { repo, agents, swarm, tasks } = await open({ config: planned });
    const run = swarm();
    const planner = await agents.next();
    await propose(planner, { good: 'title: Good', tabs: 'title: T\nfiles:\n\t- a\n', empty: '' });
    await planner.run("printf 'title: X' > 'tasks/pending/a b.yaml'; printf 'title: X' > tasks/pending/..x.yaml");
    await say(planner, '__DONE__');
    await work(await agents.next(), 'echo x > x');
    expect(await run.exitCode).toBe(0);

    expect(await tasks('complete')).toEqual(['good']);
    const refused = run.all('task:refused');
    expect(refused.map(({ path, line }) => `${path.split('/').pop() ?? ''}:${String(line)}`).sort()).toEqual([
      '..x.yaml:1',
      'a b.yaml:1',
      'empty.yaml:1',
      'tabs.yaml:3',
    ]);
    for (const { path } of refused) await expect(repo.read(path)).resolves.toBeTypeOf('string');
  });

  test('writes nothing outside of the queue, whatever the names of its files', async () => {
    const { repo, agents, swarm, tasks } = await open({ config: planned });
    const run = swarm();
    const planner = await agents.next();
    await planner.run(
      'mkdir -p tasks/pending/deep tasks/current; echo "title: D" > tasks/pending/deep/d.yaml; echo "title: C" > tasks/current/c.yaml; ln -s /etc/hostname tasks/pending/link.yaml; echo mine > README.md',
    );
    await say(planner, '__DONE__');
    expect(await run.exitCode).toBe(0);
    for (const state of ['pending', 'current', 'complete']) expect(await tasks(state)).toEqual([]);
    expect(await repo.git('status', '--porcelain')).toBe('');
    expect(await repo.git('rev-list', '--count', 'main')).toBe('1');
  });

  test('gives proposed tasks free ids, and does not believe what they say about themselves', async () => {
    const { agents, swarm, tasks, task } = await open({ config: planned, tasks: { hello: 'title: Mine' } });
    const run = swarm();
    const both = [await agents.next(), await agents.next()];
    const planner = both.find(({ name }) => name === 'my-agent');
    const worker = both.find(({ name }) => name === 'opencode');
    if (planner === undefined || worker === undefined) throw new Error('a planner and a worker were to come');
    await propose(planner, { hello: 'title: Again\noompa: { outcome: landed, attempts: 9 }\n' });
    await say(planner, '__DONE__');
    await run.seen('task:added');
    await work(worker, 'echo 1 > one');
    await work(await agents.next(), 'echo 2 > two');
    expect(await run.exitCode).toBe(0);
    expect(await tasks('complete')).toEqual(['hello', 'hello-2']);
    expect(await task('complete', 'hello-2')).not.toContain('attempts');
  });

  test('may fill the queue to max_pending and no further', async () => {
    const { repo, agents, swarm } = await open({ config: planned, tasks: { a: 'title: A\ndepends_on: [never]' } });
    const run = swarm();
    const planner = await agents.next();
    expect(planner.stdin).toContain('Propose at most 2.');
    await propose(planner, { b: 'title: B', c: 'title: C', d: 'title: D' });
    await say(planner, '__DONE__');
    await run.seen('planner:ended');
    expect(run.all('task:added').map(({ task }) => task)).toEqual(['b', 'c']);
    expect(run.all('task:refused').map(({ message }) => message)).toEqual(['the queue has room for 2 new tasks only']);
    await Promise.all([work(await agents.next(), 'echo b > b'), work(await agents.next(), 'echo c > c')]);
    expect(await run.exitCode).toBe(0);
    expect(await filesOf(repo.path, run.all('run:started')[0]?.run, 'refused')).toEqual(['d.yaml']);
  });

  test('is not asked while the queue is full', async () => {
    const { agents, swarm } = await open({
      config: planned,
      tasks: { a: 'title: A', b: 'title: B\ndepends_on: [never]', c: 'title: C\ndepends_on: [never]' },
    });
    const run = swarm();
    const first = await agents.next();
    expect(first.name).toBe('opencode');
    await work(first, 'echo a > a');
    const planner = await agents.next();
    expect(planner.name).toBe('my-agent');
    expect(planner.stdin).toContain('Propose at most 1.');
    await say(planner, '__DONE__');
    expect(await run.exitCode).toBe(0);
  });

  test('P9: is asked again when the queue is dry, until nothing new comes; then the run ends by itself', async () => {
    const { agents, swarm, tasks } = await open({ config: planned });
    const run = swarm();
    for (const id of ['one', 'two']) {
      const planner = await agents.next();
      expect(planner.name).toBe('my-agent');
      await propose(planner, { [id]: `title: ${id}` });
      await say(planner, 'There is more to come.');
      await work(await agents.next(), `echo ${id} > ${id}`);
    }
    const last = await agents.next();
    expect(last.stdin).toContain('one, two');
    await say(last, 'I can think of nothing.');
    expect(await run.exitCode).toBe(0);
    expect(await tasks('complete')).toEqual(['one', 'two']);
    expect(run.all('planner:ended').map(({ added, done }) => ({ added, done }))).toEqual([
      { added: 1, done: false },
      { added: 1, done: false },
      { added: 0, done: true },
    ]);
  });

  test('that brings no result is left for its fallback', async () => {
    const config = planned.replace('planner: {', 'planner: { fallback: [{ harness: codex }],');
    expect(config).not.toBe(planned);
    const { agents, swarm } = await open({ config, tasks: {} });
    const run = swarm();
    for (const name of ['my-agent', 'my-agent', 'codex', 'codex']) {
      const agent = await agents.next();
      expect(agent.name).toBe(name);
      await agent.exit(3);
    }
    expect(await run.exitCode).toBe(0);
    expect(run.all('chain:advanced')).toMatchObject([{ role: 'planner', to: 'codex' }]);
  });

  test('P5: a planner that fails ends planning with a reason, and stops no worker', async () => {
    const { agents, swarm, tasks } = await open({ config: planned, tasks: { a: 'title: A' } });
    const run = swarm();
    const both = [await agents.next(), await agents.next()];
    await both.find(({ name }) => name === 'my-agent')?.exit(3);
    await (await agents.next()).exit(3);
    const worker = both.find(({ name }) => name === 'opencode');
    if (worker !== undefined) await work(worker, 'echo a > a');
    expect(await run.exitCode).toBe(0);
    expect(await tasks('complete')).toEqual(['a']);
    expect(run.all('planner:ended').map(({ why }) => why)).toEqual([expect.stringContaining('crashed')]);
  });
});

describe('a worker', () => {
  test('with can_plan may propose tasks beside its work, and they are not part of the change', async () => {
    const { repo, agents, swarm, tasks } = await open({ config: planning, tasks: { a: 'title: A' } });
    const run = swarm();
    const worker = await agents.next();
    expect(worker.stdin).toContain('# New tasks');
    await propose(worker, { 'follow-up': 'title: More' });
    await work(worker, 'echo a > a.txt');
    await work(await agents.next(), 'echo more > more.txt');
    expect(await run.exitCode).toBe(0);
    expect(await tasks('complete')).toEqual(['a', 'follow-up']);
    expect((await repo.git('ls-tree', '-r', '--name-only', 'main')).split('\n')).not.toContain(
      'tasks/pending/follow-up.yaml',
    );
  });

  test('that proposes tasks and changes nothing is done, and needs no review', async () => {
    const { agents, swarm, tasks, task } = await open({
      config: `${planning}reviewer: { harness: claude }\n`,
      tasks: { think: 'title: Think' },
    });
    const run = swarm();
    const worker = await agents.next();
    await propose(worker, { idea: 'title: Idea\ndepends_on: [never]' });
    await work(worker, 'true');
    expect(await run.exitCode).toBe(0);
    expect(await task('complete', 'think')).toContain('outcome: proposed');
    expect(await tasks('pending')).toEqual(['idea']);
  });

  test('P6: without can_plan may not; what it wrote is kept with the run, and its work lands without it', async () => {
    const { repo, agents, swarm, tasks } = await open({ tasks: { a: 'title: A' } });
    const run = swarm();
    const worker = await agents.next();
    expect(worker.stdin).not.toContain('# New tasks');
    await propose(worker, { more: 'title: More' });
    await work(worker, 'echo a > a.txt');
    expect(await run.exitCode).toBe(0);
    expect(await tasks('pending')).toEqual([]);
    const [refused] = run.all('task:refused');
    expect(refused?.message).toContain('can_plan: false');
    expect(await repo.read(refused?.path ?? '')).toBe('title: More');
  });
});

describe('a run', () => {
  test('P9: whose tasks wait for each other goes on with all its workers until the last one is done', async () => {
    const { agents, swarm, tasks } = await open({
      config: 'workers: [{ name: builders, count: 3, harness: opencode }]\n',
      tasks: { a: 'title: A', b: 'title: B\ndepends_on: [a]', c: 'title: C\ndepends_on: [b]' },
    });
    const run = swarm();
    for (const id of ['a', 'b', 'c']) await work(await agents.next(), `echo ${id} > ${id}`);
    expect(await run.exitCode).toBe(0);
    expect(await tasks('complete')).toEqual(['a', 'b', 'c']);
    expect(run.all('run:ended')[0]?.why).toBe('dry');
  });
});

async function propose(agent: FakeAgent, files: Readonly<Record<string, string>>): Promise<void> {
  for (const [id, text] of Object.entries(files)) {
    const base64 = Buffer.from(text).toString('base64');
    await agent.run(`mkdir -p tasks/pending; echo ${base64} | base64 -d > 'tasks/pending/${id}.yaml'`);
  }
}

/** A CLI that prints plain text says this and ends well. */
async function say(agent: FakeAgent, message: string): Promise<void> {
  await agent.say(message);
  await agent.exit(0);
}

function filesOf(root: World['repo']['path'], run: string | undefined, kind: string): Promise<string[]> {
  return readdir(join(root, 'runs', run ?? '', kind));
}
