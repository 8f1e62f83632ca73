import { expect, test } from 'vitest';
import { open, ready, rescueIn, review, reviewer, work } from './open.ts';

const one = 'workers: [{ name: builders, harness: opencode }]\n';
const tasks = { a: 'title: A' };

test('P10: turns: an agent that never gets done is stopped after max_turns, and its work is kept', async () => {
  const { repo, agents, swarm, task } = await open({ config: `${one}limits: { max_turns: 2, attempts: 1 }\n`, tasks });
  const run = swarm();
  await (await agents.next()).answer('I look around.');
  const last = await agents.next();
  await last.run('echo half > half.txt');
  await last.answer('Nearly.');
  expect(await run.exitCode).toBe(1);
  const text = await task('failed', 'a');
  expect(text).toContain('outcome: turns-exhausted');
  expect(await repo.git('show', `${rescueIn(text)}:half.txt`)).toBe('half');
});

test('P10: rounds: work that still has objections after max_rounds goes back with all of them', async () => {
  const world = await open({ config: `${one}${reviewer}limits: { attempts: 2 }\n`, tasks });
  const run = world.swarm();
  await work(await world.agents.next(), 'echo 1 > a.txt');
  await review(world, 'First objection.\nVERDICT: NEEDS_CHANGES');
  await work(await world.agents.next(), 'echo 2 > a.txt');
  await review(world, 'Second objection.\nVERDICT: NEEDS_CHANGES');
  const next = await world.agents.next();
  expect(next.argv).not.toContain('-s');
  for (const said of ['after 2 rounds', 'First objection.', 'Second objection.']) expect(next.stdin).toContain(said);
  await work(next, 'echo 3 > a.txt');
  await review(world, 'VERDICT: APPROVED');
  expect(await run.exitCode).toBe(0);
  expect(await world.task('complete', 'a')).toContain('attempts: 1');
});

test('a rejected approach ends the iteration, and the reason goes with the task', async () => {
  const world = await open({ config: `${one}${reviewer}limits: { attempts: 1 }\n`, tasks });
  const run = world.swarm();
  await work(await world.agents.next(), 'echo 1 > a.txt');
  await review(world, 'Wrong layer.\nVERDICT: REJECTED');
  expect(await run.exitCode).toBe(1);
  expect(run.all('turn:started')).toHaveLength(1);
  const text = await world.task('failed', 'a');
  expect(text).toContain('outcome: rejected');
  expect(text).toContain('Wrong layer.');
});

test.each([
  ['time', 'turn_timeout: 1s', 'timeout'],
  ['silence', 'silence: 1s', 'silent'],
])('P10: %s: an agent that hangs is ended and named', async (_, limit, kind) => {
  const { swarm, task } = await open({ config: `${one}limits: { ${limit}, attempts: 1 }\n`, tasks });
  const run = swarm();
  expect(await run.exitCode).toBe(1);
  expect(run.all('turn:ended').map(({ failure }) => failure?.kind)).toEqual([kind, kind]);
  // Each of the two was told before it came.
  expect(run.all('turn:warned').map(({ why }) => why)).toEqual([kind, kind]);
  expect(await task('failed', 'a')).toContain('outcome: agent-failed');
});

test('P10: a verify command that hangs is ended, and costs an attempt when it does so with the change only', async () => {
  const { agents, swarm, task } = await open({
    config: `${one}verify: ["while test -e a; do :; done"]\nlimits: { verify_timeout: 1s, attempts: 1 }\n`,
    tasks,
  });
  const run = swarm();
  await work(await agents.next(), 'echo a > a');
  expect(await run.exitCode).toBe(1);
  expect(run.all('turn:started')).toHaveLength(1);
  expect(run.all('verify:ended').map(({ result }) => result)).toEqual(['could-not-run', 'could-not-run']);
  expect(await task('failed', 'a')).toContain('outcome: verify-unavailable');
});

test('P10: money and tokens: the run takes no new task once it has used what it may', async () => {
  const world = await open({ config: `${one}limits: { max_tokens: 100 }\n`, tasks: { a: 'title: A', b: 'title: B' } });
  const run = world.swarm();
  await work(await world.agents.next(), 'echo a > a');
  expect(await run.exitCode).toBe(0);
  expect(run.all('run:ended')[0]?.why).toBe('limit-reached');
  expect(await world.tasks('complete')).toEqual(['a']);
  expect(await world.tasks('pending')).toEqual(['b']);
});

test('iterations: each worker takes on so many tasks', async () => {
  const world = await open({ config: one, tasks: { a: 'title: A', b: 'title: B' } });
  const run = world.swarm({ iterations: 1 });
  await work(await world.agents.next(), 'echo a > a');
  expect(await run.exitCode).toBe(0);
  expect(run.all('run:ended')[0]?.why).toBe('iterations-done');
  expect(await world.tasks('pending')).toEqual(['b']);
});

test('P5: an agent that says that it is ready and has changed nothing is asked once, and then not believed', async () => {
  const { agents, swarm, task } = await open({ config: `${one}limits: { attempts: 1 }\n`, tasks });
  const run = swarm();
  await (await agents.next()).answer(ready);
  const asked = await agents.next();
  expect(asked.stdin).toContain('no file has changed');
  await asked.answer(ready);
  expect(await run.exitCode).toBe(1);
  expect(await task('failed', 'a')).toContain('outcome: no-changes');
});
