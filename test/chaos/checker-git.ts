import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Main } from './history.ts';
import type { Workspace } from './workspace.ts';

const run = promisify(execFile);

/** The repository is whole, main is what it should be, and all that any agent made is on main or on a rescue ref. */
export async function checkGit(
  workspace: Workspace,
  { main, kept, userCommits }: { main: Main; kept: ReadonlySet<string>; userCommits: readonly string[] },
): Promise<string[]> {
  const [content, work, store, worktrees, locks] = await Promise.all([
    checkContent(workspace, main),
    checkWork(workspace, kept),
    checkStore(workspace),
    checkWorktrees(workspace),
    checkLocks(workspace),
  ]);
  const strangers = main.commits
    .slice(1)
    .filter(({ oid, task }) => !workspace.scene.tasks.includes(task) && !userCommits.includes(oid));
  const dropped = userCommits.filter((commit) => !main.commits.some(({ oid }) => oid === commit));
  return [
    ...main.problems,
    ...strangers.map(({ oid }) => `${oid} is on main and is the landing of no task`),
    ...dropped.map((oid) => `the user's commit ${oid} is not on main's first-parent line`),
    ...[content, work, store, worktrees, locks].flat(),
  ];
}

/** What a landed task stands for is on main once; what has not landed is not there at all. */
async function checkContent({ scene, git }: Workspace, main: Main): Promise<string[]> {
  const [paths, shared, red] = await Promise.all([
    git('ls-tree', '-r', '--name-only', 'refs/heads/main'),
    git('show', 'refs/heads/main:shared.txt'),
    git('grep', '-l', '-e', 'broken', 'refs/heads/main', '--', 'red').catch(() => ''),
  ]);
  const lines = shared.split('\n');
  const files = paths.split('\n');
  return [
    ...(lines.some((line) => /^([<>]{7} |={7}$)/.test(line)) ? ['shared.txt on main holds conflict markers'] : []),
    ...(red === '' || !scene.verified ? [] : [`what the checks refuse is on main: ${red}`]),
    ...scene.tasks.flatMap((id) => {
      const landed = main.commits.some(({ task }) => task === id) ? 1 : 0;
      const own = files.some((path) => path.startsWith(`work/${id}/`)) ? 1 : 0;
      const times = lines.filter((line) => line === id).length;
      return [
        ...(own === landed
          ? []
          : [`${id}: landed ${String(landed)} times, but work/${id} is on main ${String(own)} times`]),
        ...(times === (`${id}-`.includes('-shared-') ? landed : 0)
          ? []
          : [`${id} is in shared.txt ${String(times)} times`]),
      ];
    }),
  ];
}

/** Every file that an agent says it left, and everything that was in a commit of its own. */
async function checkWork({ notes, scene, git }: Workspace, kept: ReadonlySet<string>): Promise<string[]> {
  const log = await readFile(join(notes, 'agents.log'), 'utf8').catch(() => '');
  const lost: string[] = [];
  for (const line of log.split('\n').filter((each) => each !== '')) {
    const [kind, task = '', what = '', mark] = line.split(' ');
    if (kind === 'left' && mark !== undefined && !kept.has(blobOid(mark)))
      lost.push(`${task}: ${what}, which an agent left, is lost`);
    // A squashed commit is on main by its content only.
    if (kind === 'commit' && scene.strategy === 'merge' && !kept.has(what))
      lost.push(`${task}: the agent's commit ${what} is lost`);
    if (kind === 'commit' && scene.strategy === 'squash') {
      const added = await git('diff-tree', '-r', '--no-commit-id', '--diff-filter=A', what);
      const blobs = added.split('\n').map((each) => each.split(' ')[3] ?? '');
      if (!blobs.every((oid) => oid === '' || kept.has(oid)))
        lost.push(`${task}: what the agent's commit ${what} added is lost`);
    }
  }
  return lost;
}

function blobOid(text: string): string {
  return createHash('sha1')
    .update(`blob ${String(Buffer.byteLength(text))}\0${text}`)
    .digest('hex');
}

async function checkStore({ root }: Workspace): Promise<string[]> {
  try {
    const { stdout, stderr } = await run('git', ['fsck', '--full', '--strict', '--no-progress'], { cwd: root });
    const complaints = `${stdout}\n${stderr}`
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('dangling '));
    return complaints.map((line) => `git fsck: ${line}`);
  } catch (error) {
    return [`git fsck: ${error instanceof Error ? error.message : String(error)}`];
  }
}

async function checkWorktrees({ root, git }: Workspace): Promise<string[]> {
  const [first, ...others] = (await git('worktree', 'list', '--porcelain')).split('\n\n').filter((each) => each !== '');
  const broken = others.filter((each) => /^prunable/m.test(each) || !/^HEAD [0-9a-f]{40}$/m.test(each));
  const known = new Set(others.map((each) => /^worktree (.+)$/m.exec(each)?.[1]));
  const home = join(root, '.oompa', 'worktrees');
  const folders = await readdir(home, { withFileTypes: true }).catch(() => []);
  const unknown = folders.filter((entry) => entry.isDirectory() && !known.has(join(home, entry.name)));
  return [
    ...(first === undefined ? ['there are no worktrees at all'] : []),
    ...broken.map((each) => `a broken worktree: ${each.replaceAll('\n', ' · ')}`),
    ...unknown.map(({ name }) => `.oompa/worktrees/${name} is no worktree of the repository`),
  ];
}

/** A lock that nobody holds would hold up every later command. Those of oompa name their owner, and outlive it without harm. */
async function checkLocks({ root }: Workspace): Promise<string[]> {
  const entries = await readdir(join(root, '.git'), { recursive: true });
  return entries
    .filter((path) => path.endsWith('.lock') && !path.startsWith('oompa/'))
    .map((path) => `.git/${path} was left behind`);
}
