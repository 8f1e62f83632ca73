import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { startCli } from '../rig/cli.ts';
import { errorLine } from '../rig/opencode-lines.ts';
import { open, pipes, ready, rescueIn, review, reviewer, work } from './open.ts';

const one = 'workers: [{ name: builders, harness: opencode }]\n';
const two = 'workers: [{ name: builders, count: 2, harness: opencode }]\n';

describe('two workers whose changes conflict', () => {
  test('both land: the second resolves the conflict in its own session, and is reviewed again', async () => {
    const world = await open({
      config: `${two}${reviewer}`,
      files: { 'list.txt': 'one\n' },
      tasks: { a: 'title: A', b: 'title: B' },
    });
    const { repo, agents } = world;
    const run = world.swarm();
    const [first, second] = [await agents.next(), await agents.next()];
    await work(first, 'echo first >> list.txt; echo other > others.txt');
    await review(world, 'VERDICT: APPROVED');
    await run.seen('landing:landed');
    await work(second, 'echo second >> list.txt');
    await review(world, 'VERDICT: APPROVED');

    const resolver = await agents.next();
    expect(resolver.argv).toContain(`ses_${String(second.pid)}`);
    expect(resolver.stdin).toContain('list.txt');
    expect((await resolver.run('cat list.txt')).output).toMatch(/^<{7} [^]*second[^]*first[^]*^>{7} /m);
    await work(resolver, "printf 'one\\nfirst\\nsecond\\n' > list.txt");
    const judge = await review(world, 'VERDICT: APPROVED');
    expect(judge.stdin).toContain('+second');
    expect(judge.stdin).not.toContain('+first');
    expect(await run.exitCode).toBe(0);
    // What is kept for people shows how the conflict was resolved, and nothing of what others have landed.
    const { diff = '' } = run.all('review:ended').at(-1) ?? {};
    const since = await repo.read(join('runs', run.all('run:started')[0]?.run ?? '', diff));
    expect(since).toMatch(/^-<{7} [^]*^->{7} /m);
    expect(since).not.toContain('others.txt');
    expect(await repo.read('list.txt')).toBe('one\nfirst\nsecond\n');
    expect(await repo.git('log', '--first-parent', '--format=%(trailers:key=Oompa-Task,valueonly)', '-2')).toMatch(
      /[ab]\s+[ab]/,
    );
  });

  test('markers that are left in the files are sent back', async () => {
    const { repo, agents, swarm } = await open({
      config: two,
      files: { 'list.txt': 'one\n' },
      tasks: { a: 'title: A', b: 'title: B' },
    });
    const run = swarm();
    const [first, second] = [await agents.next(), await agents.next()];
    await work(first, 'echo first >> list.txt');
    await run.seen('landing:landed');
    await work(second, 'echo second >> list.txt');
    await (await agents.next()).answer(ready);
    const again = await agents.next();
    expect(again.stdin).toContain('half done');
    await work(again, "printf 'one\\nboth\\n' > list.txt");
    expect(await run.exitCode).toBe(0);
    expect(await repo.git('show', 'main:list.txt')).toBe('one\nboth');
  });
});

describe('what lands', () => {
  test('P2: names its task; with squash it is one commit that has only main as its parent', async () => {
    const world = await open({
      config: `${one}merge: { strategy: squash }\n${reviewer}verify: ["true"]\n`,
      tasks: { a: 'title: Add a' },
    });
    const run = world.swarm();
    const before = await world.repo.git('rev-parse', 'main');
    await work(await world.agents.next(), 'echo 1 > a && git add a && git commit -qm wip && echo 2 > a');
    await review(world, 'VERDICT: APPROVED');
    expect(await run.exitCode).toBe(0);
    expect(await world.repo.git('log', '-1', '--format=%P', 'main')).toBe(before);
    const body = await world.repo.git('log', '-1', '--format=%B', 'main');
    expect(body).toMatch(/^Add a\n\nOompa-Task: a\n/);
    expect(body).toMatch(/\nOompa-Review: approved by judge in round 1\nOompa-Verify: true\n*$/);
    expect(await world.repo.git('log', '-1', '--format=%an', 'main')).toBe('Test Owner');
  });

  test('P3: is made anew and checked again when main moves while it is being checked', async () => {
    const { repo, agents, swarm } = await open({
      config: `${one}verify: ["echo > ../../begun; cat ../../gate"]\n`,
      tasks: { a: 'title: A' },
    });
    await mkdir(join(repo.path, '.oompa'));
    pipes(join(repo.path, '.oompa/begun'), join(repo.path, '.oompa/gate'));
    const run = swarm();
    await work(await agents.next(), 'echo a > a.txt');
    await repo.read('.oompa/begun');
    const users = await repo.commit({ 'users.txt': 'mine\n' });
    await repo.write('.oompa/gate', '');
    await repo.read('.oompa/begun');
    await repo.write('.oompa/gate', '');
    expect(await run.exitCode).toBe(0);
    expect(await repo.git('rev-parse', 'main^1')).toBe(users);
    expect(await repo.git('show', 'main:users.txt')).toBe('mine');
    expect(await repo.read('a.txt')).toBe('a\n');
    const trees = run.all('verify:started').map(({ tree }) => tree);
    expect(trees[1]).toBe(await repo.git('rev-parse', 'main^{tree}'));
    expect(trees[0]).not.toBe(trees[1]);
  });

  test('P4: leaves a checkout of another branch as it is', async () => {
    const { repo, agents, swarm } = await open({ config: `branch: main\n${one}`, tasks: { a: 'title: A' } });
    await repo.git('switch', '-q', '-c', 'feature');
    await repo.write('README.md', 'unsaved\n');
    const run = swarm();
    await work(await agents.next(), 'echo a > README.md');
    expect(await run.exitCode).toBe(0);
    expect(await repo.git('show', 'main:README.md')).toBe('a');
    expect(await repo.git('symbolic-ref', '--short', 'HEAD')).toBe('feature');
    expect(await repo.git('status', '--porcelain')).toBe(' M README.md');
    expect(await repo.read('README.md')).toBe('unsaved\n');
  });
});

describe('work that the checkout of its owner holds back', () => {
  test('P4: stays approved in current/, names the paths, and no byte of the checkout changes', async () => {
    const { repo, agents, swarm, tasks, task } = await open({ config: one, tasks: { a: 'title: A' } });
    await repo.write('README.md', 'mine, unsaved\n');
    const before = await repo.git('rev-parse', 'main');
    const run = swarm();
    await work(await agents.next(), 'echo theirs > README.md');
    expect(await run.exitCode).toBe(1);
    expect(run.all('landing:held')[0]?.paths).toEqual(['README.md']);
    expect(await tasks('current')).toEqual(['a']);
    const text = await task('current', 'a');
    expect(text).toContain('outcome: held');
    expect(await repo.git('show', `${rescueIn(text)}:README.md`)).toBe('theirs');
    expect(await repo.git('rev-parse', 'main')).toBe(before);
    expect(await repo.read('README.md')).toBe('mine, unsaved\n');
    expect(await repo.git('stash', 'list')).toBe('');
  });

  test('lands by itself when its owner cleans up while the run goes on', async () => {
    const { repo, agents, swarm, tasks } = await open({ config: one, tasks: { a: 'title: A', b: 'title: B' } });
    await repo.write('README.md', 'mine\n');
    const run = swarm();
    await work(await agents.next(), 'echo theirs > README.md');
    const second = await agents.next();
    expect(await tasks('current')).toEqual(['a', 'b']);
    await repo.git('restore', 'README.md');
    await work(second, 'echo b > b.txt');
    expect(await run.exitCode).toBe(0);
    expect(await tasks('complete')).toEqual(['a', 'b']);
    expect(await repo.read('README.md')).toBe('theirs\n');
  });

  test('lands by itself while all that is left waits for a limit', async () => {
    const { repo, agents, swarm } = await open({ config: one, tasks: { a: 'title: A', b: 'title: B' } });
    await repo.write('README.md', 'mine\n');
    const run = swarm();
    await work(await agents.next(), 'echo theirs > README.md');
    const second = await agents.next();
    await second.say(errorLine('ses_1', 429, 'You exceeded your current quota'));
    await second.exit(1);
    await run.seen('limit:waiting');
    await repo.git('restore', 'README.md');
    await run.seen('landing:landed');
    expect(await repo.read('README.md')).toBe('theirs\n');
  });

  test.each(['land', 'swarm'] as const)(
    'lands with the next `oompa %s`, and nothing is checked twice',
    async (command) => {
      const world = await open({
        config: `${one}${reviewer}verify: ["echo run >> ../../checks.log"]\n`,
        tasks: { a: 'title: A' },
      });
      const { repo, agents, tasks } = world;
      await repo.write('README.md', 'mine\n');
      const first = startCli(repo.path, ['swarm', '--plain'], agents.env);
      await work(await agents.next(), 'echo theirs > README.md');
      await review(world, 'VERDICT: APPROVED');
      expect((await first.ended).code).toBe(1);

      expect((await startCli(repo.path, ['land'], agents.env).ended).code).toBe(1);
      expect(await tasks('current')).toEqual(['a']);
      expect(await repo.read('README.md')).toBe('mine\n');
      await repo.git('restore', 'README.md');
      const second = startCli(repo.path, [command], agents.env);
      expect(await second.ended).toMatchObject({ code: 0, stderr: '' });
      expect(await tasks('complete')).toEqual(['a']);
      expect(await repo.read('README.md')).toBe('theirs\n');
      expect(await repo.read('.oompa/checks.log')).toBe('run\n');
      expect(await repo.git('log', '-1', '--format=%B', 'main')).toContain(
        'Oompa-Review: approved by judge in round 1',
      );
    },
  );
});

describe('the checks', () => {
  test('blame nobody for a command that fails once and passes the second time', async () => {
    const { agents, swarm } = await open({
      config: `${one}verify: ["test -e ../../flag || { touch ../../flag; exit 1; }"]\n`,
      tasks: { a: 'title: A' },
    });
    const run = swarm();
    await work(await agents.next(), 'echo a > a.txt');
    expect(await run.exitCode).toBe(0);
    expect(run.all('verify:ended').map(({ result }) => result)).toEqual(['failed', 'passed']);
    expect(run.all('turn:started')).toHaveLength(1);
  });

  test('that can not be run on main either are not red and cost no attempt; the work is kept', async () => {
    const { repo, agents, swarm, task } = await open({
      config: `${one}verify: [no-such-command]\nlimits: { attempts: 1 }\n`,
      tasks: { a: 'title: A' },
    });
    const run = swarm();
    await work(await agents.next(), 'echo a > a.txt');
    expect((await run.seen('iteration:ended')).outcome).toMatchObject({ kind: 'verify-unavailable', onMainToo: true });
    run.stop('polite');
    expect(await run.exitCode).toBe(130);
    expect(run.all('turn:started')).toHaveLength(1);
    expect(run.all('verify:ended')).toHaveLength(1);
    const text = await task('pending', 'a');
    expect(text).toContain('outcome: verify-unavailable');
    expect(text).toContain('no-such-command');
    expect(text).not.toContain('attempts:');
    expect(await repo.git('show', `${rescueIn(text)}:a.txt`)).toBe('a');
  });

  test('that can be run on main are given another chance with the change', async () => {
    const { agents, swarm } = await open({
      config: `${one}verify: ["test -e ../../flag || { touch ../../flag; kill -KILL $$; }"]\n`,
      tasks: { a: 'title: A' },
    });
    const run = swarm();
    await work(await agents.next(), 'echo a > a.txt');
    expect(await run.exitCode).toBe(0);
    expect(run.all('verify:ended').map(({ result }) => result)).toEqual(['could-not-run', 'passed']);
    expect(run.all('turn:started')).toHaveLength(1);
  });

  test('see the tree that would land: what is on main and what the worker did not know', async () => {
    const { repo, agents, swarm } = await open({
      config: `${two}verify: ["test ! -e a.txt || test ! -e b.txt"]\n`,
      tasks: { a: 'title: A', b: 'title: B' },
    });
    const run = swarm();
    const [first, second] = [await agents.next(), await agents.next()];
    await work(first, 'echo a > a.txt');
    await run.seen('landing:landed');
    await work(second, 'echo b > b.txt');
    const fix = await agents.next();
    expect(fix.stdin).toContain('failed on main plus this change');
    await work(fix, 'git mv -f b.txt c.txt 2>/dev/null || mv b.txt c.txt');
    expect(await run.exitCode).toBe(0);
    expect((await repo.git('ls-tree', '--name-only', 'main')).split('\n')).toEqual(
      expect.arrayContaining(['a.txt', 'c.txt']),
    );
  });
});
