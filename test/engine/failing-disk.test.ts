import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { open, ready, work } from './open.ts';

const task = { tasks: { a: 'title: A' } };

test('a disk that takes no claim makes the worker wait and say why; it goes on by itself', async () => {
  const { repo, agents, swarm, tasks } = await open(task);
  // In the way of all locks.
  const obstacle = join(repo.path, '.oompa/claims/.locks');
  await mkdir(join(repo.path, '.oompa/claims'), { recursive: true });
  await writeFile(obstacle, '');
  const run = swarm();
  expect((await run.seen('worker:waiting')).why).toMatch(/^for the disk: ENOTDIR/);
  expect(await tasks('pending')).toEqual(['a']);
  await rm(obstacle);
  const agent = await agents.next();
  await agent.run('echo a > a.txt');
  await agent.answer(ready);
  expect(await run.exitCode).toBe(0);
  expect(await tasks('complete')).toEqual(['a']);
});

test('a task that the disk does not let move on stays claimed, is named, and is settled by the next start', async () => {
  const { repo, agents, swarm, tasks } = await open(task);
  const first = swarm();
  const agent = await agents.next();
  // In the way of its lock.
  const obstacle = join(repo.path, '.oompa/claims/.locks/a');
  await mkdir(join(obstacle, 'in-the-way'), { recursive: true });
  await work(agent, 'echo a > a.txt');
  expect((await first.seen('problem:seen')).message).toMatch(
    /^a: its file stays in tasks\/current until the next start settles it: /,
  );
  await first.exitCode;
  expect(await tasks('current')).toEqual(['a']);
  expect(await repo.git('log', '-1', '--format=%s', 'main')).toBe('A');

  await rm(obstacle, { recursive: true });
  const claims = join(repo.path, '.oompa/claims');
  const note = JSON.parse(await repo.read('.oompa/claims/a.json')) as { pid: number };
  // Both runs are this process's here; the first one's would be gone.
  await writeFile(join(claims, 'a.json'), JSON.stringify({ ...note, start: 'long ago' }));
  expect(await swarm().exitCode).toBe(0);
  expect(await tasks('complete')).toEqual(['a']);
  expect(await repo.git('rev-list', '--first-parent', '--count', 'main')).toBe('2');
});
