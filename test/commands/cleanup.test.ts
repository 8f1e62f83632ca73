import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { cleanup } from '../../src/commands/cleanup.ts';
import type { CleanupOptions } from '../../src/commands/cleanup.ts';
import { noteLease, readLeases } from '../../src/git/worktree/lease.ts';
import { openRefs } from '../../src/git/refs.ts';
import { openRepository } from '../../src/git/repository.ts';
import { keepWork } from '../../src/git/rescue/rescue.ts';
import { openWorktrees } from '../../src/git/worktree/worktree.ts';
import type { Slot } from '../../src/git/worktree/worktree.ts';
import { createRun } from '../../src/runs/run-log.ts';
import type { RunLog } from '../../src/runs/run-log.ts';
import { ownIdentity } from '../../src/system/process-identity.ts';
import { withLock } from '../../src/system/lock.ts';
import type { CleanupReport } from '../../src/ui/cleanup.ts';
import { git, temporaryRepository, testIo, writeFiles } from './temporary.ts';

const run = '20261120T140159-k3f9';
let root: string;

beforeEach(() => {
  root = temporaryRepository({ 'a.txt': 'one\n' });
});

describe('a worktree', () => {
  it('of a process that died goes, and its uncommitted work stays on a rescue ref (P6)', async () => {
    const slot = await deadSlot({ 'a.txt': 'changed\n', 'new.txt': 'mine\n' });
    const items = await clean();
    expect(existsSync(slot.folder)).toBe(false);
    expect(git(root, 'worktree', 'list').split('\n')).toHaveLength(1);
    const ref = `refs/oompa/rescue/found/${run}-builders-1-i1`;
    expect(rescueRefs()).toEqual([ref]);
    expect(items).toContainEqual({
      kind: 'worktree',
      name: 'builders-1',
      action: 'freed',
      why: `what was in it is kept: ${ref}`,
    });
    expect(git(root, 'show', `${ref}:a.txt`)).toBe('changed');
    expect(git(root, 'show', `${ref}:new.txt`)).toBe('mine');
  });

  it('that nobody has a lease for is taken for work all the same (P6)', async () => {
    const slot = await deadSlot({ 'a.txt': 'changed\n' });
    rmSync(join(root, '.oompa', 'worktrees', 'builders-1.lease.json'));
    expect((await clean({ dryRun: true }))[0]?.why).toBe('1 uncommitted path in it is kept first');
    await clean();
    expect(existsSync(slot.folder)).toBe(false);
    expect(git(root, 'show', `${rescueRefs()[0]}:a.txt`)).toBe('changed');
  });

  it('that was given back clean goes without a trace', async () => {
    await deadSlot({});
    expect(await clean()).toContainEqual(expect.objectContaining({ kind: 'worktree', action: 'freed' }));
    expect(rescueRefs()).toEqual([]);
    expect(readdirSync(join(root, '.oompa', 'worktrees'))).toEqual([]);
  });

  it('whose work was kept when its iteration ended is not kept twice', async () => {
    const slot = await deadSlot({ 'a.txt': 'changed\n' }, { keep: 'add-login' });
    expect(rescueRefs()).toHaveLength(1);
    const items = await clean();
    expect(existsSync(slot.folder)).toBe(false);
    expect(rescueRefs()).toHaveLength(1);
    expect(items[0]?.why).toBe(`what was in it is kept: ${rescueRefs()[0]}`);
  });

  it('takes along what git ignores, and says so', async () => {
    const slot = await deadSlot({
      '.gitignore': '.oompa/\nbuilt/\n.env\n',
      '.env': 'KEY=1\n',
      'built/a.js': '',
      'built/b.js': '',
    });
    const [planned] = await clean({ dryRun: true });
    expect(planned?.why).toBe('1 uncommitted path in it is kept first; what git ignores goes with it: .env, built/');
    const [done] = await clean();
    expect(done?.why).toMatch(/; what git ignores goes with it: \.env, built\/$/);
    expect(existsSync(slot.folder)).toBe(false);
  });

  it('that a planner or the checks had holds no work', async () => {
    const slot = await deadSlot({ 'a.txt': 'changed\n' });
    const folder = join(root, '.oompa', 'worktrees');
    const [lease] = await readLeases(folder);
    await noteLease(folder, { ...lease!, branch: '' });
    expect((await clean({ dryRun: true }))[0]?.why).toBe('no iteration was in it');
    await clean();
    expect(existsSync(slot.folder)).toBe(false);
    expect(rescueRefs()).toEqual([]);
  });

  it('of a living process is not touched', async () => {
    const slot = await leasedSlot();
    writeFiles(slot.folder, { 'a.txt': 'changed\n' });
    expect(await clean()).toContainEqual({
      kind: 'worktree',
      name: 'builders-1',
      action: 'kept',
      why: 'a live run works in it',
    });
    expect(git(slot.folder, 'status', '--short')).toBe('M a.txt');
  });

  it('whose folder somebody has deleted is forgotten, and its commits are kept', async () => {
    const slot = await deadSlot({ 'a.txt': 'changed\n' }, { commit: true });
    rmSync(slot.folder, { recursive: true });
    await clean();
    expect(git(root, 'worktree', 'list').split('\n')).toHaveLength(1);
    expect(git(root, 'show', `${rescueRefs()[0]}:a.txt`)).toBe('changed');
  });

  it('whose work cannot be kept stays as it is (P6)', async () => {
    const slot = await deadSlot({ 'a.txt': 'changed\n' });
    // A file where the folder of the rescue refs would be: no ref can be made.
    git(root, 'update-ref', 'refs/oompa/rescue', 'HEAD');
    const { code, report } = await cleaning();
    expect(code).toBe(1);
    expect(report.items[0]).toMatchObject({ kind: 'worktree', action: 'failed' });
    expect(git(slot.folder, 'status', '--short')).toBe('M a.txt');
    git(root, 'update-ref', '-d', 'refs/oompa/rescue');
    await clean();
    expect(git(root, 'show', `${rescueRefs()[0]}:a.txt`)).toBe('changed');
  });
});

describe('a branch of an iteration', () => {
  it('goes when main has its work', async () => {
    git(root, 'branch', `oompa/${run}/builders-1-i1`);
    expect(await clean()).toEqual([
      {
        kind: 'branch',
        name: `oompa/${run}/builders-1-i1`,
        action: 'freed',
        why: 'its work is on main or on a rescue ref',
      },
    ]);
    expect(branches()).toEqual([]);
  });

  it('goes when its worktree has gone and its work is rescued, in one go', async () => {
    await deadSlot({ 'a.txt': 'changed\n' }, { commit: true });
    expect(branches()).toHaveLength(1);
    await clean();
    expect(branches()).toEqual([]);
    expect(git(root, 'show', `${rescueRefs()[0]}:a.txt`)).toBe('changed');
  });

  it('stays when its work is nowhere else (P6)', async () => {
    const branch = lostBranch('builders-1-i1');
    expect(await clean()).toEqual([
      { kind: 'branch', name: branch, action: 'kept', why: 'holds work that is neither on main nor rescued' },
    ]);
    expect(branches()).toEqual([branch]);
  });

  it('goes when the log tells as which squashed commit it landed', async () => {
    const branch = lostBranch('builders-1-i1');
    git(root, 'merge', '-q', '--squash', branch);
    git(root, 'commit', '-q', '-m', 'Squashed');
    const log = startRun();
    logLanding(log, branch, git(root, 'rev-parse', 'HEAD'));
    log.append({ type: 'run:ended', why: 'dry', pending: 0 });
    log.close();
    await clean();
    expect(branches()).toEqual([]);
  });

  it('stays when its run goes on', async () => {
    startRun();
    const branch = `oompa/${run}/builders-1-i1`;
    git(root, 'branch', branch);
    expect(await clean()).toContainEqual({ kind: 'branch', name: branch, action: 'kept', why: 'its run goes on' });
    expect(branches()).toEqual([branch]);
  });

  it('stays when the user has checked it out', async () => {
    const branch = `oompa/${run}/builders-1-i1`;
    git(root, 'branch', branch);
    git(root, 'switch', '-q', branch);
    writeFiles(root, { 'oompa.config.yaml': 'branch: main\nworkers: [{name: a, harness: codex}]\n' });
    expect(await clean()).toContainEqual(
      expect.objectContaining({ name: branch, action: 'kept', why: 'it is checked out in a work tree' }),
    );
    expect(branches()).toEqual([branch]);
  });

  it('of the user is none of ours', async () => {
    git(root, 'branch', 'feature');
    expect(await clean()).toEqual([]);
    expect(branches('refs/heads/feature')).toEqual(['feature']);
  });
});

describe("oompa's scratch", () => {
  it('goes when no run is live', async () => {
    writeFiles(root, {
      '.oompa/tmp/builders-1/x': '',
      '.oompa/state/builders-1/opencode/data/x': '',
      '.oompa/verified/abc/tree1': '',
      '.oompa/verified/abc/tree2': '',
    });
    expect((await clean()).map(({ kind, name, action }) => [kind, name, action])).toEqual([
      ['temporary', 'builders-1', 'freed'],
      ['state', 'builders-1', 'freed'],
      ['verified', '2 trees', 'freed'],
    ]);
    expect(readdirSync(join(root, '.oompa', 'tmp'))).toEqual([]);
    expect(readdirSync(join(root, '.oompa', 'state'))).toEqual([]);
    expect(readdirSync(join(root, '.oompa', 'verified', 'abc'))).toEqual([]);
  });

  it('of a process that was killed while it kept work goes; of a living one it stays', async () => {
    const { pid, start } = ownIdentity();
    const own = `salvage-${pid}-${start.replace(/\W+/g, '_')}-abcdef`;
    writeFiles(root, { [`.oompa/tmp/${own}/index`]: '', '.oompa/tmp/salvage-999999999-x-abcdef/index': '' });
    await clean();
    expect(readdirSync(join(root, '.oompa', 'tmp'))).toEqual([own]);
  });

  it('stays when a run has it', async () => {
    await leasedSlot();
    startRun();
    writeFiles(root, { '.oompa/tmp/builders-1/x': '', '.oompa/tmp/old-1/x': '', '.oompa/verified/abc/tree1': '' });
    await clean();
    expect(readdirSync(join(root, '.oompa', 'tmp'))).toEqual(['builders-1']);
    expect(readdirSync(join(root, '.oompa', 'verified', 'abc'))).toEqual(['tree1']);
  });
});

describe('oompa cleanup', () => {
  it('with --dry-run says the same and changes nothing', async () => {
    const slot = await deadSlot({ 'a.txt': 'changed\n' });
    git(root, 'branch', `oompa/${run}/builders-2-i1`);
    git(root, 'update-ref', 'refs/oompa/rescue/landed/x', 'HEAD');
    writeFiles(root, { '.oompa/tmp/builders-1/x': '', '.oompa/verified/abc/tree1': '' });
    const before = state();
    const planned = await clean({ dryRun: true, force: true });
    expect(state()).toEqual(before);
    expect(planned.map(({ kind, action }) => `${action} ${kind}`)).toEqual([
      'freed worktree',
      'freed branch',
      'freed branch',
      'freed temporary',
      'freed verified',
      'freed rescue',
    ]);
    expect(planned[0]?.why).toBe('1 uncommitted path in it is kept first');
    expect(existsSync(slot.folder)).toBe(true);
  });

  it('has nothing to do in a fresh repository, and leaves nothing there', async () => {
    const { io, printed } = testIo(root);
    expect(await cleanup({}, io)).toBe(0);
    expect(printed.stdout).toBe('Nothing to free.\n');
    expect(existsSync(join(root, '.oompa'))).toBe(false);
  });

  it.each([
    [
      { force: true, olderThan: 'soon' },
      '--older-than takes an age such as 12h, 30d or 4w, not "soon": oompa cleanup --dry-run --older-than 30d',
    ],
  ])('refuses %j', async (options, message) => {
    const { io, printed } = testIo(root);
    expect(await cleanup(options, io)).toBe(2);
    expect(printed.stderr).toBe(`${message}\n`);
  });

  it('says why a folder is no workspace', async () => {
    const { io, printed } = testIo(join(root, '..'));
    expect(await cleanup({}, io)).toBe(2);
    expect(printed.stderr).toContain('is not in a git repository');
  });
});

async function clean(options: CleanupOptions = {}) {
  const { code, report } = await cleaning(options);
  expect(code).toBe(0);
  return report.items;
}

async function cleaning(options: CleanupOptions = {}) {
  const { io, printed } = testIo(root);
  const code = await cleanup({ ...options, json: true }, io);
  expect(printed.stderr).toBe('');
  return { code, report: JSON.parse(printed.stdout) as CleanupReport };
}

/** A worktree of this process on the branch of an iteration. */
async function leasedSlot(): Promise<Slot> {
  const opened = await openRepository(root);
  if (opened.kind === 'problem') throw new Error(opened.message);
  const { repository } = opened;
  const own = join(root, '.oompa');
  const worktrees = openWorktrees({
    repository,
    folder: join(own, 'worktrees'),
    withLock: (work) => withLock(join(own, 'worktrees.lock'), work),
  });
  const leased = await worktrees.lease('builders-1');
  if (leased.kind === 'failed') throw new Error(leased.detail);
  const branch = `oompa/${run}/builders-1-i1`;
  const started = await worktrees.start(leased.slot, { branch, base: repository.head, clean: 'tracked' });
  if (started.kind === 'failed') throw new Error(started.detail);
  return leased.slot;
}

/** The same of a process that is gone, with these files changed in it. */
async function deadSlot(
  files: Readonly<Record<string, string>>,
  { commit = false, keep }: { readonly commit?: boolean; readonly keep?: string } = {},
): Promise<Slot> {
  const slot = await leasedSlot();
  writeFiles(slot.folder, files);
  if (commit) git(slot.folder, 'commit', '-q', '-a', '-m', 'Work');
  if (keep !== undefined) await keepIn(slot, keep);
  const folder = join(root, '.oompa', 'worktrees');
  const [lease] = await readLeases(folder);
  const { pid } = spawnSync(process.execPath, ['--version']);
  await noteLease(folder, { ...lease!, pid, pidStart: 'long ago' });
  return slot;
}

async function keepIn(slot: Slot, task: string): Promise<void> {
  const opened = await openRepository(root);
  if (opened.kind === 'problem') throw new Error(opened.message);
  const refs = openRefs(root);
  const name = { task, run, worker: slot.name, iteration: 1 };
  await keepWork(opened.repository, { slot, base: opened.repository.head, name, refs });
  await refs.close();
}

/** A branch with a commit that is nowhere else. */
function lostBranch(name: string): string {
  const branch = `oompa/${run}/${name}`;
  git(root, 'switch', '-q', '-c', branch);
  writeFiles(root, { 'a.txt': 'changed\n' });
  git(root, 'commit', '-q', '-a', '-m', 'Work');
  git(root, 'switch', '-q', 'main');
  return branch;
}

/** A run of this very process, so a live one until it is told to have ended. */
function startRun(): RunLog {
  const created = createRun({
    workspace: root,
    id: run,
    record: {},
    pidStart: ownIdentity().start,
    redact: (text) => text,
    now: () => new Date(),
  });
  if (created.kind === 'failed') throw new Error(created.message);
  onTestFinished(() => created.log.close());
  return created.log;
}

function logLanding(log: RunLog, branch: string, commit: string): void {
  const of = { worker: 'builders-1', task: 'add-login', iteration: 1 };
  log.append({ type: 'task:claimed', ...of, title: 'Login', generation: 1, attempt: 1, from: 'pending' });
  log.append({ type: 'worktree:ready', ...of, branch, base: commit, ms: 1 });
  log.append({ type: 'landing:landed', ...of, commit, title: 'Login', ms: 1 });
}

function rescueRefs(): string[] {
  return branches('refs/oompa/rescue', '%(refname)');
}

function branches(under = 'refs/heads/oompa', format = '%(refname:lstrip=2)'): string[] {
  return git(root, 'for-each-ref', `--format=${format}`, under)
    .split('\n')
    .filter((name) => name !== '');
}

/** Everything that a dry run must leave as it is. */
function state() {
  return {
    refs: git(root, 'for-each-ref'),
    objects: git(root, 'count-objects', '-v'),
    files: readdirSync(join(root, '.oompa'), { recursive: true, encoding: 'utf8' }).sort(),
  };
}
