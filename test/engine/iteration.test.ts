import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { open, ready } from './open.ts';

const reviewed = `workers: [{ name: builders, harness: opencode }]
reviewer: { harness: claude-like, max_rounds: 2 }
harnesses: { claude-like: { command: [my-agent], prompt: stdin, output: text } }
`;

describe('an iteration', () => {
  test('claims a task, works in a worktree of its own, lands, and notes it in the task file', async () => {
    const { repo, agents, swarm, tasks, task } = await open({ tasks: { hello: 'title: Say hello # please\n' } });
    const run = swarm();
    const agent = await agents.next();
    expect(agent.cwd).not.toBe(repo.path);
    expect(agent.stdin).toContain('# Task: Say hello');
    await agent.run('echo hello > hello.txt');
    await agent.answer(ready);
    expect(await run.exitCode).toBe(0);

    expect(await repo.git('show', 'main:hello.txt')).toBe('hello');
    expect(await repo.read('hello.txt')).toBe('hello\n');
    expect(await tasks('complete')).toEqual(['hello']);
    expect(await task('complete', 'hello')).toMatch(/^title: Say hello # please\noompa:\n {2}outcome: landed\n/);
    const message = await repo.git('log', '-1', '--format=%B', 'main');
    expect(message).toMatch(/^Say hello\n/);
    expect(message).toContain('Oompa-Task: hello\n');
    expect(await readdir(join(repo.path, '.oompa', 'tmp'))).toEqual([]);
    expect(await repo.git('for-each-ref', 'refs/heads/oompa', 'refs/oompa')).toBe('');
  });

  test('resumes the session of the agent when it gives no signal', async () => {
    const { agents, swarm } = await open({ tasks: { a: 'title: A' } });
    const run = swarm();
    const first = await agents.next();
    await first.run('echo 1 > a.txt');
    await first.answer('Half way.');
    const second = await agents.next();
    expect(second.argv).toContain(`ses_${String(first.pid)}`);
    expect(second.stdin).not.toContain('# Task');
    await second.answer(ready);
    expect(await run.exitCode).toBe(0);
    expect(run.all('turn:started').map(({ session }) => session)).toEqual(['fresh', 'resumed']);
  });

  test("goes through a round of review: the fix turn gets the feedback in the worker's own session", async () => {
    const { repo, agents, swarm } = await open({ config: reviewed, tasks: { a: 'title: A' } });
    const run = swarm();
    const worker = await agents.next();
    await worker.run('echo wrong > a.txt');
    await worker.answer(ready);
    const reviewer = await agents.next();
    expect(reviewer.stdin).toContain('+wrong');
    await reviewer.run('echo scribble > a.txt; echo x > new.txt; git commit -qam scribble');
    await reviewer.say('a.txt says wrong.\nVERDICT: NEEDS_CHANGES');
    await reviewer.exit(0);
    const fix = await agents.next();
    expect(fix.stdin).toContain('a.txt says wrong.');
    expect((await fix.run('cat a.txt; ls')).output).toBe('wrong\nREADME.md\na.txt\noompa.config.yaml\n');
    await fix.run('echo right > a.txt');
    await fix.answer(ready);
    const again = await agents.next();
    expect(again.stdin).toContain('+right');
    expect(again.stdin).toContain('a.txt says wrong.');
    await again.say('VERDICT: APPROVED');
    await again.exit(0);
    expect(await run.exitCode).toBe(0);
    expect(await repo.git('show', 'main:a.txt')).toBe('right');
    expect(await repo.git('log', '-1', '--format=%B', 'main')).toContain(
      'Oompa-Review: approved by claude-like in round 2',
    );
  });

  test('P5: a reviewer that crashes, says nothing or says something unclear has not approved', async () => {
    const { repo, agents, swarm, tasks, task } = await open({
      config: `${reviewed}limits: { attempts: 1 }\n`,
      tasks: { a: 'title: A' },
    });
    const run = swarm();
    const worker = await agents.next();
    await worker.run('echo a > a.txt');
    await worker.answer(ready);
    const reviewer = await agents.next();
    await reviewer.say('Looks approved to me. VERDICT: APPROVED!');
    await reviewer.exit(0);
    expect(await run.exitCode).toBe(1);
    expect(await tasks('failed')).toEqual(['a']);
    const text = await task('failed', 'a');
    expect(text).toContain('outcome: review-unavailable');
    const [, ref] = /rescue: (\S+)/.exec(text) ?? [];
    expect(await repo.git('show', `${ref ?? ''}:a.txt`)).toBe('a');
    await expect(repo.git('show', 'main:a.txt')).rejects.toThrow();
  });

  test('P5: only an unreadable verdict goes on to the next reviewer of the chain', async () => {
    const config = reviewed.replace('max_rounds: 2', 'max_rounds: 2, fallback: [{ harness: opencode }]');
    const { agents, swarm } = await open({ config, tasks: { a: 'title: A' } });
    const run = swarm();
    const worker = await agents.next();
    await worker.run('echo a > a.txt');
    await worker.answer(ready);
    const first = await agents.next();
    await first.exit(3);
    await (await agents.next()).exit(3);
    const second = await agents.next();
    expect(second.name).toBe('opencode');
    await second.answer('Good.\n\nVERDICT: APPROVED');
    expect(await run.exitCode).toBe(0);
    expect(run.all('review:ended').map(({ verdict }) => verdict)).toEqual(['failed', 'failed', 'approved']);
  });

  test('sends work back that touches what it may not, before any reviewer is paid', async () => {
    const { agents, swarm, repo } = await open({
      config: `${reviewed}protect: [.github/**]\n`,
      tasks: { a: 'title: A\nfiles: [src/**]\n' },
    });
    const run = swarm();
    const worker = await agents.next();
    await worker.run('mkdir -p .github src; echo x > .github/ci.yml; echo x > other.txt; echo a > src/a');
    await worker.answer(ready);
    const back = await agents.next();
    expect(back.name).toBe('opencode');
    expect(back.stdin).toContain('.github/ci.yml');
    expect(back.stdin).toContain('other.txt');
    await back.run('rm -r .github other.txt');
    await back.answer(ready);
    const reviewer = await agents.next();
    expect(reviewer.name).toBe('my-agent');
    await reviewer.say('VERDICT: APPROVED');
    await reviewer.exit(0);
    expect(await run.exitCode).toBe(0);
    expect((await repo.git('ls-tree', '-r', '--name-only', 'main')).split('\n')).not.toContain('other.txt');
  });

  test('P3: lands only what the checks have passed on, and gives a red result back to the agent', async () => {
    const { repo, agents, swarm } = await open({
      config: 'workers: [{ name: builders, harness: opencode }]\nverify: [grep -q good a.txt]\n',
      tasks: { a: 'title: A' },
    });
    const run = swarm();
    const worker = await agents.next();
    await worker.run('echo bad > a.txt');
    await worker.answer(ready);
    const fix = await agents.next();
    expect(fix.stdin).toContain('grep -q good a.txt');
    expect(run.all('verify:ended').map(({ result }) => result)).toEqual(['failed', 'failed']);
    await fix.run('echo good > a.txt');
    await fix.answer(ready);
    expect(await run.exitCode).toBe(0);
    expect(await repo.git('show', 'main:a.txt')).toBe('good');
  });

  test('P6: work that is given up is kept on a rescue ref, untracked files too, and the next attempt is told', async () => {
    const { repo, agents, swarm, task } = await open({ tasks: { a: 'title: A' } });
    const run = swarm();
    const worker = await agents.next();
    await worker.run('echo half > half.txt');
    await worker.answer('NEEDS_FOLLOWUP: the API is missing');
    const next = await agents.next();
    expect(next.stdin).toContain('the API is missing');
    const [ref] = /refs\/oompa\/rescue\/\S+(?=`)/.exec(next.stdin) ?? [''];
    expect(await repo.git('show', `${ref}:half.txt`)).toBe('half');
    expect((await next.run('ls')).output).not.toContain('half.txt');
    await next.run('echo whole > whole.txt');
    await next.answer(ready);
    expect(await run.exitCode).toBe(0);
    expect(await task('complete', 'a')).toContain('attempts: 1');
  });

  test('blocks a task whose agent asks its owner', async () => {
    const { agents, swarm, tasks, task } = await open({ tasks: { billing: 'title: Billing' } });
    const run = swarm();
    await (await agents.next()).answer('NEEDS_INPUT: Which currency?');
    expect(await run.exitCode).toBe(1);
    expect(await tasks('blocked')).toEqual(['billing']);
    expect(await task('blocked', 'billing')).toContain('question: Which currency?');
  });

  test('P5: an agent that exits 0 with no output has not worked', async () => {
    const { agents, swarm, tasks } = await open({
      config: 'workers: [{ name: builders, harness: opencode }]\nlimits: { attempts: 1 }\n',
      tasks: { a: 'title: A' },
    });
    const run = swarm();
    await (await agents.next()).exit(0);
    await (await agents.next()).exit(0);
    expect(await run.exitCode).toBe(1);
    expect(await tasks('failed')).toEqual(['a']);
    expect(run.all('turn:ended').map(({ failure }) => failure?.kind)).toEqual(['no-output', 'no-output']);
  });
});
