import { expect, test } from 'vitest';
import { loadConfig } from '../../src/config/load.ts';
import type { NewEvent } from '../../src/core/event.ts';
import { openSwarm } from '../../src/engine/open-swarm.ts';
import { createShutdown } from '../../src/engine/shutdown.ts';
import { runSwarm } from '../../src/engine/swarm.ts';
import { openRepository } from '../../src/git/repository.ts';
import { newRunId } from '../../src/runs/run-id.ts';
import { createRun } from '../../src/runs/run-log.ts';
import { open, work } from './open.ts';

test('P10: a bug ends its own iteration with a name, and the run goes on to its end', async () => {
  const { repo, agents, tasks, task } = await open({
    config: `workers: [{ name: builders, harness: opencode }, { name: broken, harness: opencode }]
limits: { attempts: 1 }
`,
    tasks: { a: 'title: A', b: 'title: B' },
  });
  const run = oneRun(repo.path, { ...process.env, ...agents.env });
  await work(await agents.next(), 'echo done > done.txt');
  expect(await run.ended).toBe('dry');
  const bugs = (await run.events()).filter((event) => event.type === 'iteration:ended');
  expect(bugs.map(({ worker, outcome }) => `${worker} ${outcome.kind}`).sort()).toEqual([
    'broken-1 internal-error',
    'builders-1 landed',
  ]);
  expect(await tasks('complete')).toHaveLength(1);
  const [failed = ''] = await tasks('failed');
  expect(await task('failed', failed)).toContain('internal error: no harness ghost');
});

/** A run whose config names a harness that does not exist: nobody could write such a file, so it stands for a bug of ours. */
function oneRun(path: string, env: NodeJS.ProcessEnv) {
  const events: NewEvent[] = [];
  const ended = (async () => {
    const opened = await openRepository(path);
    const loaded = await loadConfig({
      path: `${path}/oompa.config.yaml`,
      workspace: path,
      knownHarnesses: ['opencode'],
    });
    if (opened.kind !== 'open' || loaded.kind !== 'loaded') throw new Error('the workspace is not as it should be');
    const workers = loaded.config.workers.map((pool) =>
      pool.name === 'broken' ? { ...pool, harness: 'ghost' } : pool,
    );
    const surroundings = { redact: (text: string) => text, now: () => new Date() };
    const created = createRun({
      workspace: path,
      id: newRunId(new Date(), Math.random()),
      record: {},
      pidStart: undefined,
      onEvent: (event) => events.push(event),
      ...surroundings,
    });
    if (created.kind === 'failed') throw new Error(created.message);
    const swarm = await openSwarm({
      repository: opened.repository,
      config: { ...loaded.config, workers },
      prompts: { planner: '', workers: { builders: '{{task.title}}', broken: '{{task.title}}' }, reviewers: {} },
      log: created.log,
      shutdown: createShutdown(),
      env,
      version: '0',
      password: 'unused',
      bwrap: undefined,
      ...surroundings,
    });
    const why = await runSwarm(swarm.context).finally(() => swarm.close());
    created.log.close();
    return why;
  })();
  return { ended, events: async () => ended.then(() => events) };
}
