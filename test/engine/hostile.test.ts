import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { open, ready, rescueIn, review, reviewer, work } from './open.ts';

const one = 'workers: [{ name: builders, harness: opencode }]\n';
const tasks = { a: 'title: A' };

describe('an agent that harms its worktree', () => {
  test('P6: deletes it: what it had committed is kept, the outcome has a name, and the next attempt works', async () => {
    const { repo, agents, swarm, task } = await open({ config: one, tasks });
    const run = swarm();
    const agent = await agents.next();
    await agent.run('echo half > half.txt; git add -A; git commit -qm half; rm -rf "$PWD"');
    await agent.answer(ready);
    const ended = await run.seen('iteration:ended');
    expect(ended.outcome).toMatchObject({ kind: 'git-failed', why: 'the worktree was deleted' });
    expect(await repo.git('show', `${run.all('work:rescued')[0]?.ref ?? ''}:half.txt`)).toBe('half');
    const next = await agents.next();
    expect(next.stdin).toContain('the worktree was deleted');
    await work(next, 'echo a > a.txt');
    expect(await run.exitCode).toBe(0);
    expect(await task('complete', 'a')).toContain('attempts: 1');
  });

  test('deletes it in the middle of its work: its worker goes on with the next attempt', async () => {
    const { agents, swarm, task } = await open({ config: one, tasks });
    const run = swarm();
    const agent = await agents.next();
    await agent.run('rm -rf "$PWD"');
    await agent.answer('Half way.');
    expect((await run.seen('iteration:ended')).outcome).toMatchObject({ kind: 'git-failed' });
    await work(await agents.next(), 'echo a > a.txt');
    expect(await run.exitCode).toBe(0);
    expect(await task('complete', 'a')).toContain('attempts: 1');
  });

  test('P6: as a reviewer: the work is kept, and the next attempt starts from it', async () => {
    const world = await open({ config: `${one}${reviewer}`, tasks });
    const run = world.swarm();
    await work(await world.agents.next(), 'echo a > a.txt');
    const judge = await world.agents.next();
    await judge.run('rm -rf "$PWD"');
    await judge.say('VERDICT: NEEDS_CHANGES');
    await judge.exit(0);
    expect((await run.seen('iteration:ended')).outcome).toMatchObject({ kind: 'git-failed' });
    const next = await world.agents.next();
    const { ref } = await run.seen('work:rescued');
    expect(next.stdin).toContain(ref);
    await work(next, `git cherry-pick ${ref}`);
    await review(world, 'VERDICT: APPROVED');
    expect(await run.exitCode).toBe(0);
    expect(await world.repo.read('a.txt')).toBe('a\n');
  });

  test.each([
    ['deletes its .git file', 'rm .git'],
    ['makes a repository of its own there', 'rm .git; git init -q'],
    [
      'has git prune its worktree',
      'git worktree unlock . ; mv .git /tmp/$$; git -C ../../.. worktree prune; mv /tmp/$$ .git',
    ],
    ['leaves index.lock', 'touch "$(git rev-parse --git-dir)/index.lock"'],
    ['detaches HEAD and commits there', 'git switch -q --detach; echo b > b.txt; git add -A; git commit -qm b'],
    ['commits on another branch', 'git switch -q -c other; echo b > b.txt; git add -A; git commit -qm b'],
    ['has all garbage collected', 'git gc -q --prune=now; git reflog expire --expire=now --all'],
  ])('%s: its work lands all the same', async (_, harm) => {
    const { repo, agents, swarm } = await open({ config: one, tasks: { ...tasks, b: 'title: B' } });
    const run = swarm();
    await work(await agents.next(), `echo a > a.txt; ${harm}`);
    await work(await agents.next(), 'echo next > next.txt');
    expect(await run.exitCode).toBe(0);
    expect(await repo.read('a.txt')).toBe('a\n');
    expect(await repo.read('next.txt')).toBe('next\n');
    expect(await repo.git('status', '--porcelain')).toBe('');
  });
});

describe('an agent that is sent back', () => {
  test.each([
    ['rewrites history', 'git reset -q --hard HEAD~', 'git rebase -q'],
    ['deletes its branch', 'git update-ref -d "$(git symbolic-ref HEAD)"', 'git reset -q --soft'],
  ])('%s: nothing lands before the work is on the commit that it started from', async (_, harm, repair) => {
    const { repo, agents, swarm } = await open({ config: one, tasks });
    const base = await repo.commit({ 'base.txt': 'base\n' });
    const run = swarm();
    await work(await agents.next(), `${harm}; echo a > a.txt; git add -A; git commit -qm a`);
    const back = await agents.next();
    expect(back.stdin).toContain(base);
    await work(back, `${repair} ${base}`);
    expect(await run.exitCode).toBe(0);
    expect(await repo.git('show', 'main:base.txt')).toBe('base');
    expect(await repo.git('show', 'main:a.txt')).toBe('a');
  });

  test('leaves a merge half done: it is told, and nothing of it lands', async () => {
    const { repo, agents, swarm } = await open({ config: one, tasks });
    await repo.git('switch', '-q', '-c', 'other');
    await repo.commit({ 'README.md': 'other\n' });
    await repo.git('switch', '-q', 'main');
    const run = swarm();
    await work(await agents.next(), 'echo mine > README.md; git commit -qam mine; git merge -q other || true');
    const back = await agents.next();
    expect(back.stdin).toContain('A merge is half done');
    await work(back, 'git merge --abort');
    expect(await run.exitCode).toBe(0);
    expect(await repo.read('README.md')).toBe('mine\n');
  });

  test('touches what is oompa’s: the task folders and the run logs', async () => {
    const { repo, agents, swarm } = await open({ config: one, tasks });
    const run = swarm();
    await work(
      await agents.next(),
      'mkdir -p runs; echo x > runs/x; git add -f runs; git commit -qm x; echo a > a.txt',
    );
    const back = await agents.next();
    expect(back.stdin).toContain('runs/x');
    await work(back, 'git rm -q -r runs; git commit -qm y');
    expect(await run.exitCode).toBe(0);
    expect(await repo.git('ls-tree', '-r', '--name-only', 'main', 'runs')).toBe('');
  });
});

describe('an agent that leaves something behind', () => {
  test.each([
    ['in its own group', {}],
    ['in a session of its own, with its output open', { ownSession: true, holdsOutput: true }],
    ['and does not listen to SIGTERM', { ownSession: true, stubborn: true }],
  ])('P7: a server %s: it is gone when the run is over', async (_, options) => {
    const { agents, swarm } = await open({ config: one, tasks });
    const run = swarm();
    const agent = await agents.next();
    const server = await agent.linger(options);
    await work(agent, 'echo a > a.txt');
    await server.gone;
    expect(await run.exitCode).toBe(0);
  });

  test('a repository in the worktree: it is named and left out, the rest lands', async () => {
    const { repo, agents, swarm } = await open({ config: one, tasks });
    const run = swarm();
    await work(
      await agents.next(),
      'git init -q inner; git -C inner commit -q --allow-empty -m x; echo in > inner/in.txt; echo a > a.txt',
    );
    expect(await run.exitCode).toBe(0);
    expect(run.all('problem:seen')[0]?.message).toContain('inner is a git repository of its own');
    expect(await repo.git('ls-tree', '--name-only', 'main', 'inner', 'a.txt')).toBe('a.txt');
  });

  test('files with any name and of any size', async () => {
    const world = await open({ config: `${one}${reviewer}`, tasks });
    const run = world.swarm();
    await work(
      await world.agents.next(),
      `printf x > "$(printf 'new\\nline.txt')"; printf x > '-n "q" $x.txt'; printf x > 'ü ✓.txt'; head -c 20000000 /dev/urandom > big.bin; seq 300000 > long.txt`,
    );
    const judge = await review(world, 'VERDICT: APPROVED');
    expect(judge.stdin.length).toBeLessThan(400_000);
    expect(judge.stdin).toContain('long.txt');
    expect(await run.exitCode).toBe(0);
    expect(run.all('work:committed')[0]?.files).toEqual(
      expect.arrayContaining(['new\nline.txt', '-n "q" $x.txt', 'ü ✓.txt', 'big.bin', 'long.txt']),
    );
    expect((await stat(join(world.repo.path, 'big.bin'))).size).toBe(20_000_000);
  });
});

describe('an agent that prints', () => {
  test('P10: without end: it is stopped at the limit, which has a name, and no more than that is kept', async () => {
    const {
      repo,
      swarm,
      tasks: tasksIn,
      task,
    } = await open({
      config: `${loud('yes 0123456789012345678901234567890123456789 | head -c 1000000000')}limits: { output: 5MB, attempts: 1 }\n`,
      tasks,
    });
    const run = swarm();
    expect(await run.exitCode).toBe(1);
    expect(run.all('turn:ended').map(({ failure }) => failure?.kind)).toEqual(['output-too-large']);
    expect(await tasksIn('failed')).toEqual(['a']);
    expect(await repo.git('show', `${rescueIn(await task('failed', 'a'))}:a.txt`)).toBe('a');
    const id = run.all('run:started')[0]?.run ?? '';
    const { size } = await stat(join(repo.path, 'runs', id, 'turns', 'builders-1-i1-t1.stdout'));
    expect(size).toBeGreaterThan(1_000_000);
    expect(size).toBeLessThan(6_000_000);
  });

  test('50 MB without a line break, and bytes that are no text: what it says after that counts', async () => {
    const { swarm, tasks: tasksIn } = await open({
      config: loud(
        String.raw`head -c 50000000 /dev/zero | tr "\\0" x; printf "\\n\\377\\376\\200\\033[31m\\n${ready.replaceAll('\n', String.raw`\\n`)}\\n"`,
      ),
      tasks,
    });
    const run = swarm();
    expect(await run.exitCode).toBe(0);
    expect(run.all('turn:ended').map(({ ending }) => ending)).toEqual(['answered']);
    expect(await tasksIn('complete')).toEqual(['a']);
  });
});

/** A CLI of its own, because what goes through a fake agent's hands would be far slower. */
function loud(words: string): string {
  return `workers: [{ name: builders, harness: loud }]
harnesses: { loud: { command: [sh, -c, 'cat > /dev/null; echo a > a.txt; ${words}'], prompt: stdin, output: text } }
`;
}
