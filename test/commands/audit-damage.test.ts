import { copyFile, mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { noteTaken, unacceptedIn } from '../../src/git/guard/taken.ts';
import { openRepository } from '../../src/git/repository.ts';
import type { World } from '../rig/world.ts';
import { auditing, copyOf, forget, rescueIn, shown, workedWorld } from './audited.ts';

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

describe('oompa audit names', () => {
  it('work whose rescue ref somebody has deleted, and the command that keeps it again', async () => {
    const workspace = await copyOf(merged);
    const { ref, commit } = await rescueIn(workspace);
    await workspace.git('update-ref', '-d', ref);
    const of = { task: 'bad', worker: 'builders-1', iteration: 1 };
    expect(await auditing(workspace)).toMatchObject({
      code: 1,
      audit: {
        proven: false,
        commits: { main: 1, lost: 1 },
        problems: [{ kind: 'work-lost', commits: [commit], of, ref, present: true }],
      },
    });
    const screen = await shown(workspace);
    expect(screen).toMatch(
      /^ {2}fail {2}2 commits of 2 turns in 1 run: 1 on main, 1 lost\n {8}bad: 1 commit of builders-1/,
    );
    expect(screen).toMatch(/\n1 problem\n$/);
    await workspace.git(...commandIn(screen, 'keep it: git '));
    expect(await auditing(workspace)).toMatchObject({ code: 0, audit: { commits: { rejected: 1 } } });
  });

  it('work that git has removed, until the user lets it go', async () => {
    const workspace = await copyOf(merged);
    const { ref, commit } = await rescueIn(workspace);
    await workspace.git('update-ref', '-d', ref);
    await forget(workspace);
    expect(await auditing(workspace)).toMatchObject({
      code: 1,
      audit: { problems: [{ kind: 'work-lost', present: false }] },
    });
    const accepted = { code: 0, audit: { commits: { accepted: 1, lost: 0 } } };
    expect(await auditing(workspace, { accept: [commit.slice(0, 7)] })).toMatchObject(accepted);
    expect(await auditing(workspace)).toMatchObject(accepted);
  });

  it.each(['ffffff1', 'abc', 'main'])('nothing for --accept %s, which no finding is about', async (given) => {
    const workspace = await copyOf(merged);
    const said = `No finding is about a commit ${given}; see them with: oompa audit\n`;
    expect(await auditing(workspace, { accept: [given] })).toEqual({ code: 2, stderr: said, audit: undefined });
  });

  it('what keeps an acceptance from being written down', async () => {
    const workspace = await copyOf(merged);
    const { ref, commit } = await rescueIn(workspace);
    await workspace.git('update-ref', '-d', ref);
    await mkdir(join(workspace.path, '.oompa/accepted.jsonl'));
    const { code, stderr } = await auditing(workspace, { accept: [commit] });
    expect(code).toBe(1);
    expect(stderr).toContain('could not be written down: EISDIR');
  });

  it('a landing that does not hold what was approved', async () => {
    const workspace = await copyOf(squashed);
    const { git } = workspace;
    const branch = await git('for-each-ref', '--format=%(refname)', '--no-merged=main', 'refs/heads/oompa/**/*-i2');
    const tip = await git('rev-parse', branch);
    const landing = await git('rev-parse', 'main');
    // The log tells of one commit, and another one is there with the same words and an old tree.
    const message = await git('log', '-1', '--format=%B', 'main');
    const empty = await git('commit-tree', 'main~1^{tree}', '-p', 'main~1', '-m', message);
    await git('update-ref', 'refs/heads/main', empty, landing);
    await git('update-ref', '-d', branch);
    const { code, audit } = await auditing(workspace);
    expect(code).toBe(1);
    expect(audit?.problems.map(({ kind, commits }) => [kind, commits])).toEqual([
      ['work-lost', [tip]],
      ['completion-unproven', [landing]],
      ['landing-gone', [landing]],
      ['landing-unrecorded', [empty]],
    ]);
  });

  it('a task with files in two states, and one with two endings', async () => {
    const workspace = await copyOf(merged);
    const tasks = join(workspace.path, 'tasks');
    await copyFile(join(tasks, 'complete/good.yaml'), join(tasks, 'pending/good.yaml'));
    workspace.write('tasks/failed/bad.md', '# Bad\n');
    const { code, audit } = await auditing(workspace);
    expect(code).toBe(1);
    expect(audit?.problems.map((problem) => 'paths' in problem && [...problem.paths].sort()).sort()).toEqual([
      ['tasks/complete/good.yaml', 'tasks/pending/good.yaml'],
      ['tasks/failed/bad.md', 'tasks/failed/bad.yaml'],
    ]);
  });

  it('a completed task whose file cannot be read', async () => {
    const workspace = await copyOf(merged);
    workspace.write('tasks/complete/good.yaml', 'title: [\n');
    expect(await auditing(workspace)).toMatchObject({
      code: 1,
      audit: { problems: [{ kind: 'completion-unproven', task: 'good', why: 'unreadable' }] },
    });
  });

  it('a dropped landing, the completion that it stands for, and the command that brings it back', async () => {
    const workspace = await copyOf(merged);
    const landing = await workspace.git('rev-parse', 'main');
    await workspace.git('reset', '-q', '--hard', 'main~1');
    const { code, audit } = await auditing(workspace);
    expect(code).toBe(1);
    expect(audit?.problems).toMatchObject([
      { kind: 'work-lost', of: { task: 'good' } },
      { kind: 'completion-unproven', task: 'good', why: 'not-on-main', commits: [landing] },
      { kind: 'landing-gone', task: 'good', commits: [landing], branch: 'main', present: true },
    ]);
    await workspace.git(...commandIn(await shown(workspace), 'bring it back: git switch main && git '));
    expect(await auditing(workspace)).toMatchObject({ code: 0 });
  });

  it('what an agent did on main, and takes the word of the user for it', async () => {
    const workspace = await copyOf(merged);
    const commit = await workspace.commit('sneaked.txt');
    const at = '2026-11-20T14:00:00.000Z';
    await noteTaken(workspace.path, [{ how: 'added', commit, by: 'builders-1', run: 'r1', at }]);
    const found = { kind: 'taken', how: 'added', commits: [commit], by: 'builders-1' };
    expect(await auditing(workspace)).toMatchObject({
      code: 1,
      audit: { mains: [{ unproven: 1, own: 0 }], problems: [found] },
    });
    const [given = ''] = commandIn(await shown(workspace), 'it may stay: oompa audit --accept ');
    expect(given).toHaveLength(7);
    expect(commit.startsWith(given)).toBe(true);
    expect(await auditing(workspace, { accept: [given] })).toMatchObject({
      code: 0,
      audit: { notes: [{ kind: 'accepted', commits: [commit] }] },
    });
    expect(await auditing(workspace)).toMatchObject({ code: 0 });
    const opened = await openRepository(workspace.path);
    expect(opened.kind === 'open' && (await unacceptedIn(opened.repository))).toEqual([]);
  });

  it('work that is itself on main', async () => {
    const workspace = await copyOf(merged);
    const { commit } = await rescueIn(workspace);
    await workspace.git('reset', '-q', '--hard', commit);
    const { audit } = await auditing(workspace);
    expect(audit?.problems).toMatchObject([
      { kind: 'work-lost', of: { task: 'good' } },
      { kind: 'completion-unproven', task: 'good' },
      { kind: 'landing-gone', task: 'good' },
      { kind: 'work-on-main', commits: [commit], of: { task: 'bad' } },
    ]);
  });

  it('a second landing for the same claim, which its log knows nothing of', async () => {
    const workspace = await copyOf(merged);
    await workspace.git('commit', '-q', '--allow-empty', '-m', await workspace.git('log', '-1', '--format=%B'));
    const forged = await workspace.git('rev-parse', 'main');
    expect((await auditing(workspace)).audit?.problems).toMatchObject([
      { kind: 'landed-twice', task: 'good', claim: '1', commits: [await workspace.git('rev-parse', 'main~1'), forged] },
      { kind: 'landing-unrecorded', task: 'good', commits: [forged] },
    ]);
  });

  it('an object that is missing', async () => {
    const workspace = await copyOf(merged);
    const blob = await workspace.git('rev-parse', 'main:good.txt');
    await rm(join(workspace.path, '.git/objects', blob.slice(0, 2), blob.slice(2)));
    expect(await auditing(workspace)).toMatchObject({
      code: 1,
      audit: { problems: [{ kind: 'objects-missing', objects: [`blob ${blob}`] }] },
    });
  });

  it('a rescue ref that leads to a commit that is missing', async () => {
    const workspace = await copyOf(merged);
    const { ref, commit } = await rescueIn(workspace);
    await rm(join(workspace.path, '.git/objects', commit.slice(0, 2), commit.slice(2)));
    const { code, audit } = await auditing(workspace);
    expect(code).toBe(1);
    expect(audit?.problems).toMatchObject([
      { kind: 'objects-missing', objects: [`${commit} of ${ref}`] },
      { kind: 'work-lost', commits: [commit], present: false },
    ]);
  });

  it('a history that git cannot walk, of which it can tell nothing', async () => {
    const workspace = await copyOf(merged);
    const { ref, commit } = await rescueIn(workspace);
    const later = await workspace.git('commit-tree', `${commit}^{tree}`, '-p', commit, '-m', 'later');
    await workspace.git('update-ref', ref, later);
    await rm(join(workspace.path, '.git/objects', commit.slice(0, 2), commit.slice(2)));
    const { code, audit } = await auditing(workspace);
    expect(code).toBe(1);
    expect(audit?.commits).toMatchObject({ unknown: 2, lost: 0 });
    expect(audit?.problems.map(({ kind }) => kind)).toEqual(['objects-missing', 'git-trouble']);
  });
});

/** The arguments of the command after these words on a line of the screen. */
function commandIn(screen: string, words: string): string[] {
  const line = screen.split('\n').find((each) => each.includes(words)) ?? '';
  return line.slice(line.indexOf(words) + words.length).split(' ');
}
