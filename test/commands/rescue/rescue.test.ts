import { beforeEach, describe, expect, it } from 'vitest';
import type { Io } from '../../../src/commands/io.ts';
import { listRescuesCommand } from '../../../src/commands/rescue/list.ts';
import { restoreRescue } from '../../../src/commands/rescue/restore.ts';
import { showRescue } from '../../../src/commands/rescue/show.ts';
import { git, temporaryRepository, testIo, writeFiles } from '../temporary.ts';

const run = '20261120T140159-k3f9';
const config = 'branch: main\nworkers: [{ name: builders, harness: opencode }]\n';
let root: string;

beforeEach(() => {
  root = temporaryRepository({ 'a.txt': 'one\n', 'deep/down/x': '', 'oompa.config.yaml': config });
});

/** What a command says, run in a subfolder of the workspace. */
async function say<T>(command: (options: T, io: Io) => Promise<number>, options: T) {
  const { io, printed } = testIo(`${root}/deep/down`);
  const code = await command(options, io);
  return { code, out: printed.stdout, err: printed.stderr };
}

/** A rescue ref with these files changed; gives the ref. */
function rescue(task: string, files: Readonly<Record<string, string>>, name = `${run}-builders-1-i1`): string {
  git(root, 'switch', '-q', '--detach', 'main');
  writeFiles(root, files);
  git(root, 'add', '-A');
  git(root, 'commit', '-q', '-m', `${task}: turn 1`);
  const ref = `refs/oompa/rescue/${task}/${name}`;
  git(root, 'update-ref', ref, 'HEAD');
  git(root, 'switch', '-q', 'main');
  return ref;
}

const commitOf = (ref: string) => git(root, 'rev-parse', '--short=7', ref);

describe('oompa rescue list', () => {
  it('says of each ref where it is from, what it changes, and whether main has it', async () => {
    const lacking = rescue('add-login', { 'login.ts': '1\n2\n', 'a.txt': 'two\n' });
    const same = rescue('fix-parser', { 'parser.ts': 'x\n' }, `${run}-builders-2-i3`);
    git(root, 'commit', '-q', '--allow-empty', '-m', 'main goes on');
    git(root, 'cherry-pick', same);
    git(root, 'update-ref', `refs/oompa/rescue/found/oompa-${run}-builders-3-i4-builders-3-i0`, 'main~2');
    writeFiles(root, { 'tasks/pending/add-login.yaml': `title: Login\noompa: { rescue: ${lacking} }\n` });
    const { code, out } = await say(listRescuesCommand, {});
    expect(code).toBe(0);
    const lines = out.split('\n').map((line) => line.trim().replace(/ {2,}(\d+ s {2,})?/g, ' | '));
    expect(lines).toContain(`add-login | k3f9 builders-1-i1 | 2 | +3 −1 | ${commitOf(lacking)} | lacks it, needed`);
    expect(lines).toContain(`fix-parser | k3f9 builders-2-i3 | 1 | +1 −0 | ${commitOf(same)} | has the same`);
    expect(lines).toContain(`found | k3f9 builders-3-i4 | 0 | +0 −0 | ${commitOf('main~2')} | has all`);
    expect(lines).toContain('3 rescue refs, main lacks the work of 1');
    expect(Math.max(...out.split('\n').map((line) => line.length))).toBeLessThanOrEqual(80);
  });

  it('names what is on no ref, with its place and what to do', async () => {
    writeFiles(root, { '.oompa/worktrees/builders-1/a.txt': '', '.oompa/worktrees/builders-2.git-found-1/HEAD': '' });
    writeFiles(root, { '.oompa/worktrees/builders-3.stuck-1/x': '', '.oompa/worktrees/builders-4.git-found-1': '' });
    const { out } = await say(listRescuesCommand, {});
    expect(out).toContain('Nothing had to be rescued.');
    expect(out).toContain('  .oompa/worktrees/builders-1\n    worktree of a run that is gone');
    expect(out).toContain("  .oompa/worktrees/builders-2.git-found-1\n    an agent's own repository");
    expect(out).toContain('  .oompa/worktrees/builders-3.stuck-1\n');
    expect(out).not.toContain('builders-4');
    const { leftovers } = JSON.parse((await say(listRescuesCommand, { json: true })).out) as { leftovers: object[] };
    expect(leftovers).toHaveLength(3);
  });

  it('gives one task, and the same as data', async () => {
    rescue('add-login', { 'login.ts': '1\n' });
    rescue('fix-parser', { 'parser.ts': '1\n' });
    const { out } = await say(listRescuesCommand, { task: 'add-login', json: true });
    const { rescues } = JSON.parse(out) as { rescues: object[] };
    expect(rescues).toMatchObject([
      {
        task: 'add-login',
        origin: 'iteration',
        run,
        worker: 'builders-1',
        iteration: 1,
        files: 1,
        added: 1,
        main: 'lacks',
      },
    ]);
    expect((await say(listRescuesCommand, { task: 'nope' })).out).toBe('Nothing of nope had to be rescued.\n');
  });

  it('works in the middle of a rebase, and for work that has nothing in common with main', async () => {
    git(root, 'switch', '-q', '--orphan', 'alone');
    writeFiles(root, { 'b.txt': 'b\n' });
    git(root, 'add', 'b.txt');
    git(root, 'commit', '-q', '-m', 'alone');
    git(root, 'update-ref', `refs/oompa/rescue/odd/${run}-builders-1-i1`, 'HEAD');
    git(root, 'switch', '-q', '--detach', 'main');
    const { code, out } = await say(listRescuesCommand, {});
    expect(code).toBe(0);
    expect(out).toMatch(/odd .* lacks it/);
    expect((await say(showRescue, { name: 'odd' })).out).toContain('+b\n');
  });
});

describe('oompa rescue show', () => {
  it('says what it is, where it came from, what it changes, and how to go on', async () => {
    const ref = rescue('add-login', { 'login.ts': '1\n2\n' });
    writeFiles(root, {
      'tasks/failed/add-login.yaml': `title: Login\noompa: { outcome: rounds-exhausted, rescue: ${ref} }\n`,
    });
    const { code, out } = await say(showRescue, { name: 'add-login' });
    expect(code).toBe(0);
    expect(out).toContain(`add-login  ${ref}\n`);
    expect(out).toContain(`builders-1, iteration 1 of run ${run}; it ended as`);
    expect(out).toContain('main lacks it: 1 file, +2 −0');
    expect(out).toContain(`${commitOf(ref)} add-login: turn 1`);
    expect(out).toContain('+++ b/login.ts\n@@ -0,0 +1,2 @@\n+1\n+2\n');
    expect(out).toMatch(/\noompa rescue restore add-login · git show --stat \w{7}\n$/);
    expect(JSON.parse((await say(showRescue, { name: ref, json: true })).out)).toMatchObject({
      ref,
      ended: 'rounds-exhausted',
      task_state: 'failed',
      changed: [{ path: 'login.ts', added: 2 }],
      commits: [{ subject: 'add-login: turn 1' }],
    });
  });

  it('takes the newest of a task, and says that there are others', async () => {
    rescue('add-login', { 'login.ts': 'old\n' });
    const old = git(root, 'rev-parse', `refs/oompa/rescue/add-login/${run}-builders-1-i1`);
    const later = '2030-01-01T00:00:00Z';
    const commit = git(root, 'commit-tree', `${old}^{tree}`, '-p', old, '-m', `later\n\nOompa-Kept-File: x`);
    git(root, 'update-ref', `refs/oompa/rescue/add-login/${run}-builders-1-i2`, dated(commit, later));
    const { out } = await say(showRescue, { name: 'add-login' });
    expect(out).toContain(`${run}-builders-1-i2\n`);
    expect(out).toContain('1 of this task: oompa rescue list --task add-login');
  });

  it.each([
    ['its ref', (ref: string) => ref],
    ['its ref without what all begin with', (ref: string) => ref.replace('refs/oompa/rescue/', '')],
    ['its commit', (ref: string) => commitOf(ref)],
    ['a part that no other has', () => 'builders-2-i7'],
  ])('finds it by %s', async (_, name) => {
    const ref = rescue('add-login', { 'login.ts': '1\n' }, `${run}-builders-2-i7`);
    rescue('other', { 'x.ts': '1\n' });
    expect((await say(showRescue, { name: name(ref) })).out).toContain(`add-login  ${ref}\n`);
  });

  it('names the candidates when several fit, and a near name when none does', async () => {
    const ref = rescue('add-login', { 'login.ts': '1\n' });
    rescue('fix-parser', { 'parser.ts': '1\n' });
    const several = await say(showRescue, { name: 'builders-1' });
    expect(several).toMatchObject({ code: 2, out: '' });
    expect(several.err).toContain('Several rescue refs fit builders-1; name one by its commit:\n');
    expect(several.err).toContain(`\n  ${commitOf(ref)}  add-login/${run}-builders-1-i1`);
    const none = await say(showRescue, { name: 'add-logn' });
    expect(none.err).toBe('No rescue ref fits add-logn; did you mean `add-login`? See all with: oompa rescue list\n');
    expect(none.code).toBe(2);
  });

  it('shows on a terminal what an agent wrote, and obeys nothing of it', async () => {
    rescue('add-login', { 'login.ts': 'a\u001b]0;title\u0007b\u001b[2Jc\rd\n' });
    const { io, printed } = testIo(root);
    await showRescue({ name: 'add-login' }, { ...io, color: true, terminal: process.stdout });
    expect(printed.stdout).toContain('\u001b[32m+');
    for (const bad of ['\u001b]', '\u001b[2J', '\u0007', '\r']) expect(printed.stdout).not.toContain(bad);
  });
});

describe('oompa rescue restore', () => {
  it('makes a branch, says how to go on, and touches nothing else', async () => {
    const ref = rescue('add-login', { 'login.ts': '1\n' });
    writeFiles(root, { 'a.txt': 'mine\n' });
    const before = state();
    const { code, out } = await say(restoreRescue, { name: 'add-login' });
    expect(code).toBe(0);
    expect(out).toContain(`rescue/add-login is at ${commitOf(ref)}: 1 file, +1 −0`);
    for (const command of [
      'git switch rescue/add-login',
      'git cherry-pick main..rescue/add-login',
      'git diff main...rescue',
    ]) {
      expect(out).toContain(command);
    }
    expect(git(root, 'rev-parse', 'rescue/add-login')).toBe(git(root, 'rev-parse', ref));
    expect(state()).toEqual(before);
    expect((await say(restoreRescue, { name: 'add-login' })).out).toContain('rescue/add-login was there already');
    git(root, 'checkout', '-q', 'a.txt');
    git(root, 'cherry-pick', 'main..rescue/add-login');
    expect(git(root, 'show', 'main:login.ts')).toBe('1');
  });

  it('says to merge what cannot be cherry-picked', async () => {
    const ref = rescue('add-login', { 'login.ts': '1\n' });
    const merge = git(root, 'commit-tree', `${ref}^{tree}`, '-p', ref, '-p', 'main', '-m', 'merge');
    git(root, 'update-ref', ref, merge);
    expect((await say(restoreRescue, { name: 'add-login' })).out).toContain('git merge --no-ff rescue/add-login');
  });

  it('takes a free name, or the one that it is given', async () => {
    rescue('add-login', { 'login.ts': '1\n' });
    git(root, 'branch', 'rescue/add-login');
    expect((await say(restoreRescue, { name: 'add-login' })).out).toContain('rescue/add-login-2 is at');
    expect((await say(restoreRescue, { name: 'add-login', branch: 'mine' })).out).toContain('mine is at');
    git(root, 'branch', '-D', 'rescue/add-login', 'rescue/add-login-2');
    git(root, 'branch', 'rescue');
    expect((await say(restoreRescue, { name: 'add-login' })).out).toContain('rescue-add-login is at');
  });

  it.each([
    ['main', 'there is a branch main already; name another one: oompa rescue restore add-login --branch NAME\n'],
    ['a..b', '"a..b" is no name for a branch; name another one: oompa rescue restore add-login --branch NAME\n'],
    ['-d', '"-d" is no name for a branch; name another one: oompa rescue restore add-login --branch NAME\n'],
    [
      'oompa/x',
      'branches below oompa/ are cleaned up; name another one: oompa rescue restore add-login --branch NAME\n',
    ],
  ])('refuses the branch %s', async (branch, message) => {
    rescue('add-login', { 'login.ts': '1\n' });
    const before = git(root, 'for-each-ref');
    expect(await say(restoreRescue, { name: 'add-login', branch })).toEqual({ code: 2, out: '', err: message });
    expect(git(root, 'for-each-ref')).toBe(before);
  });

  it('names what was too much for git', async () => {
    const ref = rescue('add-login', { 'login.ts': '1\n' });
    const commit = git(root, 'rev-parse', ref);
    writeFiles(root, { [`.oompa/kept/${commit}/data/big.bin`]: 'big' });
    expect((await say(restoreRescue, { name: 'add-login' })).out).toContain(
      `cp '.oompa/kept/${commit}/data/big.bin' .`,
    );
    expect((await say(showRescue, { name: 'add-login' })).out).toContain('data/big.bin');
  });
});

/** The same commit with another date. */
function dated(commit: string, at: string): string {
  const text = git(root, 'cat-file', 'commit', commit).replace(
    /^committer (.*) \d+ \+\d+$/m,
    `committer $1 ${String(Date.parse(at) / 1000)} +0000`,
  );
  writeFiles(root, { '.oompa/commit': `${text}\n` });
  return git(root, 'hash-object', '-w', '-t', 'commit', '.oompa/commit');
}

/** All that restoring must leave alone: the checkout, HEAD and the rescue refs. */
function state(): readonly string[] {
  const commands = [
    ['status', '--porcelain'],
    ['symbolic-ref', 'HEAD'],
    ['for-each-ref', 'refs/oompa', 'refs/heads/main'],
  ];
  return commands.map((command) => git(root, ...command));
}
