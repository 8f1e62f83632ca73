import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { readTaken, unacceptedIn, acceptTaken } from '../../../src/git/guard/taken.ts';
import type { Repository } from '../../../src/git/repository.ts';
import { startCli } from '../../rig/cli.ts';
import { open, ready, rescueIn, work } from '../open.ts';

const one = 'branch: main\nworkers: [{ name: builders, harness: opencode }]\n';
const two = one.replace('harness', 'count: 2, harness');
const tasks = { a: 'title: A' };
const commitMine = 'echo a > a.txt; git add -A; git commit -qm mine';
const bareCommit =
  'echo a > a.txt; git add -A; c=$(git commit-tree "$(git write-tree)" -p main -m mine </dev/null); git reset -q --soft $c';

describe('an agent that puts a commit on main itself', () => {
  test.each([
    ['by update-ref', true, `${commitMine}; git update-ref refs/heads/main HEAD`],
    ['by update-ref', false, `${commitMine}; git update-ref refs/heads/main HEAD`],
    ['by a push to its own repository', false, `${commitMine}; git push -q . HEAD:main`],
    ['on main, which it checked out', true, `git checkout -q --ignore-other-worktrees main; ${commitMine}`],
    ['on main, which it checked out', false, `git checkout -q --ignore-other-worktrees main; ${commitMine}`],
    ['by plumbing alone', true, `${bareCommit}; git update-ref refs/heads/main $c`],
    ['by plumbing alone', false, `${bareCommit}; git update-ref refs/heads/main $c`],
    [
      'with the trailers of a landing',
      true,
      `${commitMine} -m "Oompa-Task: a\nOompa-Run: $OOMPA_RUN"; git update-ref refs/heads/main HEAD`,
    ],
  ])(
    '%s (checked out by its owner: %s): main is not built upon before its owner has looked',
    async (_, out, command) => {
      const {
        repo,
        agents,
        swarm,
        tasks: tasksIn,
        task,
      } = await open({ config: one, tasks: { ...tasks, b: 'title: B' } });
      const base = await repo.git('rev-parse', 'main');
      if (!out) await repo.git('switch', '-q', '-c', 'mine');
      const run = swarm();
      const agent = await agents.next();
      expect((await agent.run(command)).code).toBe(0);
      await agent.answer(ready);
      expect(await run.exitCode).toBe(1);

      const theirs = await repo.git('rev-parse', 'main');
      expect(theirs).not.toBe(base);
      expect(run.all('iteration:ended').map(({ outcome }) => outcome)).toEqual([
        expect.objectContaining({ kind: 'trespassed', what: 'main', commit: theirs }),
      ]);
      expect(run.all('main:taken')).toMatchObject([
        { how: 'added', commit: theirs, from: base, to: theirs, branch: 'main' },
      ]);
      expect(run.all('run:ended')[0]?.why).toBe('main-taken');
      expect(await tasksIn('pending')).toEqual(['a', 'b']);
      expect(await repo.git('show', `${rescueIn(await task('pending', 'a'))}:a.txt`)).toBe('a');
      expect(await readTaken(repo.path)).toMatchObject([{ commit: theirs, how: 'added' }]);
    },
  );

  test('the next start refuses, names both ways out, and goes on after either of them', async () => {
    const { repo, agents, swarm } = await open({ config: one, tasks });
    const base = await repo.git('rev-parse', 'main');
    const first = swarm();
    const agent = await agents.next();
    await agent.run(`${commitMine}; git update-ref refs/heads/main HEAD`);
    await agent.answer(ready);
    await first.exitCode;
    const theirs = await repo.git('rev-parse', 'main');

    for (const command of ['swarm', 'land']) {
      const refused = await startCli(repo.path, [command], agents.env).ended;
      expect(refused.code).toBe(2);
      expect(refused.stderr).toContain(`git reset --soft ${theirs.slice(0, 10)}^`);
      expect(refused.stderr).toContain(`oompa audit --accept ${theirs.slice(0, 10)}`);
    }
    expect((await acceptTaken(repo.path, theirs.slice(0, 10))).kind).toBe('accepted');
    const workspace = { root: repo.path, branch: 'main' } as Repository;
    expect(await unacceptedIn(workspace)).toEqual([]);

    await repo.git('reset', '-q', '--soft', `${theirs}^`);
    expect(await repo.git('rev-parse', 'main')).toBe(base);
    expect(await repo.git('status', '--porcelain')).toBe('');
    const second = swarm();
    await work(await agents.next(), 'echo again > a.txt');
    expect(await second.exitCode).toBe(0);
    expect(await repo.read('a.txt')).toBe('again\n');
  });

  test('approved work of others is held meanwhile, and lands once main is without it', async () => {
    const { repo, agents, tasks: tasksIn, task } = await open({ config: two, tasks: { ...tasks, b: 'title: B' } });
    const first = startCli(repo.path, ['swarm', '--plain'], agents.env);
    const [bad, good] = [await agents.next(), await agents.next()];
    await bad.run(`echo bad > bad.txt; git add -A; git commit -qm bad; git update-ref refs/heads/main HEAD`);
    await bad.answer(ready);
    await expect.poll(() => tasksIn('pending')).toHaveLength(1);
    // Whoever hides what was done gains nothing.
    await work(good, 'rm ../../taken.json; echo good > good.txt');
    const ended = await first.ended;
    expect(ended.code).toBe(1);
    const theirs = await repo.git('rev-parse', 'main');
    expect(ended.stdout).toContain(`put ${theirs.slice(0, 10)} on main itself`);
    expect(await readTaken(repo.path)).toHaveLength(1);
    const [held] = await tasksIn('current');
    expect(await task('current', held ?? '')).toContain('outcome: held');

    await repo.git('reset', '-q', '--soft', `${theirs}^`);
    expect((await startCli(repo.path, ['land'], agents.env).ended).code).toBe(0);
    expect(await repo.read('good.txt')).toBe('good\n');
    expect(await repo.git('ls-tree', '--name-only', 'main', 'bad.txt')).toBe('');
  });

  test('several commits: the way out names the oldest, and one ref keeps them all', async () => {
    const { repo, agents, swarm } = await open({ config: one, tasks });
    const run = swarm();
    const agent = await agents.next();
    await agent.run(`${commitMine}; git commit -q --allow-empty -m next; git update-ref refs/heads/main HEAD`);
    await agent.answer(ready);
    await run.exitCode;
    const [first, last] = [await repo.git('rev-parse', 'main~1'), await repo.git('rev-parse', 'main')];
    expect(run.all('main:taken').map(({ commit }) => commit)).toEqual([first, last]);
    expect(run.all('iteration:ended')[0]?.outcome).toMatchObject({ what: 'main', commit: first });
    for (const { kept } of run.all('main:taken')) expect(await repo.git('rev-parse', kept ?? '')).toBe(last);
    expect((await unacceptedIn({ root: repo.path, branch: 'main' } as Repository))[0]?.commit).toBe(first);
  });

  test('a landing that comes before the turn ends is not built on it either', async () => {
    const { repo, agents, swarm } = await open({ config: two, tasks: { ...tasks, b: 'title: B' } });
    const base = await repo.git('rev-parse', 'main');
    const run = swarm();
    const [bad, good] = [await agents.next(), await agents.next()];
    await bad.run(`echo bad > bad.txt; git add -A; git commit -qm bad; git update-ref refs/heads/main HEAD`);
    await work(good, 'echo good > good.txt');
    await run.seen('landing:held');
    expect(await repo.git('rev-parse', 'main^')).toBe(base);
    await bad.answer(ready);
    expect(await run.exitCode).toBe(1);
    expect(new Set(run.all('iteration:ended').map(({ outcome }) => outcome.kind))).toEqual(
      new Set(['held', 'trespassed']),
    );
  });
});

describe('an agent that takes commits off main', () => {
  test.each([
    ['by update-ref', true, 'git update-ref refs/heads/main main~1'],
    ['by update-ref', false, 'git update-ref refs/heads/main main~1'],
    [
      'on main, which it checked out',
      false,
      'git checkout -q --ignore-other-worktrees main; git reset -q --hard HEAD~1',
    ],
  ])('%s (checked out by its owner: %s): it is found out, and what was on main is kept', async (_, out, command) => {
    const { repo, agents, swarm } = await open({ config: one, tasks });
    const tip = await repo.commit({ 'b.txt': 'b\n' });
    if (!out) await repo.git('switch', '-q', '-c', 'mine');
    const run = swarm();
    const agent = await agents.next();
    await agent.run(`echo a > a.txt; ${command}`);
    await agent.answer(ready);
    expect(await run.exitCode).toBe(1);
    const [taken] = run.all('main:taken');
    expect(taken).toMatchObject({ how: 'removed', commit: tip });
    expect(await repo.git('rev-parse', taken?.kept ?? '')).toBe(tip);
    expect(run.all('iteration:ended')[0]?.outcome).toMatchObject({ kind: 'trespassed', what: 'main' });

    await repo.git('update-ref', 'refs/heads/main', tip);
    const second = swarm();
    await work(await agents.next(), 'echo a > a.txt');
    expect(await second.exitCode).toBe(0);
  });
});

describe('an owner who moves main while agents work', () => {
  test.each([
    ['commits on it', 'echo mine > mine.txt; git add mine.txt; git commit -qm mine'],
    ['merges a branch', 'git merge -q --no-ff -m merged theirs'],
    ['brings it forward', 'git merge -q --ff-only theirs'],
    ['rebases it', 'git rebase -q theirs'],
    ['takes its last commit off', 'git reset -q --hard HEAD~1'],
    ['amends its last commit', 'git commit -q --amend -m other'],
    ['moves it from elsewhere', 'git switch -q -c elsewhere; git branch -q -f main theirs'],
    ['fetches into it', 'git switch -q -c elsewhere; git fetch -q . theirs:main'],
  ])('%s: nobody is stopped, also not one that merges main', async (_, command) => {
    const { repo, agents, swarm } = await open({ config: one, tasks });
    await repo.git('branch', 'theirs');
    await repo.commit({ 'last.txt': 'x\n' });
    await repo.git('switch', '-q', 'theirs');
    await repo.commit({ 'theirs.txt': 'x\n' });
    await repo.git('switch', '-q', 'main');
    if (command.includes('ff-only') || command.includes('elsewhere')) await repo.git('reset', '-q', '--hard', 'HEAD~1');
    const run = swarm();
    const agent = await agents.next();
    await agent.run('git log --oneline main');
    await ownerRuns(repo.path, command);
    await work(agent, 'git merge -q main -m "with main" || true; echo a > a.txt');
    await run.exitCode;
    expect(run.all('main:taken')).toEqual([]);
    expect(run.all('checkout:touched')).toEqual([]);
    expect(run.all('iteration:ended').map(({ outcome }) => outcome.kind)).toEqual(['landed']);
  });
});

async function ownerRuns(folder: string, command: string): Promise<void> {
  await promisify(execFile)('sh', ['-ec', command], { cwd: folder });
}
