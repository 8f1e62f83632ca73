import { existsSync } from 'node:fs';
import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { RunEvent } from '../../src/core/event.ts';
import { foldRun } from '../../src/core/fold-run.ts';
import { emptyRun } from '../../src/core/run-state.ts';
import { summarise } from '../../src/core/summary.ts';
import { readRun } from '../../src/runs/read-runs.ts';
import { open, ready, review, reviewer, work } from './open.ts';

describe('P8: the run log is the truth', () => {
  test('the summary is a fold of the events on disk, and so is everything that is shown', async () => {
    const { repo, agents, swarm } = await open({ tasks: { a: 'title: A' } });
    const run = swarm();
    const agent = await agents.next();
    await agent.run('echo a > a.txt');
    await agent.answer(ready);
    expect(await run.exitCode).toBe(0);

    const folder = join(repo.path, 'runs', run.all('run:started')[0]?.run ?? '');
    const lines = (await readFile(join(folder, 'events.jsonl'), 'utf8')).trim().split('\n');
    const events = lines.map((line) => JSON.parse(line) as RunEvent);
    expect(events).toEqual(run.events);
    const summary: unknown = JSON.parse(await readFile(join(folder, 'summary.json'), 'utf8'));
    expect(summary).toEqual(JSON.parse(JSON.stringify(summarise(events.reduce(foldRun, emptyRun)))));
  });

  test('an event tells of what is done already: the landing is on main when the log says so', async () => {
    const { repo, agents, swarm } = await open({ tasks: { a: 'title: A' } });
    const run = swarm();
    const agent = await agents.next();
    await agent.run('echo a > a.txt');
    await agent.answer(ready);
    const { commit } = await run.seen('landing:landed');
    expect(await repo.git('rev-parse', 'main')).toBe(commit);
    expect(await run.exitCode).toBe(0);
  });

  test('a run can be read while it goes on, with its prompts and transcripts', async () => {
    const { repo, agents, swarm } = await open({ tasks: { a: 'title: A' } });
    const run = swarm();
    const agent = await agents.next();
    const found = await readRun(repo.path, 'latest');
    expect(found).toMatchObject({ kind: 'found', run: { life: 'live' } });
    await agent.run('echo a > a.txt');
    await agent.answer(ready);
    expect(await run.exitCode).toBe(0);
    const folder = join(repo.path, 'runs', run.all('run:started')[0]?.run ?? '');
    expect(await readdir(join(folder, 'turns'))).toEqual([
      'builders-1-i1-t1.prompt.md',
      'builders-1-i1-t1.stderr',
      'builders-1-i1-t1.stdout',
    ]);
    expect(await readFile(join(folder, 'turns', 'builders-1-i1-t1.prompt.md'), 'utf8')).toBe(agent.stdin);
  });

  test('reviews that cannot be written do not end the run', async () => {
    const { repo, agents, swarm } = await open({
      config: 'workers: [{ name: builders, harness: opencode }]\nreviewer: { harness: opencode }\n',
      tasks: { a: 'title: A' },
    });
    const run = swarm();
    const agent = await agents.next();
    const reviews = join(repo.path, 'runs', run.all('run:started')[0]?.run ?? '', 'reviews');
    await agent.run(`rm -r '${reviews}' && echo in the way > '${reviews}'`);
    await agent.run('echo a > a.txt');
    await agent.answer(ready);
    await (await agents.next()).answer('Good.\n\nVERDICT: APPROVED');
    expect(await run.exitCode).toBe(0);
    expect(run.said()).toContain('could not be written');
    expect(existsSync(join(repo.path, 'a.txt'))).toBe(true);
  });

  test('beside each review lies what changed since the round before', async () => {
    const world = await open({
      config: `workers: [{ name: builders, harness: opencode }]\n${reviewer}`,
      tasks: { a: 'title: A' },
    });
    const { repo, agents, swarm } = world;
    const run = swarm();
    await work(await agents.next(), 'echo first > a.txt');
    await review(world, 'More.\n\nVERDICT: NEEDS_CHANGES');
    await work(await agents.next(), 'echo second > b.txt');
    await review(world, 'Good.\n\nVERDICT: APPROVED');
    expect(await run.exitCode).toBe(0);

    const folder = join(repo.path, 'runs', run.all('run:started')[0]?.run ?? '');
    const rounds = run.all('review:ended');
    expect(rounds.map(({ diff }) => diff)).toEqual(['reviews/builders-1-i1-r1.diff', 'reviews/builders-1-i1-r2.diff']);
    expect(rounds.map(({ commit }) => commit)).toEqual(run.all('work:committed').map(({ commit }) => commit));
    const [first = '', second = ''] = await Promise.all(
      rounds.map(({ diff = '' }) => readFile(join(folder, diff), 'utf8')),
    );
    expect(first).toContain('+first');
    expect(second).toContain('+second');
    expect(second).not.toContain('first');
  });
});
