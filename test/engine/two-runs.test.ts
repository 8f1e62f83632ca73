import { rename, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, test, vi } from 'vitest';
import { startCli } from '../rig/cli.ts';
import type { World } from '../rig/world.ts';
import { open, rescueIn, work } from './open.ts';

const one = 'workers: [{ name: builders, harness: opencode }]\n';

describe('two runs at once', () => {
  test('P1 P2 P3: each of twenty tasks lands exactly once, and none of them clashes', async () => {
    // Each agent waits until agents of both runs are there, so that neither can do all the work.
    const script = [
      'cat > /dev/null; touch ../../seen-$OOMPA_RUN',
      'until [ $(ls ../.. | grep -c ^seen-) -ge 2 ]; do sleep 0.05; done',
      'echo $OOMPA_RUN > $OOMPA_TASK.txt; echo COMPLETE_AND_READY_FOR_MERGE',
    ].join('; ');
    const ids = Array.from({ length: 20 }, (_, index) => `task-${String(index + 1).padStart(2, '0')}`);
    const { repo, agents, tasks } = await open({
      config: `workers: [{ name: builders, count: 3, harness: quick }]
verify: ["test -e README.md"]
harnesses: { quick: { command: [sh, -c, '${script}'], prompt: stdin, output: text } }
`,
      tasks: Object.fromEntries(ids.map((id) => [id, `title: ${id}\n`])),
    });
    const runs = [startCli(repo.path, ['swarm', '--json'], agents.env), startCli(repo.path, ['swarm'], agents.env)];
    for (const { ended } of runs) expect(await ended).toMatchObject({ code: 0, stderr: '' });

    expect(await tasks('complete')).toEqual(ids);
    for (const state of ['pending', 'current', 'failed']) expect(await tasks(state)).toEqual([]);
    expect((await landed(repo)).sort()).toEqual(ids);
    expect(await repo.git('status', '--porcelain')).toBe('');
    expect(await repo.git('for-each-ref', 'refs/oompa/claims', 'refs/oompa/rescue')).toBe('');
    const by = await Promise.all(ids.map((id) => repo.read(`${id}.txt`)));
    expect(new Set(by).size).toBe(2);
    await repo.git('fsck', '--strict', '--no-dangling');
  });
});

describe('after oompa was killed', () => {
  test('P2: a fast-forward that git was in the middle of is waited for, and its task is not done again', async () => {
    const { repo, agents, swarm, tasks } = await open({
      config: one,
      tasks: { a: 'title: A' },
      files: { '.gitattributes': '*.slow filter=slow\n' },
    });
    // Puts the file into the checkout only once it may.
    const [reached, may] = [join(repo.path, '.oompa/reached'), join(repo.path, '.oompa/may')];
    await repo.git(
      ...['config', 'filter.slow.smudge', `touch '${reached}'; until [ -e '${may}' ]; do sleep 0.05; done; cat`],
    );
    const killed = startCli(repo.path, ['swarm', '--json'], agents.env);
    const agent = await agents.next();
    await work(agent, 'echo a > a.slow');
    await vi.waitFor(() => stat(reached), { timeout: 60_000, interval: 20 });
    killed.kill('SIGKILL');
    await killed.ended;
    expect(await tasks('current')).toEqual(['a']);

    const run = swarm();
    const again = agents.next().then(
      () => 'an agent came',
      () => 'nobody came',
    );
    expect(await Promise.race([again, pause(2000, 'nobody came')])).toBe('nobody came');
    await writeFile(may, '');
    expect(await run.exitCode).toBe(0);
    expect(run.all('task:recovered')).toMatchObject([{ task: 'a', how: 'completed' }]);
    expect(run.all('task:claimed')).toEqual([]);
    expect(await landed(repo)).toEqual(['a']);
    expect(await repo.read('a.slow')).toBe('a\n');
    expect(await repo.git('status', '--porcelain')).toBe('');
  });

  test('P1 P6 P7: the next run ends its agents, keeps what they wrote, and the task lands once', async () => {
    const { repo, agents, swarm, tasks } = await open({ config: one, tasks: { a: 'title: A' } });
    const killed = startCli(repo.path, ['swarm', '--json'], agents.env);
    const orphan = await agents.next();
    const tool = await orphan.linger({ ownSession: true });
    await orphan.run('echo half > half.txt; touch "$(git rev-parse --git-dir)/index.lock"');
    killed.kill('SIGKILL');
    expect((await killed.ended).code).toBe(137);
    expect(await tasks('current')).toEqual(['a']);

    const run = swarm();
    await Promise.all([orphan.gone, tool.gone]);
    const agent = await agents.next();
    expect(agent.cwd).toBe(orphan.cwd);
    expect((await agent.run('ls')).output).not.toContain('half.txt');
    await work(agent, 'echo whole > whole.txt');
    expect(await run.exitCode).toBe(0);
    expect(run.all('task:recovered')).toMatchObject([{ task: 'a', how: 'released' }]);
    expect(await tasks('complete')).toEqual(['a']);
    expect(await landed(repo)).toEqual(['a']);
    const [kept = ''] = (await repo.git('for-each-ref', '--format=%(refname)', 'refs/oompa/rescue')).split('\n');
    expect(await repo.git('show', `${kept}:half.txt`)).toBe('half');
  });

  test('P2: in the moment after a landing: the task is complete, and no agent works on it again', async () => {
    const { repo, agents, swarm, tasks, task } = await open({ config: one, tasks: { a: 'title: A' } });
    const first = startCli(repo.path, ['swarm', '--plain'], agents.env);
    await work(await agents.next(), 'echo a > a.txt');
    expect((await first.ended).code).toBe(0);
    await rename(join(repo.path, 'tasks/complete/a.yaml'), join(repo.path, 'tasks/current/a.yaml'));
    const run = swarm();
    expect(await run.exitCode).toBe(0);
    expect(run.all('task:recovered')).toMatchObject([{ task: 'a', how: 'completed' }]);
    expect(run.all('turn:started')).toEqual([]);
    expect(await tasks('complete')).toEqual(['a']);
    expect(await task('complete', 'a')).toContain(`commit: ${await repo.git('rev-parse', 'main')}`);
    expect(await landed(repo)).toEqual(['a']);
  });

  test('P6: approved work that was held is not worked on again', async () => {
    const { repo, agents, swarm, tasks, task } = await open({ config: one, tasks: { a: 'title: A' } });
    await repo.write('README.md', 'mine\n');
    const killed = startCli(repo.path, ['swarm', '--json'], agents.env);
    await work(await agents.next(), 'echo theirs > README.md');
    expect((await killed.ended).code).toBe(1);
    const ref = rescueIn(await task('current', 'a'));
    await repo.git('restore', 'README.md');
    const run = swarm();
    expect(await run.exitCode).toBe(0);
    expect(run.all('turn:started')).toEqual([]);
    expect(await tasks('complete')).toEqual(['a']);
    expect(await repo.git('rev-parse', 'main^2')).toBe(await repo.git('rev-parse', ref));
  });
});

describe('a run beside another', () => {
  test('P7: touches neither its tasks nor its agents', async () => {
    const { repo, agents, swarm, tasks } = await open({ config: one, tasks: { a: 'title: A' } });
    const other = startCli(repo.path, ['swarm', '--json'], agents.env);
    const agent = await agents.next();
    await repo.write('tasks/pending/b.yaml', 'title: B\n');
    const run = swarm();
    const ours = await agents.next();
    expect(ours.env['OOMPA_TASK']).toBe('b');
    expect(ours.cwd).not.toBe(agent.cwd);
    await work(ours, 'echo b > b.txt');
    expect(await run.exitCode).toBe(0);
    expect(run.all('task:recovered')).toEqual([]);
    expect(await tasks('current')).toEqual(['a']);
    await work(agent, 'echo a > a.txt');
    expect((await other.ended).code).toBe(0);
    expect(await landed(repo)).toEqual(['a', 'b']);
  });
});

/** The tasks that main's commits name, newest first. */
async function landed({ git }: World['repo']): Promise<string[]> {
  const log = await git(
    'log',
    '--first-parent',
    '--format=%(trailers:key=Oompa-Task,valueonly,separator=%x2C)',
    'main',
  );
  return log.split('\n').filter((line) => line !== '');
}
