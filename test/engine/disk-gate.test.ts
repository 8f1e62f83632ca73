import { expect, test } from 'vitest';
import { open, ready } from './open.ts';

const task = { tasks: { a: 'title: A' } };

test('no task is claimed while the disk has too little room: the worker waits, says why, and a stop ends it', async () => {
  const { swarm, tasks } = await open({
    ...task,
    config: 'workers: [{ name: builders, harness: opencode }]\nlimits: { free_disk: 1000000GB }\n',
  });
  const run = swarm();
  expect((await run.seen('worker:waiting')).why).toMatch(
    /^for room on the disk: .* are free, limits\.free_disk asks for 1000000 GB \(make room: oompa cleanup\)/,
  );
  run.stop('polite');
  await run.exitCode;
  expect(run.all('task:claimed')).toEqual([]);
  expect(await tasks('pending')).toEqual(['a']);
});

test('work goes on with the room that there is', async () => {
  const { swarm, agents, tasks } = await open({
    ...task,
    config: 'workers: [{ name: builders, harness: opencode }]\nlimits: { free_disk: 1MB }\n',
  });
  const run = swarm();
  const agent = await agents.next();
  await agent.run('echo a > a.txt');
  await agent.answer(ready);
  expect(await run.exitCode).toBe(0);
  expect(run.all('worker:waiting')).toEqual([]);
  expect(await tasks('complete')).toEqual(['a']);
});
