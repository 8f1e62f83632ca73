import { expect, test } from 'vitest';
import { open, work } from './open.ts';

test('P10: a failure that nobody foresaw ends its own iteration with a name, and the run goes on to its end', async () => {
  const { repo, agents, swarm, tasks, task } = await open({
    config: 'workers: [{ name: builders, harness: opencode }]\nlimits: { attempts: 1 }\n',
    tasks: { a: 'title: A', b: 'title: B' },
  });
  const run = swarm();
  const agent = await agents.next();
  // No folder for temporary files can be made from here on.
  await agent.run(`rm -rf '${repo.path}/.oompa/tmp' && echo in the way > '${repo.path}/.oompa/tmp'`);
  await work(agent, 'echo a > a.txt');
  expect(await run.exitCode).toBe(1);
  expect(await tasks('complete')).toEqual(['a']);
  expect(await tasks('failed')).toEqual(['b']);
  expect(await task('failed', 'b')).toContain('outcome: internal-error');
  expect(run.all('run:ended')).toHaveLength(1);
});
