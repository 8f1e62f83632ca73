import { spawnSync } from 'node:child_process';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { doctor } from '../../src/commands/doctor.ts';
import type { DoctorOptions } from '../../src/commands/doctor.ts';
import type { Check, Diagnosis } from '../../src/ui/doctor.ts';
import { cli, git, temporaryFolder, temporaryRepository, testIo, writeFiles } from './temporary.ts';

const config = 'workers:\n  - {name: builders, count: 3, harness: codex, reviewer: {harness: codex, model: gpt-5}}\n';

describe('oompa doctor', () => {
  it('says on one screen that all is well', async () => {
    const { code, stdout } = await screen(workspace());
    expect(code).toBe(0);
    const lines = stdout.replace(/\b[0-9a-f]{7}\b/, 'COMMIT').split('\n');
    expect(lines).toEqual([
      expect.stringMatching(/^ {2}ok {4}git \d+\.\d+/),
      '  ok    workspace on main COMMIT, clean',
      '  ok    oompa.config.yaml: 1 pool, 3 workers, reviewer codex gpt-5',
      expect.stringMatching(/^ {2}ok {4}codex 0\.169\.0 · answered in \d+(\.\d)? s · credentials in OPENAI_API_KEY$/),
      '  ok    codex asks nothing (--dangerously-bypass-approvals-and-sandbox); its',
      '        commands can do all that you can; state in your own folders',
      '  ok    no tasks yet',
      '        add one with: oompa tasks add "…"',
      // How much is free is the machine's business; with less than 5 GB there is a hint.
      expect.stringMatching(/^ {2}(ok|warn) {2,4}disk \d/),
      ...lines.slice(9, -2),
      expect.stringMatching(/Start with: oompa swarm$/),
      '',
    ]);
  });

  it('gives the same as data', async () => {
    const diagnosis = await diagnosed(workspace());
    expect(diagnosis).toMatchObject({ problems: 0, next: 'oompa swarm' });
    expect(diagnosis.checks[1]).toMatchObject({
      status: 'ok',
      text: expect.stringMatching(/^workspace on main/) as string,
    });
  });

  it('is content with warnings', async () => {
    const root = workspace();
    writeFiles(root, { 'README.md': 'Changed\n', 'notes/a.md': 'x', 'tasks/pending/a.yaml': 'title: A\n' });
    const { checks, warnings } = await diagnosed(root);
    expect(warnings).toBeGreaterThanOrEqual(1);
    expect(of(checks, 'workspace')).toMatchObject({
      status: 'warn',
      text: expect.stringMatching(/, 2 paths not committed: README\.md, notes\/$/) as string,
      hint: 'landings that touch these are held until they are committed',
    });
  });

  it('warns of a merge that is not finished', async () => {
    const root = workspace();
    git(root, 'switch', '-q', '-c', 'other');
    writeFiles(root, { 'README.md': 'Other\n' });
    git(root, 'commit', '-q', '-a', '-m', 'Other');
    git(root, 'switch', '-q', 'main');
    git(root, 'merge', '-q', '--no-commit', '--no-ff', 'other');
    expect(of((await diagnosed(root)).checks, 'workspace')).toMatchObject({
      status: 'warn',
      text: expect.stringMatching(/in the middle of a merge$/) as string,
    });
  });

  it('looks at the branch that the config names, wherever it is checked out', async () => {
    const root = workspace({ 'oompa.config.yaml': `branch: release\n${config}` });
    git(root, 'branch', 'release');
    const nowhere = await diagnosed(root);
    expect(of(nowhere.checks, 'work lands on release')).toMatchObject({ status: 'ok' });
    const folder = join(temporaryFolder(), 'release');
    git(root, 'worktree', 'add', '-q', folder, 'release');
    writeFiles(folder, { 'README.md': 'Changed\n' });
    expect(of((await diagnosed(root)).checks, folder)).toMatchObject({ status: 'warn' });
  });

  it('warns when main is checked out twice, because nothing can land then', async () => {
    const root = workspace();
    git(root, 'worktree', 'add', '-q', '-f', join(temporaryFolder(), 'again'), 'main');
    const { checks } = await diagnosed(root);
    expect(of(checks, 'main is checked out 2 times')).toMatchObject({ status: 'warn' });
  });

  it('fails when the branch that the config names does not exist', async () => {
    const { checks } = await diagnosed(workspace({ 'oompa.config.yaml': `branch: release\n${config}` }), 1);
    expect(of(checks, 'there is no branch "release"')).toMatchObject({ status: 'fail' });
  });

  it('fails with the remedy when a CLI is missing', async () => {
    const root = workspace({ 'oompa.config.yaml': 'workers: [{name: fast, harness: claude}]\n' });
    const { code, stdout } = await screen(root);
    expect(code).toBe(1);
    expect(stdout).toContain('  fail  claude: `claude` is not on PATH, pool `fast` needs it\n');
    expect(stdout).toContain('npm install -g @anthropic-ai/claude-code');
    expect(stdout).toMatch(/\n1 problem(, \d warnings?)?\. Check again with: oompa doctor\n$/);
  });

  it('shows every problem of a broken config, counts each, and looks at the rest all the same', async () => {
    const root = workspace({
      'oompa.config.yaml': 'workers:\n  - {name: a, harnes: codex, harness: codex, count: many}\n',
    });
    const { code, stdout } = await screen(root);
    expect(code).toBe(2);
    expect(stdout).toContain('  fail  oompa.config.yaml: 2 problems\n');
    expect(stdout).toContain('oompa.config.yaml:2:15  unknown key `harnes`');
    expect(stdout).toContain('disk');
    expect(stdout).toMatch(/\n2 problems(, \d warnings?)?\. Check again with: oompa doctor\n$/);
  });

  it('points to oompa init where there is no config', async () => {
    const { problems, next } = await diagnosed(temporaryRepository(), 2);
    expect({ problems, next }).toEqual({ problems: 1, next: 'oompa init' });
  });

  it('reads another config when told to', async () => {
    const root = temporaryRepository({ 'other.yaml': config });
    const { checks } = await diagnosed(root, 0, { config: 'other.yaml' });
    expect(of(checks, 'other.yaml: 1 pool')).toMatchObject({ status: 'ok' });
  });

  it('says why a folder is no workspace', async () => {
    const diagnosis = await diagnosed(temporaryFolder(), 2);
    expect(diagnosis.checks).toEqual([
      { status: 'ok', text: expect.stringMatching(/^git \d/) as string },
      { status: 'fail', text: expect.stringContaining('is not in a git repository') as string },
    ]);
  });

  it('fails when git does not know who commits', async () => {
    const root = workspace();
    for (const key of ['user.name', 'user.email']) git(root, 'config', key, '');
    git(root, 'config', 'user.useConfigOnly', 'true');
    const { checks } = await diagnosed(root, 1);
    expect(of(checks, 'git does not know who commits')).toMatchObject({ status: 'fail' });
  });

  it('names task files that cannot be read, and counts the others', async () => {
    const root = workspace();
    writeFiles(root, {
      'tasks/pending/good.yaml': 'title: Good\n',
      'tasks/complete/done.yaml': 'title: Done\n',
      'tasks/pending/bad.yaml': 'title: [\n',
    });
    const { checks } = await diagnosed(root);
    expect(of(checks, 'tasks: 2 pending, 1 complete')).toMatchObject({ status: 'ok' });
    expect(of(checks, 'tasks/pending/bad.yaml:')).toMatchObject({ status: 'warn' });
  });

  it('names claims and worktrees that a dead run has left, and what takes them up', async () => {
    const root = workspace();
    const { pid } = spawnSync(process.execPath, ['--version']);
    const owner = { pidStart: 'long ago', host: hostname(), at: Date.now() };
    writeFiles(root, {
      'tasks/current/left.yaml': 'title: Left\n',
      'tasks/current/waiting.yaml': 'title: Waiting\noompa:\n  outcome: held\n',
      '.oompa/worktrees/builders-1.lease.json': JSON.stringify({
        ...{ name: 'builders-1', number: 1, branch: 'oompa/x/builders-1-i1', pid, ...owner },
      }),
      '.oompa/worktrees/builders-2.lease.json': JSON.stringify({
        ...{ name: 'builders-2', number: 2, branch: '', pid: 0, ...owner },
      }),
    });
    const { checks } = await diagnosed(root);
    expect(checks.filter(({ status }) => status === 'warn').map(({ text }) => text)).toEqual(
      expect.arrayContaining([
        '1 task approved and held: waiting',
        '1 task left claimed by a run that is gone: left',
        '1 worktree of a run that died: builders-1',
      ]),
    );
    expect(of(checks, '1 task left')?.hint).toContain('oompa doctor --fix');
    expect(of(checks, '1 task approved')?.hint).toContain('oompa land');
    expect(of(checks, '1 worktree')?.hint).toContain('oompa doctor --fix');
  });

  it('leaves nothing behind in the workspace', async () => {
    const root = workspace();
    await diagnosed(root);
    expect(git(root, 'status', '--short', '--ignored')).toBe('');
  });
});

/** A workspace in which all is well. */
function workspace(files: Readonly<Record<string, string>> = {}): string {
  return temporaryRepository({ 'oompa.config.yaml': config, ...files });
}

async function screen(root: string, options: DoctorOptions = {}) {
  const bin = join(temporaryFolder({ 'bin/codex': cli('codex-cli 0.169.0') }), 'bin');
  const { io, printed } = testIo(root, { env: { PATH: `${bin}:/usr/bin:/bin`, OPENAI_API_KEY: 'x' } });
  const code = await doctor(options, io);
  expect(printed.stderr).toBe('');
  return { code, stdout: printed.stdout };
}

async function diagnosed(root: string, expected = 0, options: DoctorOptions = {}): Promise<Diagnosis> {
  const { code, stdout } = await screen(root, { ...options, json: true });
  expect(code).toBe(expected);
  return JSON.parse(stdout) as Diagnosis;
}

function of(checks: readonly Check[], beginning: string): Check | undefined {
  return checks.find(({ text }) => text.startsWith(beginning));
}
