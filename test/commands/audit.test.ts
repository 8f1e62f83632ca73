import { rename } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { noteFreed } from '../../src/git/rescue/freed.ts';
import { open, work } from '../engine/open.ts';
import type { World } from '../rig/world.ts';
import { auditing, copyOf, forget, rescueIn, shown, workedWorld } from './audited.ts';
import { temporaryFolder } from './temporary.ts';

let merged: World;
let squashed: World;

beforeAll(async () => {
  merged = await workedWorld();
  squashed = await workedWorld('merge: { strategy: squash }\n');
});

afterAll(async () => {
  await merged.close();
  await squashed.close();
});

describe('oompa audit', () => {
  it('proves where everything is that a run has made', async () => {
    const workspace = await copyOf(merged);
    expect(await auditing(workspace)).toMatchObject({
      code: 0,
      audit: {
        proven: true,
        runs: 1,
        turns: 2,
        commits: { main: 1, rejected: 1, lost: 0 },
        tasks: { pending: 0, current: 0, complete: 1, failed: 1, blocked: 0 },
        completed: { landed: 1, byHand: 0, unproven: 0 },
        mains: [{ branch: 'main', commits: 1, landings: 1, own: 0, unproven: 0 }],
        problems: [],
        notes: [],
      },
    });
    expect(await shown(workspace)).toBe(
      [
        '  ok    2 commits of 2 turns in 1 run: 1 on main, 1 rejected and rescued',
        '  ok    2 task files, each task in one state: 1 complete, 1 failed',
        '  ok    1 completed task: 1 landed',
        `  ok    main since ${await workspace.git('rev-parse', '--short=7', 'main~1')}: 1 landing, 0 of your own`,
        '  ok    every object that a ref leads to is there',
        'nothing is lost',
        '',
      ].join('\n'),
    );
  });

  it('changes nothing', async () => {
    const workspace = await copyOf(merged);
    const before = [await workspace.git('for-each-ref'), await workspace.git('status', '--porcelain', '--ignored')];
    await auditing(workspace);
    expect([await workspace.git('for-each-ref'), await workspace.git('status', '--porcelain', '--ignored')]).toEqual(
      before,
    );
  });

  it('finds squashed work by its content, as long as git has it and after', async () => {
    const workspace = await copyOf(squashed);
    expect(await auditing(workspace)).toMatchObject({ code: 0, audit: { commits: { squashed: 1, rejected: 1 } } });
    const branches = await workspace.git('for-each-ref', '--format=%(refname)', 'refs/heads/oompa');
    for (const branch of branches.split('\n')) await workspace.git('update-ref', '-d', branch);
    await forget(workspace);
    expect(await auditing(workspace)).toMatchObject({
      code: 0,
      audit: { commits: { squashed: 1, rejected: 1 }, notes: [{ kind: 'squashed-and-gone', count: 1 }] },
    });
  });

  it('counts as freed what cleanup was forced to remove, even when git has removed it since', async () => {
    const workspace = await copyOf(merged);
    const { ref, commit } = await rescueIn(workspace);
    const freed = { ref, commit, why: 'the user said so', at: '2026-11-20T14:00:00.000Z' };
    expect(noteFreed(workspace.path, freed)).toBeUndefined();
    await workspace.git('update-ref', '-d', ref);
    expect(await auditing(workspace)).toMatchObject({ code: 0, audit: { commits: { freed: 1 } } });
    await forget(workspace);
    expect(await auditing(workspace)).toMatchObject({ code: 0, audit: { commits: { freed: 1 } } });
  });

  it('lets the user commit and merge on main, also when main becomes the line of another branch', async () => {
    const workspace = await copyOf(merged);
    await workspace.commit('mine.txt');
    await workspace.git('switch', '-q', '-c', 'side', 'main~2');
    await workspace.commit('side.txt');
    await workspace.git('merge', '-q', '--no-edit', 'main');
    await workspace.git('switch', '-q', 'main');
    await workspace.git('merge', '-q', '--ff-only', 'side');
    expect(await auditing(workspace)).toMatchObject({
      code: 0,
      audit: { mains: [{ commits: 2, landings: 0, own: 2 }] },
    });
  });

  it('looks at the branch that the runs landed on, whatever is checked out', async () => {
    const workspace = await copyOf(merged);
    await workspace.git('switch', '-q', '-c', 'other', 'main~1');
    expect(await auditing(workspace)).toMatchObject({ code: 0, audit: { mains: [{ branch: 'main', landings: 1 }] } });
  });

  it('takes a task that a person has completed for what it is, and names what it cannot read', async () => {
    const workspace = await copyOf(merged);
    const tasks = join(workspace.path, 'tasks');
    workspace.write('tasks/complete/mine.yaml', 'title: Mine\n');
    await rename(join(tasks, 'failed/bad.yaml'), join(tasks, 'complete/bad.yaml'));
    workspace.write('tasks/pending/torn.yaml', 'title: [\n');
    expect(await auditing(workspace)).toMatchObject({
      code: 0,
      audit: {
        completed: { landed: 1, byHand: 2 },
        notes: [
          { kind: 'by-hand', tasks: ['bad', 'mine'] },
          { kind: 'unreadable', path: 'tasks/pending/torn.yaml' },
        ],
      },
    });
  });

  it('does not judge what a live run is at', async () => {
    const world = await open({ tasks: { slow: 'title: Slow\n' } });
    const run = world.swarm();
    const agent = await world.agents.next();
    await agent.run('echo half > half.txt');
    await agent.answer('Not yet.');
    const next = await world.agents.next();
    expect(await auditing(world.repo)).toMatchObject({
      code: 0,
      audit: { commits: { lost: 0 }, tasks: { current: 1 }, notes: [{ kind: 'live' }] },
    });
    await work(next, 'echo whole > whole.txt');
    expect(await run.exitCode).toBe(0);
    expect(await auditing(world.repo)).toMatchObject({ code: 0, audit: { commits: { main: 1 }, notes: [] } });
  });

  it('has nothing to say of a workspace without runs, and exits 2 where there is none', async () => {
    const world = await open({ tasks: { one: 'title: One\n' } });
    expect(await auditing(world.repo)).toMatchObject({
      code: 0,
      audit: { runs: 0, mains: [{ commits: 0 }], notes: [] },
    });
    const { code, stderr } = await auditing({ path: temporaryFolder() });
    expect(code).toBe(2);
    expect(stderr).toContain('git init');
  });
});
