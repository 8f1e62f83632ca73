import { statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { startCli } from '../rig/cli.ts';
import { open, work } from './open.ts';

const config = 'workers: [{ name: builders, harness: opencode }]\nlimits: { lease: 1s }\n';

test('P1 P2: a run that was paused past its lease can land nothing that another has taken; its work is kept', async () => {
  const { repo, agents, swarm, tasks } = await open({
    config,
    tasks: { a: 'title: A', b: 'title: B\ndepends_on: [a]' },
  });
  const paused = startCli(repo.path, ['swarm', '--json', '--iterations', '1'], agents.env);
  const first = await agents.next();
  paused.kill('SIGSTOP');
  await first.run('echo late > late.txt');

  // The other run waits for the first task, until nobody seems to work on it any more.
  const run = swarm();
  const second = await agents.next();
  expect(run.all('task:recovered')).toEqual([expect.objectContaining({ task: 'a', how: 'released' })]);
  expect(second.env['OOMPA_TASK']).toBe('a');
  paused.kill('SIGCONT');
  await first.gone;
  expect((await paused.ended).stdout).toContain('"kind":"stale-claim"');
  expect(await tasks('current')).toEqual(['a']);

  await work(second, 'echo a > a.txt');
  await work(await agents.next(), 'echo b > b.txt');
  expect(await run.exitCode).toBe(0);
  expect(await tasks('complete')).toEqual(['a', 'b']);
  expect(run.all('landing:landed').map(({ task }) => task)).toEqual(['a', 'b']);
  expect(await repo.git('ls-tree', '--name-only', 'main')).not.toContain('late.txt');
  const rescue = await repo.git('for-each-ref', '--format=%(refname)', 'refs/oompa/rescue/a');
  expect(await repo.git('show', `${rescue}:late.txt`)).toBe('late');
});

test('a claim outlives many leases while its run is there', async () => {
  const { repo, agents, swarm, tasks } = await open({ config, tasks: { a: 'title: A' } });
  const run = swarm();
  const agent = await agents.next();
  const note = join(repo.path, '.oompa', 'claims', 'a.json');
  const claimed = statSync(note).mtimeMs;
  await vi.waitFor(() => expect(statSync(note).mtimeMs).toBeGreaterThan(claimed + 3000), { timeout: 60_000 });
  const other = swarm();
  expect(await other.exitCode).toBe(0);
  expect(other.all('task:recovered')).toEqual([]);
  await work(agent, 'echo a > a.txt');
  expect(await run.exitCode).toBe(0);
  expect(run.all('landing:landed')).toHaveLength(1);
  expect(await tasks('complete')).toEqual(['a']);
});
