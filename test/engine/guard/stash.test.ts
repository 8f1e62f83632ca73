import { expect, test } from 'vitest';
import { open, ready, rescueIn, work } from '../open.ts';

const one = 'workers: [{ name: builders, harness: opencode }]\n';
const tasks = { a: 'title: A' };

test('P6: what an agent has stashed away is kept with the rest of its work', async () => {
  const { repo, agents, swarm, task } = await open({ config: one, tasks });
  const run = swarm({ iterations: 1 });
  const agent = await agents.next();
  await agent.run('echo stashed > README.md; echo new > new.txt; git stash -q -u; echo left > left.txt');
  await agent.answer('I give up.\n\nNEEDS_FOLLOWUP: too hard');
  await run.exitCode;
  const ref = rescueIn(await task('pending', 'a'));
  expect(await repo.git('show', `${ref}:left.txt`)).toBe('left');
  expect(await repo.git('show', `${ref}^2:README.md`)).toBe('stashed');
  expect(await repo.git('show', `${ref}^2^3:new.txt`)).toBe('new');
});

test('a stash of its own that the agent takes back is its own affair', async () => {
  const { repo, agents, swarm } = await open({ config: one, tasks });
  const run = swarm();
  await work(await agents.next(), 'echo a > README.md; git stash -q; git stash pop -q');
  expect(await run.exitCode).toBe(0);
  expect(run.all('stash:kept')).toEqual([]);
  expect(await repo.read('README.md')).toBe('a\n');
});

test.each([
  ['pops', 'git stash pop -q'],
  ['drops', 'git stash drop -q stash@{1}; git stash drop -q'],
  ['clears', 'git stash clear'],
])('P4: an agent that %s the stash of its owner destroys nothing', async (_, command) => {
  const { repo, agents, swarm } = await open({ config: one, tasks });
  await repo.write('README.md', 'older\n');
  await repo.git('stash', '-q');
  await repo.write('README.md', 'mine\n');
  await repo.git('stash', 'push', '-q', '-m', 'half done');
  const left = async () => (await repo.git('stash', 'list')).split('\n').filter((line) => line !== '').length;
  const run = swarm();
  const agent = await agents.next();
  await agent.run(`${command}; echo a > a.txt`);
  const gone = 2 - (await left());
  await agent.answer(ready);
  expect(await run.exitCode).toBe(0);
  const kept = run.all('stash:kept');
  expect(kept).toHaveLength(gone);
  const newest = kept.find(({ message }) => message === 'On main: half done');
  expect(newest?.ref).toMatch(/^refs\/oompa\/rescue\/stash\/\S+-builders-1-i1/);
  expect(await repo.git('show', `${newest?.ref ?? ''}:README.md`)).toBe('mine');
});
