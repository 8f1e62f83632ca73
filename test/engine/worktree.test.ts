import { chmod } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { open, work } from './open.ts';

const one = 'workers: [{ name: builders, harness: opencode }]\n';
const two = 'workers: [{ name: builders, count: 2, harness: opencode }]\n';
const tasksOf = (...ids: readonly string[]) => Object.fromEntries(ids.map((id) => [id, `title: ${id}\n`]));

describe('what an agent finds in its worktree', () => {
  test('is copied, linked and included from the workspace, and is no part of the change', async () => {
    const { repo, agents, swarm } = await open({
      config: `${one}worktree: { copy: [.env.local], link: [cache] }\n`,
      files: { '.gitignore': '.oompa/\nruns/\ntasks/\n.env*\ncache\n*.pem\n', '.worktreeinclude': '*.pem\n' },
      tasks: tasksOf('a'),
    });
    for (const path of ['.env.local', 'cache/big', 'deep/key.pem', '.env.other']) await repo.write(path, `${path}\n`);
    const run = swarm();
    const agent = await agents.next();
    expect((await agent.run('cat .env.local cache/big deep/key.pem; readlink cache; ls -A')).output).toBe(
      `.env.local\ncache/big\ndeep/key.pem\n${repo.path}/cache\n${['.env.local', '.git', '.gitignore', '.worktreeinclude', 'README.md', 'cache', 'deep', 'oompa.config.yaml'].join('\n')}\n`,
    );
    await work(agent, 'echo changed > .env.local; echo a > a.txt');
    expect(await run.exitCode).toBe(0);
    expect(await repo.read('.env.local')).toBe('.env.local\n');
    expect(await repo.git('show', '--format=', '--name-only', '--first-parent', '-m', 'main')).toBe('a.txt');
  });

  test('is set up once in each new worktree, and again when a file that the step names has changed', async () => {
    const { repo, agents, swarm } = await open({
      config: `${one}setup: ["echo once >> ../../setup.log", { run: "echo lock >> ../../setup.log", when: [lock] }]\n`,
      files: { lock: '1\n' },
      tasks: tasksOf('a', 'b', 'c'),
    });
    const run = swarm();
    await work(await agents.next(), 'echo a > a');
    await work(await agents.next(), 'echo 2 > lock');
    await work(await agents.next(), 'echo c > c');
    expect(await run.exitCode).toBe(0);
    expect(await repo.read('.oompa/setup.log')).toBe('once\nlock\nlock\n');
    await repo.write('tasks/pending/d.yaml', 'title: d');
    const later = swarm();
    await work(await agents.next(), 'echo d > d');
    expect(await later.exitCode).toBe(0);
    expect(await repo.read('.oompa/setup.log')).toBe('once\nlock\nlock\n');
  });

  test('a setup that fails costs no attempt, no agent is asked, and its words are in the task file', async () => {
    const { swarm, task } = await open({
      config: `${one}setup: ["echo no lock file >&2; exit 3"]\nlimits: { attempts: 1 }\n`,
      tasks: tasksOf('a'),
    });
    const run = swarm();
    await run.seen('iteration:ended');
    // It would be tried twice more, after pauses.
    run.stop('polite');
    expect(await run.exitCode).toBe(130);
    expect(run.all('turn:started')).toEqual([]);
    const text = await task('pending', 'a');
    expect(text).toContain('outcome: setup-failed');
    expect(text).toContain('no lock file');
  });

  test('is what main holds now: of an earlier iteration only ignored files stay, and with clean: all nothing', async () => {
    for (const [clean, left] of [
      ['tracked', 'build/out\n'],
      ['all', ''],
    ] as const) {
      const { agents, swarm } = await open({
        config: `${one}worktree: { clean: ${clean} }\n`,
        files: { '.gitignore': '.oompa/\nruns/\ntasks/\nbuild/\n' },
        tasks: tasksOf('a', 'b'),
      });
      const run = swarm();
      const first = await agents.next();
      await first.run('mkdir build; echo x > build/out; echo half > half.txt; echo scribble > README.md');
      await first.answer('NEEDS_INPUT: what now?');
      const second = await agents.next();
      expect(second.cwd).toBe(first.cwd);
      expect((await second.run('ls build/* half.txt 2>/dev/null; cat README.md')).output).toBe(`${left}# World\n`);
      await work(second, 'echo b > b');
      expect(await run.exitCode).toBe(1);
    }
  });
});

describe('the surroundings of an agent', () => {
  test('say who and where it is, with a TMPDIR and ports of its own', async () => {
    const { repo, agents, swarm } = await open({ config: two, tasks: tasksOf('a', 'b') });
    const run = swarm();
    const both = [await agents.next(), await agents.next()];
    const [first, second] = both.map(({ env }) => env);
    for (const { cwd, env } of both) {
      expect(env['OOMPA_WORKER']).toMatch(/^builders-[12]$/);
      expect(env['OOMPA_SLOT']).toBe(env['OOMPA_WORKER']);
      expect(cwd).toBe(join(repo.path, '.oompa', 'worktrees', env['OOMPA_SLOT'] ?? ''));
      expect(env['OOMPA_RUN']).toBe(run.all('run:started')[0]?.run);
      expect(env['TMPDIR']?.startsWith(join(repo.path, '.oompa'))).toBe(true);
      expect(env['PWD']).toBe(cwd);
    }
    expect([first?.['OOMPA_TASK'], second?.['OOMPA_TASK']].sort()).toEqual(['a', 'b']);
    for (const name of ['TMPDIR', 'OOMPA_PORT_BASE']) expect(first?.[name]).not.toBe(second?.[name]);
    const ports = both.map(({ env }) => Number(env['OOMPA_PORT_BASE']));
    expect(Math.abs((ports[0] ?? 0) - (ports[1] ?? 0))).toBeGreaterThanOrEqual(10);
    await Promise.all(both.map((agent) => work(agent, 'touch $OOMPA_TASK "$TMPDIR/scratch"')));
    expect(await run.exitCode).toBe(0);
  });

  test('hold no secret of its owner but the keys of agent CLIs and what the config names', async () => {
    const { agents, swarm } = await open({
      config: `${one}harnesses: { opencode: { env: { MY_PROXY: http://127.0.0.1:1 } } }\n`,
      tasks: tasksOf('a'),
      env: { AWS_SECRET_ACCESS_KEY: 'aws', GITHUB_TOKEN: 'gh', NPM_TOKEN: 'npm', ANTHROPIC_API_KEY: 'sk-ant-0' },
    });
    const run = swarm();
    const agent = await agents.next();
    expect(Object.keys(agent.env)).not.toEqual(expect.arrayContaining(['AWS_SECRET_ACCESS_KEY']));
    expect(agent.env['GITHUB_TOKEN'] ?? agent.env['NPM_TOKEN']).toBeUndefined();
    expect(agent.env).toMatchObject({ ANTHROPIC_API_KEY: 'sk-ant-0', MY_PROXY: 'http://127.0.0.1:1' });
    await work(agent, 'echo a > a');
    expect(await run.exitCode).toBe(0);
  });
});

describe('the checkout of its owner', () => {
  test('P4: shows nothing of oompa in git status, also where nothing of it is ignored', async () => {
    const { repo, agents, swarm, tasks } = await open({
      files: { '.gitignore': 'node_modules/\n', 'tasks/pending/a.yaml': 'title: a\n' },
    });
    const run = swarm();
    const agent = await agents.next();
    expect(await repo.git('status', '--porcelain', '--', ':!runs', ':!tasks')).toBe('');
    await work(agent, 'echo a > a');
    expect(await run.exitCode).toBe(0);
    expect(await tasks('complete')).toEqual(['a']);
    expect(await repo.git('status', '--porcelain', '--', ':!runs', ':!tasks')).toBe('');
    expect(await repo.git('stash', 'list')).toBe('');
  });
});

test('a commit hook that refuses sends the work back with its words, and nothing goes round it', async () => {
  const { repo, agents, swarm } = await open({ tasks: tasksOf('a') });
  const hook = join('.git', 'hooks', 'pre-commit');
  await repo.write(
    hook,
    '#!/bin/sh\nif git diff --cached | grep -q "^+.*TODO"; then echo "no TODO, please" >&2; exit 1; fi\n',
  );
  await chmod(join(repo.path, hook), 0o755);
  const run = swarm();
  await work(await agents.next(), 'echo TODO > a.txt');
  const back = await agents.next();
  expect(back.stdin).toContain('no TODO, please');
  expect((await back.run('cat a.txt')).output).toBe('TODO\n');
  await work(back, 'echo done > a.txt');
  expect(await run.exitCode).toBe(0);
  expect(await repo.git('show', 'main:a.txt')).toBe('done');
});
