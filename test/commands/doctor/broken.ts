import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, readdirSync, readlinkSync, statSync, symlinkSync, utimesSync } from 'node:fs';
import { hostname } from 'node:os';
import { join, relative } from 'node:path';
import { onTestFinished } from 'vitest';
import { isAlive, ownIdentity } from '../../../src/system/process-identity.ts';
import { git, writeFiles } from '../temporary.ts';

/** The run that has left everything, and the process that it was. Its processes are looked for on the whole machine. */
export const deadRun = `20261120T140159-${process.pid.toString(36).padStart(4, '0').slice(-4)}`;
const deadPid = spawnSync(process.execPath, ['--version']).pid;
const long = new Date(Date.now() - 3_600_000);

/** A claim note as a process that is gone has left it. */
export function deadNote(id: string, n = 1): Record<string, string> {
  const generation = { n, token: `token-${id}` };
  const of = { run: deadRun, worker: 'builders-1', pid: deadPid, start: 'long ago', host: hostname() };
  const note = { id, state: 'claimed', ...of, generation, lease_ms: 60_000, at: long.toISOString() };
  return { [`.oompa/claims/${id}.json`]: JSON.stringify(note) };
}

/** Lands `files` on main as the landing of a task's first claim. */
export function land(root: string, task: string, files: Readonly<Record<string, string>>): string {
  writeFiles(root, files);
  git(root, 'add', '-A');
  git(root, 'commit', '-q', '-m', `Land ${task}\n\nOompa-Task: ${task}\nOompa-Run: ${deadRun}\nOompa-Claim: 1`);
  return git(root, 'rev-parse', 'HEAD');
}

/** The run's folder: its process is gone, and its log has no end. */
export function writeDeadRun(root: string): void {
  const of = { worker: 'builders-1', task: 'left', iteration: 1 };
  const events = [
    { type: 'run:started', run: deadRun, version: '1', pid: deadPid, host: hostname(), branch: 'main', base: '' },
    { type: 'task:claimed', ...of, title: 'Left', generation: 1, attempt: 1, from: 'pending' },
  ].map((event) => JSON.stringify({ ...event, at: long.toISOString(), workers: workersOf(event.type), pending: 1 }));
  const record = { pid: deadPid, pid_start: 'long ago', host: hostname() };
  writeFiles(root, {
    [`runs/${deadRun}/run.yaml`]: JSON.stringify(record),
    [`runs/${deadRun}/events.jsonl`]: `${events.join('\n')}\n`,
  });
}

function workersOf(type: string): object[] {
  return type === 'run:started' ? [{ name: 'builders-1', pool: 'builders', harness: 'codex' }] : [];
}

/** A worktree in which the run was working on the task `left`: one file changed, and one new one. */
export function writeDeadWorktree(root: string): string {
  const folder = join(root, '.oompa', 'worktrees', 'builders-1');
  const branch = `oompa/${deadRun}/builders-1-i1`;
  mkdirSync(join(folder, '..'), { recursive: true });
  git(root, 'worktree', 'add', '-q', '-b', branch, folder, 'main');
  const owner = { pid: deadPid, pidStart: 'long ago', host: hostname(), at: Date.now() };
  const lease = { name: 'builders-1', number: 1, branch, ...owner };
  writeFiles(root, { '.oompa/worktrees/builders-1.lease.json': JSON.stringify(lease) });
  writeFiles(folder, { 'README.md': 'half\n', 'new.txt': 'precious\n' });
  return folder;
}

/** A branch of the run, with a commit that nothing else has. */
export function writeDeadBranch(root: string, name: string): string {
  const branch = `oompa/${deadRun}/${name}`;
  const tree = git(root, 'rev-parse', 'main^{tree}');
  const commit = git(root, 'commit-tree', tree, '-p', 'main', '-m', 'Only here');
  git(root, 'update-ref', `refs/heads/${branch}`, commit);
  return commit;
}

/** Locks and temporary files as killed processes leave them. */
export function writeDeadTraces(root: string): void {
  const uuid = '01234567-89ab-cdef-0123-456789abcdef';
  const boot = ownIdentity().start.split('-')[0] ?? '';
  writeFiles(root, {
    [`tasks/pending/.next.yaml.${deadPid}.${boot}-1.${uuid}.tmp`]: 'title: Half wri',
    [`.oompa/claims/.old.json.${uuid}.tmp`]: '{',
    '.oompa/tmp/builders-1/left.txt': 'x',
    '.git/refs/oompa/claims/next.lock': '',
  });
  const old = ['.git/refs/oompa/claims/next.lock', `.oompa/claims/.old.json.${uuid}.tmp`];
  for (const path of old) utimesSync(join(root, path), long, long);
  const owner = [String(deadPid), 'long ago', hostname(), 'token'].map(encodeURIComponent).join(',');
  symlinkSync(owner, join(root, '.oompa', 'worktrees.lock'));
}

/** A process that an agent of the run has left behind: no child of this one, and of no group of the run. */
export function startDeadAgent(): { readonly pid: number } {
  const script = 'sleep 600 </dev/null >/dev/null 2>&1 & echo $!';
  const { stdout } = spawnSync('sh', ['-c', script], { env: { ...process.env, OOMPA_RUN: deadRun }, encoding: 'utf8' });
  const pid = Number(stdout);
  onTestFinished(() => {
    if (isAlive(pid, undefined)) process.kill(pid, 'SIGKILL');
  });
  return { pid };
}

/** Everything that a reconciliation may touch: every file with its content, every ref, and every worktree that git knows. */
export function stateOf(root: string): string[] {
  const folders = ['tasks', '.oompa', 'runs'].flatMap((name) => filesBelow(join(root, name)));
  const files = folders.map((path) => `${relative(root, path)} ${contentOf(path)}`);
  const locks = filesBelow(join(root, '.git', 'refs')).map((path) => relative(root, path));
  return [...files, ...locks, git(root, 'for-each-ref'), git(root, 'worktree', 'list', '--porcelain')];
}

function filesBelow(folder: string): string[] {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8', withFileTypes: true });
  return names
    .filter((entry) => !entry.isDirectory())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

function contentOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return `${String(statSync(path).mtimeMs)} ${readFileSync(path, 'utf8')}`;
  }
}
