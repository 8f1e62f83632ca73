import { execFile, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Mutex } from 'async-mutex';

/**
 * The cheapest correct sequence of git commands: a pooled worktree for each worker, the merge without a checkout, main moved by
 * compare-and-swap in one long-lived `update-ref` (or, where main is checked out, by `merge --ff-only` there). No queue,
 * no log, no recovery. For each task it prints when it was done and how long
 * the landing took, in milliseconds.
 * Usage: floor.ts <nowhere|main> <workers> <agent script> <task>...   (in the repository)
 */
const [where = '', workers = '1', agent = '', ...tasks] = process.argv.slice(2);
const root = process.cwd();
const run = promisify(execFile);
const settings = ['gc.auto=0', 'maintenance.auto=false', 'core.hooksPath=/dev/null'].flatMap((each) => ['-c', each]);
const landing = new Mutex();
const moveMain = where === 'main' ? forwardCheckout : openUpdateRef();
let main = await git(root, 'rev-parse', 'refs/heads/main');

const names = Array.from({ length: Number(workers) }, (_, index) => `w${String(index + 1)}`);
for (const name of names) await addWorktree(name);
await Promise.all(names.map(work));
process.exit();

async function work(name: string): Promise<void> {
  const folder = folderOf(name);
  for (let task = tasks.shift(); task !== undefined; task = tasks.shift()) {
    const branch = `floor/${name}`;
    await git(folder, 'switch', '-q', '-f', '--no-track', '-C', branch, main);
    await git(folder, 'clean', '-ffdq');
    const said = await run('/bin/sh', [agent], { cwd: folder, env: { ...process.env, OOMPA_TASK: task } });
    if (!said.stdout.endsWith('COMPLETE_AND_READY_FOR_MERGE\n')) throw new Error(said.stdout);
    await git(folder, 'add', '-A');
    await git(folder, 'commit', '-q', '-m', task);
    const landingMs = await landing.runExclusive(() => land(branch, task));
    process.stdout.write(`${String(Date.now())} ${String(landingMs)}\n`);
  }
}

async function land(branch: string, task: string): Promise<number> {
  const begun = performance.now();
  const tree = await git(root, 'merge-tree', '--write-tree', main, branch);
  const commit = await git(root, 'commit-tree', tree, '-p', main, '-p', branch, '-m', task);
  await moveMain(commit, main);
  main = commit;
  return performance.now() - begun;
}

async function forwardCheckout(commit: string): Promise<void> {
  await git(root, 'merge', '-q', '--ff-only', '--no-overwrite-ignore', commit);
}

function openUpdateRef(): (to: string, from: string) => Promise<void> {
  const child = spawn('git', [...settings, 'update-ref', '--stdin'], { stdio: ['pipe', 'pipe', 'inherit'] });
  const answers: ((text: string) => void)[] = [];
  let said = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    said += text;
    if (said.includes('commit: ok\n')) answers.shift()?.((said = ''));
  });
  child.on('close', (code) => {
    throw new Error(`update-ref ended with ${String(code)}`);
  });
  return async (to, from) => {
    const answer = new Promise((resolve) => answers.push(resolve));
    child.stdin.write(`start\nupdate refs/heads/main ${to} ${from}\nprepare\ncommit\n`);
    await answer;
  };
}

async function addWorktree(name: string): Promise<void> {
  const folder = folderOf(name);
  if (!existsSync(folder)) {
    await git(root, 'worktree', 'add', '-q', '--detach', '--no-checkout', folder, main);
    await git(folder, 'reset', '-q', '--hard');
  }
  // A fresh index does not trust files of its own second: without this the first switch hashes all of them.
  await git(folder, 'status', '--porcelain');
}

function folderOf(name: string): string {
  return join(root, '.worktrees', name);
}

async function git(cwd: string, ...args: string[]): Promise<string> {
  const { stdout } = await run('git', [...settings, ...args], { cwd });
  return stdout.trim();
}
