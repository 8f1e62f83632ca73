import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { cleanup } from '../../../src/commands/cleanup.ts';
import type { CleanupOptions } from '../../../src/commands/cleanup.ts';
import { readFreed } from '../../../src/git/rescue/freed.ts';
import { createRun } from '../../../src/runs/run-log.ts';
import { ownIdentity } from '../../../src/system/process-identity.ts';
import type { CleanupReport } from '../../../src/ui/cleanup.ts';
import { git, temporaryRepository, testIo, writeFiles } from '../temporary.ts';

const day = 86_400_000;
let root: string;

beforeEach(() => {
  root = temporaryRepository({ 'a.txt': 'one\n' });
});

describe('a rescue ref that main has all of', () => {
  it('goes', async () => {
    git(root, 'update-ref', 'refs/oompa/rescue/add-login/x', 'HEAD');
    expect((await clean())[0]).toMatchObject({ action: 'freed', why: 'less than an hour old, main has all of it' });
    expect(rescueRefs()).toEqual([]);
  });

  it('stays while a task goes on from it, or its run does', async () => {
    const run = '20261120T140159-k3f9';
    git(root, 'update-ref', 'refs/oompa/rescue/add-login/x', 'HEAD');
    git(root, 'update-ref', `refs/oompa/rescue/other/${run}-builders-1-i1`, 'HEAD');
    writeFiles(root, { 'tasks/pending/add-login.yaml': 'title: L\noompa: {rescue: refs/oompa/rescue/add-login/x}\n' });
    startRun(run);
    const whys = (await clean({ force: true })).map(({ why }) => why.replace('less than an hour old, ', ''));
    expect(whys).toEqual(['the task add-login goes on from it', 'its run goes on']);
    expect(rescueRefs()).toHaveLength(2);
  });

  it('P6: stays while files are kept beside it, which main cannot have', async () => {
    const commit = git(root, 'rev-parse', 'HEAD');
    const file = `.oompa/kept/${commit}/big.bin`;
    git(root, 'update-ref', 'refs/oompa/rescue/add-login/x', 'HEAD');
    writeFiles(root, { [file]: 'big' });
    expect((await clean({ force: true }))[0]).toMatchObject({ action: 'kept' });
    expect(existsSync(join(root, file))).toBe(true);
    await clean({ force: true, keep: 0 });
    expect(rescueRefs()).toEqual([]);
    expect(existsSync(join(root, file))).toBe(false);
  });
});

describe('a rescue ref that main lacks (P6)', () => {
  it('is listed with its age, and stays, however old', async () => {
    const ref = rescue('add-login', { ageDays: 40 });
    const why = '40 days old, not on main; goes with --force --older-than AGE';
    expect(await clean()).toEqual([{ kind: 'rescue', name: ref, action: 'kept', why }]);
    await clean({ force: true });
    await clean({ olderThan: '30d' });
    await clean({ keep: 0 });
    expect(rescueRefs()).toEqual([ref]);
  });

  it('goes with --force when it is older than the user says, and no younger one does', async () => {
    rescue('old', { ageDays: 31 });
    const young = rescue('young', { ageDays: 29 });
    await clean({ force: true, olderThan: '30d' });
    expect(rescueRefs()).toEqual([young]);
  });

  it('goes with --force when its task has enough newer ones', async () => {
    rescue('add-login', { ageDays: 3, name: 'first' });
    const newer = [
      rescue('add-login', { ageDays: 1, name: 'third' }),
      rescue('add-login', { ageDays: 2, name: 'second' }),
    ];
    const other = rescue('other', { ageDays: 50 });
    await clean({ force: true, keep: 2 });
    expect(rescueRefs()).toEqual([...newer, other].sort());
  });

  it('goes by age and count only where both say so', async () => {
    const old = rescue('add-login', { ageDays: 40, name: 'a' });
    rescue('other', { ageDays: 50, name: 'a' });
    const newest = rescue('other', { ageDays: 1, name: 'b' });
    await clean({ force: true, keep: 1, olderThan: '30d' });
    expect(rescueRefs()).toEqual([old, newest]);
  });

  it('stays, however old, while a task goes on from it, or its task file cannot be read', async () => {
    const ref = rescue('add-login', { ageDays: 400 });
    const unreadable = rescue('broken', { ageDays: 400 });
    writeFiles(root, {
      'tasks/pending/add-login.yaml': `title: Login\noompa:\n  rescue: ${ref}\n`,
      'tasks/pending/broken.yaml': 'title: [\n',
    });
    const items = await clean({ force: true, olderThan: '30d' });
    expect(items.map(({ why }) => why)).toEqual([
      '400 days old, the task add-login goes on from it',
      '400 days old, the task broken goes on from it',
    ]);
    expect(rescueRefs()).toEqual([ref, unreadable]);
  });

  it('is written down for audits before it goes', async () => {
    const ref = rescue('add-login', { ageDays: 40 });
    const commit = git(root, 'rev-parse', ref);
    await clean({ force: true, olderThan: '30d', dryRun: true });
    expect(await readFreed(root)).toEqual([]);
    await clean({ force: true, olderThan: '30d' });
    expect(await readFreed(root)).toMatchObject([
      { ref, commit, why: 'oompa cleanup: 40 days old, not on main, and given up by --force' },
    ]);
  });
});

describe('what lies aside', () => {
  it('goes when it holds nothing, and otherwise only when the user gives it up', async () => {
    writeFiles(root, {
      '.oompa/worktrees/builders-1.git-found-1': 'gitdir: elsewhere\n',
      '.oompa/worktrees/builders-1.git-found-2/HEAD': 'ref: refs/heads/main\n',
      '.oompa/worktrees/builders-1.stuck-1/rest.txt': '',
    });
    const items = await clean({ force: true });
    expect(items.map(({ name, action }) => `${action} ${name}`)).toEqual([
      'freed builders-1.git-found-1',
      'kept builders-1.git-found-2',
      'freed builders-1.stuck-1',
    ]);
    expect(readFileSync(join(root, '.oompa/worktrees/builders-1.git-found-2/HEAD'), 'utf8')).toContain('main');
    expect((await clean({ force: true, olderThan: '0d' }))[0]?.action).toBe('freed');
    expect(await clean()).toEqual([]);
  });

  it('P6: files of a rescue ref that is gone stay until the user gives them up', async () => {
    const file = `.oompa/kept/${'a'.repeat(40)}/big.bin`;
    writeFiles(root, { [file]: 'big' });
    expect((await clean())[0]).toMatchObject({ kind: 'aside', action: 'kept' });
    expect(existsSync(join(root, file))).toBe(true);
    await clean({ force: true, olderThan: '0d' });
    expect(existsSync(join(root, file))).toBe(false);
  });
});

async function clean(options: CleanupOptions = {}) {
  const { io, printed } = testIo(root);
  expect(await cleanup({ ...options, json: true }, io)).toBe(0);
  expect(printed.stderr).toBe('');
  return (JSON.parse(printed.stdout) as CleanupReport).items;
}

/** A rescue ref to a commit of that age which main lacks. */
function rescue(task: string, { ageDays, name = 'x' }: { readonly ageDays: number; readonly name?: string }): string {
  const at = Math.floor((Date.now() - ageDays * day - 60_000) / 1000);
  const tree = git(root, 'rev-parse', 'HEAD^{tree}');
  const who = `Test Owner <owner@oompa.test> ${at} +0000`;
  writeFiles(root, { '.oompa/commit': `tree ${tree}\nauthor ${who}\ncommitter ${who}\n\nWork on ${task}, ${name}\n` });
  const commit = git(root, 'hash-object', '-w', '-t', 'commit', '.oompa/commit');
  const ref = `refs/oompa/rescue/${task}/${name}`;
  git(root, 'update-ref', ref, commit);
  return ref;
}

/** A run of this very process, so a live one. */
function startRun(id: string): void {
  const created = createRun({
    workspace: root,
    id,
    record: {},
    pidStart: ownIdentity().start,
    redact: (text) => text,
    now: () => new Date(),
  });
  if (created.kind === 'failed') throw new Error(created.message);
  onTestFinished(() => created.log.close());
}

function rescueRefs(): string[] {
  const listed = git(root, 'for-each-ref', '--format=%(refname)', 'refs/oompa/rescue');
  return listed.split('\n').filter((line) => line !== '');
}
