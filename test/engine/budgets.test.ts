import { describe, expect, test } from 'vitest';
import { stepFinish, stepStart, textLine } from '../rig/opencode-lines.ts';
import { open, ready, rescueIn, reviewer, work } from './open.ts';

const one = 'workers: [{ name: builders, harness: opencode }]\n';

// Every answer of the fake opencode has used 120 tokens.
describe('a budget', () => {
  test('of a task ends its turns, and fails it: another attempt would be over it from the start', async () => {
    const world = await open({
      config: `${one}${reviewer}limits: { task: { max_tokens: 100 }, attempts: 3 }\n`,
      tasks: { a: 'title: A', b: 'title: B' },
    });
    const run = world.swarm();
    for (const id of ['a', 'b']) {
      const agent = await world.agents.next();
      expect(agent.name).toBe('opencode');
      await work(agent, `echo ${id} > ${id}`);
    }
    expect(await run.exitCode).toBe(1);
    expect(await world.tasks('failed')).toEqual(['a', 'b']);
    expect(run.all('iteration:ended')[0]?.outcome).toEqual({
      kind: 'over-budget',
      scope: 'task',
      what: 'tokens',
      limit: 100,
    });
    expect(run.all('budget:reached')).toMatchObject([
      { scope: 'task', name: 'a', what: 'tokens', limit: 100, spent: 120, hard: false },
      { scope: 'task', name: 'b' },
    ]);
    expect(await world.repo.git('show', `${rescueIn(await world.task('failed', 'a'))}:a`)).toBe('a');
  });

  test('of a pool leaves the queue to the other pools', async () => {
    const world = await open({
      config: `workers:
  - { name: dear, harness: opencode, limits: { max_tokens: 100 } }
  - { name: cheap, harness: spare }
harnesses: { spare: { command: [my-agent], prompt: stdin, output: text } }
`,
      tasks: { a: 'title: A', b: 'title: B', c: 'title: C' },
    });
    const run = world.swarm();
    const both = [await world.agents.next(), await world.agents.next()];
    const dear = both.find(({ name }) => name === 'opencode');
    const cheap = both.find(({ name }) => name === 'my-agent');
    if (dear === undefined || cheap === undefined) throw new Error('one agent of each pool was to come');
    await work(dear, 'echo x > $OOMPA_TASK');
    expect(await run.seen('worker:stopped')).toMatchObject({
      worker: 'dear-1',
      why: 'the limits of its pool are reached',
    });
    for (const agent of [cheap, world.agents.next()]) {
      const present = await agent;
      expect(present.name).toBe('my-agent');
      await present.run('echo x > $OOMPA_TASK');
      await present.say(ready);
      await present.exit(0);
    }
    expect(await run.exitCode).toBe(0);
    expect(await world.tasks('complete')).toEqual(['a', 'b', 'c']);
  });

  test('of the run that is hard ends the agent that passes it, and the work is kept', async () => {
    const world = await open({ config: `${one}limits: { max_tokens: 200, hard: true }\n`, tasks: { a: 'title: A' } });
    const run = world.swarm();
    const agent = await world.agents.next();
    await agent.run('echo half > half.txt');
    for (let step = 0; step < 2; step += 1) {
      for (const line of [stepStart('ses_1'), textLine('ses_1', 'On it.'), stepFinish('ses_1', 'tool-calls')]) {
        await agent.say(line).catch(() => undefined);
      }
    }
    await agent.gone;
    expect(await run.exitCode).toBe(0);
    expect(run.all('turn:ended')[0]?.failure?.kind).toBe('over-budget');
    expect(run.all('iteration:ended')[0]?.outcome).toMatchObject({ kind: 'over-budget', scope: 'run', what: 'tokens' });
    expect(run.all('run:ended')[0]?.why).toBe('limit-reached');
    expect(await world.tasks('pending')).toEqual(['a']);
    expect(await world.repo.git('show', `${rescueIn(await world.task('pending', 'a'))}:half.txt`)).toBe('half');
  });

  test('of time that is hard ends the agent that is at work when it is over', async () => {
    const world = await open({
      config: `${one}limits: { task: { max_runtime: 2s, hard: true } }\n`,
      tasks: { a: 'title: A' },
    });
    const run = world.swarm();
    const agent = await world.agents.next();
    await agent.run('echo half > half.txt');
    await agent.gone;
    expect(await run.exitCode).toBe(1);
    const over = { scope: 'task', what: 'runtime', limit: 2000 };
    expect(run.all('iteration:ended')[0]?.outcome).toEqual({ kind: 'over-budget', ...over });
    expect(run.all('budget:reached')).toMatchObject([{ ...over, name: 'a', hard: true }]);
    expect(await world.repo.git('show', `${rescueIn(await world.task('failed', 'a'))}:half.txt`)).toBe('half');
  });

  test('that has no room for a whole turn stops the run, and says which one it was', async () => {
    const world = await open({
      config: `${one}limits: { max_tokens: 200, turn: { max_tokens: 150 } }\n`,
      tasks: { a: 'title: A', b: 'title: B' },
    });
    const run = world.swarm();
    await work(await world.agents.next(), 'echo a > a');
    expect(await run.exitCode).toBe(0);
    expect(run.all('run:ended')[0]?.why).toBe('limit-reached');
    expect(run.all('budget:reached')).toMatchObject([{ scope: 'run', what: 'tokens', limit: 200, spent: 120 }]);
    expect(await world.tasks('pending')).toEqual(['b']);
  });

  test('of money stops the run once it has cost that much', async () => {
    const world = await open({
      config: `workers: [{ name: builders, harness: opencode, model: known }]
prices: { known: { input: 5000, output: 25000 } }
limits: { max_cost_usd: 1 }
`,
      tasks: { a: 'title: A', b: 'title: B' },
    });
    const run = world.swarm();
    await work(await world.agents.next(), 'echo a > a');
    expect(await run.exitCode).toBe(0);
    expect(run.all('run:ended')[0]?.why).toBe('limit-reached');
    expect(run.all('budget:reached')).toMatchObject([{ scope: 'run', what: 'cost', limit: 1, spent: 1 }]);
    expect(await world.tasks('pending')).toEqual(['b']);
  });

  test('of a turn ends it as a failure of the agent, whose fallback is asked', async () => {
    const world = await open({
      config: `workers: [{ name: builders, harness: opencode, fallback: [{ harness: spare }] }]
harnesses: { spare: { command: [my-agent], prompt: stdin, output: text } }
limits: { turn: { max_tokens: 100 } }
`,
      tasks: { a: 'title: A' },
    });
    const run = world.swarm();
    const agent = await world.agents.next();
    for (const line of [stepStart('ses_1'), stepFinish('ses_1', 'tool-calls')]) await agent.say(line);
    await agent.gone;
    const other = await world.agents.next();
    expect(other.name).toBe('my-agent');
    await other.run('echo a > a');
    await other.say(ready);
    await other.exit(0);
    expect(await run.exitCode).toBe(0);
  });

  test('of money counts what a CLI reports in tokens by the prices of the config, and nothing where there is none', async () => {
    const world = await open({
      config: `workers: [{ name: builders, harness: opencode, model: acme/known }]
reviewer: { harness: opencode, model: acme/unknown }
prices: { known: { input: 5000, output: 25000 } }
`,
      tasks: { a: 'title: A' },
    });
    const run = world.swarm();
    await work(await world.agents.next(), 'echo a > a');
    await (await world.agents.next()).answer('VERDICT: APPROVED');
    expect(await run.exitCode).toBe(0);
    expect(run.all('turn:ended')[0]?.usage).toEqual({ input: 100, output: 20, costUsd: 1 });
    expect(run.all('review:ended')[0]?.usage).toEqual({ input: 100, output: 20 });
  });
});
