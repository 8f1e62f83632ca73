import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { doctor } from '../../../src/commands/doctor.ts';
import type { DoctorOptions } from '../../../src/commands/doctor.ts';
import { isAlive } from '../../../src/system/process-identity.ts';
import type { Diagnosis } from '../../../src/ui/doctor.ts';
import type { ReconcileItem } from '../../../src/ui/reconcile.ts';
import { cli, git, temporaryFolder, temporaryRepository, testIo, writeFiles } from '../temporary.ts';
import * as broken from './broken.ts';

const { deadNote, deadRun, stateOf } = broken;
const loader = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;
const config = 'workers: [{name: builders, harness: codex}]\n';
const rescue = `refs/oompa/rescue/left/${deadRun}-builders-1-i1`;

describe('oompa doctor --fix', () => {
  it('gives each thing one verdict, changes nothing with --dry-run, puts all right, and has nothing to do after', async () => {
    const { root, agent } = await everythingBroken();
    const before = stateOf(root);
    const planned = await fixed(root, { dryRun: true });
    expect(stateOf(root)).toEqual(before);
    expect(isAlive(agent.pid, undefined)).toBe(true);
    expect(verdictsOf(planned.items)).toEqual(verdicts(agent.pid));

    const done = await fixed(root);
    expect(verdictsOf(done.items)).toEqual(verdicts(agent.pid));
    for (const { found, fine, result } of done.items)
      if (!fine) expect([found.name, result]).toEqual([found.name, 'done']);
    await expectAllRight(root, agent.pid);

    const healthy = stateOf(root);
    const again = await fixed(root);
    expect(again.items.filter(({ fine }) => !fine)).toEqual([]);
    expect(again).toMatchObject({ problems: 0, code: 0 });
    expect(stateOf(root)).toEqual(healthy);
  });

  it('ends in the same state when it was killed in the middle, or beside another one', async () => {
    const { root, agent } = await everythingBroken();
    const two = [startFix(root), startFix(root)] as const;
    await expect.poll(() => refExists(root, rescue)).toBe(true);
    two[0].kill('SIGKILL');
    await Promise.all(two.map(endOf));
    await fixed(root);
    await expectAllRight(root, agent.pid);
    expect(git(root, 'for-each-ref', '--format=%(refname)', 'refs/oompa/rescue').split('\n')).toHaveLength(2);
  });

  it('keeps the commit of a branch that nothing else has (P6)', async () => {
    const root = workspace();
    broken.writeDeadRun(root);
    const commit = broken.writeDeadBranch(root, 'builders-1-i1');
    await fixed(root);
    expect(git(root, 'rev-parse', rescue)).toBe(commit);
    expect(git(root, 'for-each-ref', 'refs/heads/oompa')).toBe('');
  });

  it('touches nothing of a live run', async () => {
    const root = workspace();
    broken.writeDeadRun(root);
    const run = `runs/${deadRun}/run.yaml`;
    const { pid } = process;
    writeFiles(root, {
      [run]: JSON.stringify({ ...JSON.parse(readFileSync(join(root, run), 'utf8')), pid, pid_start: undefined }),
    });
    broken.writeDeadBranch(root, 'builders-1-i1');
    const { items } = await fixed(root);
    expect(items).toMatchObject([{ found: { kind: 'branch' }, verdict: 'live', fine: true, result: 'left' }]);
    expect(git(root, 'for-each-ref', 'refs/heads/oompa')).toContain('builders-1-i1');
  });

  it('takes a complete task that a hand has put back for one to be done again', async () => {
    const root = workspace();
    writeFiles(root, { ...deadNote('again'), 'tasks/current/again.yaml': 'title: Again\n' });
    broken.land(root, 'again', { 'again.txt': 'x\n' });
    await fixed(root);
    mkdirSync(join(root, 'tasks/pending'), { recursive: true });
    renameSync(join(root, 'tasks/complete/again.yaml'), join(root, 'tasks/pending/again.yaml'));
    const { items } = await fixed(root);
    expect(items).toEqual([]);
    expect(tasksIn(root)).toEqual({ pending: ['again.yaml'] });
  });

  it('says what a person has to do, and does the rest', async () => {
    const root = workspace();
    writeFiles(root, {
      ...deadNote('held'),
      'tasks/current/held.yaml': `title: Held\noompa:\n  outcome: held\n  run: ${deadRun}\n`,
      'tasks/pending/bad.yaml': 'title: [\n',
      '.oompa/worktrees/builders-1.git-found-1/HEAD': 'x',
    });
    const { stdout, code } = await screen(root, { fix: true });
    expect(code).toBe(0);
    expect(stdout).toMatch(/^ {2}held +task +held$/m);
    expect(stdout).toContain('it waits for your checkout: oompa land');
    expect(stdout).toMatch(/^ {2}keep +task +tasks\/pending\/bad\.yaml:1:/m);
    expect(stdout).toMatch(/^ {2}keep +folder +builders-1\.git-found-1$/m);
    expect(stdout).not.toContain('Put right');
  });

  it('counts what could not be put right as a problem, and names it', async () => {
    const root = workspace();
    broken.writeDeadRun(root);
    broken.writeDeadWorktree(root);
    git(root, 'update-ref', 'refs/oompa/rescue/left', 'main');
    const { stdout, code } = await screen(root, { fix: true });
    expect(code).toBe(1);
    expect(stdout).toMatch(/^ {2}fail {2}builders-1: what is in it could not be kept/m);
    expect(stdout).toContain('  fail  1 thing could not be put right: builders-1\n');
    expect(readFileSync(join(root, '.oompa/worktrees/builders-1/new.txt'), 'utf8')).toBe('precious\n');
  });

  it('is what a doctor that changes nothing points to', async () => {
    const { root } = await everythingBroken();
    const before = stateOf(root);
    const { stdout } = await screen(root, {});
    expect(stdout).toMatch(
      /warn {2}2 tasks left claimed by a run that is gone: landed, left\n.*\n? +.*oompa doctor --fix/,
    );
    expect(stdout).toContain('1 worktree of a run that died: builders-1');
    expect(stdout.replace(/\s+/g, ' ')).toContain(
      '1 landed task, 1 claim ref, 2 branches, 1 process, 2 locks, 3 temporary files',
    );
    expect(stateOf(root)).toEqual(before);
  });

  it('refuses --dry-run without --fix', async () => {
    const { io, printed } = testIo(workspace());
    expect(await doctor({ dryRun: true }, io)).toBe(2);
    expect(printed.stderr).toContain('oompa doctor --fix --dry-run');
  });
});

/** What `everythingBroken` is made of, as `kind name: verdict`. */
function verdicts(agent: number): string[] {
  return [
    `process ${agent}: end`,
    'worktree builders-1: rescue',
    'task landed: finish',
    'task left: put-back',
    'landed moved: finish',
    'fence over: prune',
    `branch oompa/${deadRun}/builders-1-i1: prune`,
    `branch oompa/${deadRun}/builders-2-i1: rescue`,
    'lock .oompa/worktrees.lock: prune',
    'lock .git/refs/oompa/claims/next.lock: prune',
    'temporary tasks/pending/.next.yaml.tmp: prune',
    'temporary .oompa/claims/.old.json.tmp: prune',
    'temporary .oompa/tmp/builders-1: prune',
  ].sort();
}

/** What becomes of `everythingBroken`. */
async function expectAllRight(root: string, agent: number): Promise<void> {
  await expect.poll(() => isAlive(agent, undefined)).toBe(false);
  expect(tasksIn(root)).toEqual({ pending: ['left.yaml'], complete: ['landed.yaml', 'moved.yaml'] });
  expect(readFileSync(join(root, 'tasks/complete/moved.yaml'), 'utf8')).toContain('outcome: landed');
  expect(readFileSync(join(root, 'tasks/pending/left.yaml'), 'utf8')).toContain(`rescue: ${rescue}`);
  expect(git(root, 'show', `${rescue}:new.txt`)).toBe('precious');
  expect(git(root, 'for-each-ref', 'refs/heads/oompa', 'refs/oompa/claims')).toBe('');
  expect(git(root, 'branch', '--contains', rescue, '-a')).toBe('');
  expect(existsSync(join(root, '.oompa', 'tmp', 'builders-1'))).toBe(false);
}

function startFix(root: string) {
  const script = fileURLToPath(new URL('./fix-child.ts', import.meta.url));
  return spawn(process.execPath, ['--import', loader, script], { cwd: root, stdio: 'ignore' });
}

async function endOf(child: ReturnType<typeof startFix>): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
}

function refExists(root: string, ref: string): boolean {
  return git(root, 'for-each-ref', ref) !== '';
}

async function everythingBroken() {
  const root = workspace();
  broken.writeDeadRun(root);
  broken.writeDeadWorktree(root);
  broken.writeDeadBranch(root, 'builders-2-i1');
  broken.land(root, 'landed', { 'landed.txt': 'x\n' });
  broken.land(root, 'moved', { 'moved.txt': 'x\n' });
  writeFiles(root, {
    ...deadNote('left'),
    ...deadNote('landed'),
    ...deadNote('moved'),
    'tasks/current/left.yaml': 'title: Left\n',
    'tasks/current/landed.yaml': 'title: Landed\n',
    'tasks/pending/moved.yaml': 'title: Moved\n',
  });
  git(root, 'update-ref', 'refs/oompa/claims/over', 'main');
  broken.writeDeadTraces(root);
  return { root, agent: broken.startDeadAgent() };
}

/** A workspace in which all is well. */
function workspace(): string {
  return temporaryRepository({ 'oompa.config.yaml': config });
}

function tasksIn(root: string): Record<string, string[]> {
  const states = readdirSync(join(root, 'tasks')).sort();
  const all = states.map((state) => [state, readdirSync(join(root, 'tasks', state)).sort()] as const);
  return Object.fromEntries(all.filter(([, names]) => names.length > 0));
}

/** Who was writing a temporary file: a process, and a number that is never used twice. */
const writer = /(\.\d+\.[\w-]+)?\.[0-9a-f-]{36}(?=\.tmp$)/;

function verdictsOf(items: readonly ReconcileItem[]): string[] {
  return items
    .filter(({ fine }) => !fine)
    .map(({ found, verdict }) => `${found.kind} ${found.name.replace(writer, '')}: ${verdict}`)
    .sort();
}

async function screen(root: string, options: DoctorOptions) {
  const bin = join(temporaryFolder({ 'bin/codex': cli('codex-cli 0.169.0') }), 'bin');
  const { io, printed } = testIo(root, { env: { PATH: `${bin}:/usr/bin:/bin`, OPENAI_API_KEY: 'x' } });
  const code = await doctor(options, io);
  expect(printed.stderr).toBe('');
  return { code, stdout: printed.stdout };
}

async function fixed(root: string, options: DoctorOptions = {}) {
  const { stdout, code } = await screen(root, { fix: true, json: true, ...options });
  const { reconciled, ...diagnosis } = JSON.parse(stdout) as Diagnosis & { reconciled: { items: ReconcileItem[] } };
  return { ...diagnosis, code, items: reconciled.items };
}
