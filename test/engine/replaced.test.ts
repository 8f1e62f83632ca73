import { expect, test } from 'vitest';
import { open, rescueIn, review, reviewer, work } from './open.ts';

const config = `workers: [{ name: builders, harness: opencode }]\n${reviewer}`;

test.each([
  ['amends what it committed', 'echo better > a.txt; git commit -q -a --amend -m better'],
  ['goes back to the start', 'git reset -q --hard HEAD~; echo better > a.txt'],
])('P6: an agent that %s in a later turn: the commit of the earlier one is kept', async (_, command) => {
  const world = await open({ config, tasks: { a: 'title: A' } });
  const run = world.swarm();
  await work(await world.agents.next(), 'echo a > a.txt; git add -A; git commit -qm a');
  await review(world, 'Better, please.\n\nVERDICT: NEEDS_CHANGES');
  await work(await world.agents.next(), command);
  await review(world, 'VERDICT: APPROVED');
  expect(await run.exitCode).toBe(0);
  const commits = run.all('work:committed').map(({ commit }) => commit);
  expect(commits).toHaveLength(2);
  expect(await world.repo.git('show', 'main:a.txt')).toBe('better');
  expect(await world.repo.git('for-each-ref', '--format=%(refname)', '--contains', commits[0] ?? '')).toContain(
    'refs/oompa/rescue/left/',
  );
});

test('P6: an agent that deletes its worktree and its branch: what an earlier turn had committed is kept', async () => {
  const world = await open({ config: `${config}limits: { attempts: 1 }\n`, tasks: { a: 'title: A' } });
  const run = world.swarm();
  await work(await world.agents.next(), 'echo a > a.txt');
  await review(world, 'Better, please.\n\nVERDICT: NEEDS_CHANGES');
  const agent = await world.agents.next();
  await work(agent, 'git update-ref -d "$(git symbolic-ref HEAD)"; rm -rf "$PWD"');
  expect((await run.seen('iteration:ended')).outcome).toMatchObject({ kind: 'git-failed' });
  await run.exitCode;
  expect(await world.repo.git('show', `${rescueIn(await world.task('failed', 'a'))}:a.txt`)).toBe('a');
});
