import { describe, expect, test } from 'vitest';
import { open, pipes, rescueIn, review, reviewer, work } from './open.ts';

const two = 'workers: [{ name: builders, count: 2, harness: opencode }]\n';
const reviewed = `workers: [{ name: builders, harness: opencode }]\n${reviewer}`;

describe('the first Ctrl-C', () => {
  test('P6: lets agents finish their turn, keeps their work, and puts the tasks back with no attempt used', async () => {
    const { repo, agents, swarm, tasks, task } = await open({
      config: two,
      tasks: { a: 'title: A', b: 'title: B', c: 'title: C' },
    });
    const run = swarm();
    const first = await agents.next();
    const second = await agents.next();
    run.stop('polite');
    await run.seen('run:draining');
    await first.run('echo half > half.txt');
    await first.answer('I go on next time.');
    await second.run('echo other > other.txt');
    await second.answer('NEEDS_FOLLOWUP: more time');
    expect(await run.exitCode).toBe(130);

    expect(run.all('turn:started')).toHaveLength(2);
    expect(run.all('run:ended')[0]?.why).toBe('drained');
    expect(await tasks('pending')).toEqual(['a', 'b', 'c']);
    expect(await tasks('current')).toEqual([]);
    const interrupted = run.all('iteration:ended').find(({ outcome }) => outcome.kind === 'interrupted');
    const text = await task('pending', interrupted?.task ?? '');
    expect(text).not.toContain('attempts:');
    expect(await repo.git('show', `${rescueIn(text)}:half.txt`)).toBe('half');
  });

  test('still lands work that its reviewer approves in the turn that was going on', async () => {
    const world = await open({ config: reviewed, tasks: { a: 'title: A', b: 'title: B' } });
    const run = world.swarm();
    await work(await world.agents.next(), 'echo a > a.txt');
    const judge = await world.agents.next();
    run.stop('polite');
    await judge.say('VERDICT: APPROVED');
    await judge.exit(0);
    expect(await run.exitCode).toBe(130);
    expect(await world.tasks('complete')).toEqual(['a']);
    expect(await world.tasks('pending')).toEqual(['b']);
    expect(await world.repo.read('a.txt')).toBe('a\n');
  });

  test('lands work that is ready, when nobody has to review it', async () => {
    const { agents, swarm, tasks } = await open({ tasks: { a: 'title: A', b: 'title: B' } });
    const run = swarm();
    const agent = await agents.next();
    run.stop('polite');
    await work(agent, 'echo a > a.txt');
    expect(await run.exitCode).toBe(130);
    expect(await tasks('complete')).toEqual(['a']);
    expect(await tasks('pending')).toEqual(['b']);
  });

  test('starts no reviewer: the work that would need one is kept and told to the next attempt', async () => {
    const world = await open({ config: reviewed, tasks: { a: 'title: A' } });
    const run = world.swarm();
    const agent = await world.agents.next();
    run.stop('polite');
    await work(agent, 'echo a > a.txt');
    expect(await run.exitCode).toBe(130);
    expect(run.all('review:started')).toEqual([]);
    const ref = rescueIn(await world.task('pending', 'a'));

    const next = world.swarm();
    const again = await world.agents.next();
    expect(again.stdin).toContain(ref);
    await work(again, `git cherry-pick ${ref}`);
    await review(world, 'VERDICT: APPROVED');
    expect(await next.exitCode).toBe(0);
    expect(await world.repo.read('a.txt')).toBe('a\n');
  });

  test('ends a run whose workers all wait for something', async () => {
    const { agents, swarm, tasks } = await open({
      config: two,
      tasks: { a: 'title: A', b: 'title: B\ndepends_on: [a]' },
    });
    const run = swarm();
    const agent = await agents.next();
    await run.seen('worker:waiting');
    run.stop('polite');
    await work(agent, 'echo a > a.txt');
    expect(await run.exitCode).toBe(130);
    expect(await tasks('pending')).toEqual(['b']);
  });
});

describe('the second Ctrl-C, and a termination signal', () => {
  test('P7: end agents at once, keep the work, and leave nothing claimed', async () => {
    const { repo, agents, swarm, tasks, task } = await open({ config: two, tasks: { a: 'title: A', b: 'title: B' } });
    const run = swarm();
    const [first, second] = [await agents.next(), await agents.next()];
    const server = await first.linger({ ownSession: true });
    await first.run('echo half > half.txt');
    run.stop('polite');
    run.stop('polite');
    await Promise.all([first.gone, second.gone, server.gone]);
    expect(await run.exitCode).toBe(130);
    expect(run.all('run:ended')[0]?.why).toBe('interrupted');
    expect(await tasks('pending')).toEqual(['a', 'b']);
    expect(await tasks('current')).toEqual([]);
    const texts = await Promise.all(['a', 'b'].map((id) => task('pending', id)));
    expect(texts.join()).not.toContain('attempts:');
    const refs = texts.map(rescueIn).filter((ref) => ref.startsWith('refs/'));
    expect(refs).toHaveLength(1);
    expect(await repo.git('show', `${refs[0] ?? ''}:half.txt`)).toBe('half');
    expect(await repo.git('for-each-ref', 'refs/oompa/claims')).toBe('');
  });

  test('P7: one termination signal is enough, even in the middle of a review', async () => {
    const { agents, swarm, tasks, task } = await open({ config: reviewed, tasks: { a: 'title: A' } });
    const run = swarm();
    await work(await agents.next(), 'echo a > a.txt');
    const judge = await agents.next();
    run.stop('now');
    await judge.gone;
    expect(await run.exitCode).toBe(130);
    expect(await tasks('pending')).toEqual(['a']);
    expect(await task('pending', 'a')).toMatch(/outcome: interrupted\n(?!.*attempts:)/s);
  });

  test('P7: end a check that is being run, and blame nobody', async () => {
    const { repo, agents, swarm, tasks, task } = await open({
      config: 'workers: [{ name: builders, harness: opencode }]\nverify: ["cat ../../../pipe"]\n',
      tasks: { a: 'title: A' },
    });
    pipes(`${repo.path}/pipe`);
    const run = swarm();
    await work(await agents.next(), 'echo a > a.txt');
    await run.seen('verify:started');
    run.stop('now');
    expect(await run.exitCode).toBe(130);
    expect(await tasks('pending')).toEqual(['a']);
    const text = await task('pending', 'a');
    expect(text).not.toContain('attempts:');
    expect(await repo.git('show', `${rescueIn(text)}:a.txt`)).toBe('a');
  });

  test('end the setup of a worktree, too', async () => {
    const { repo, swarm, tasks, task } = await open({
      config: 'workers: [{ name: builders, harness: opencode }]\nsetup: ["echo > ../../../begun; cat ../../../pipe"]\n',
      tasks: { a: 'title: A' },
    });
    pipes(`${repo.path}/begun`, `${repo.path}/pipe`);
    const run = swarm();
    await repo.read('begun');
    run.stop('now');
    expect(await run.exitCode).toBe(130);
    expect(await tasks('pending')).toEqual(['a']);
    expect(await task('pending', 'a')).not.toContain('attempts:');
  });
});

test('a planner is ended like any other agent', async () => {
  const { agents, swarm } = await open({
    config: 'workers: [{ name: builders, harness: opencode }]\nplanner: { harness: my-planner }\n'.concat(
      'harnesses: { my-planner: { command: [my-agent], prompt: stdin, output: text } }\n',
    ),
  });
  const run = swarm();
  const planner = await agents.next();
  run.stop('now');
  await planner.gone;
  expect(await run.exitCode).toBe(130);
  expect(run.all('turn:started')).toHaveLength(1);
});
