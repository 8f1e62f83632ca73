import { checkedOutBranches, iterationBranches, pooledWorktrees } from '../../git/rescue/cleanup.ts';
import type { Refs } from '../../git/refs.ts';
import { removeBranch } from '../../git/rescue/rescue.ts';
import { readRun } from '../../runs/read-runs.ts';
import type { CleanupItem } from '../../ui/cleanup.ts';
import type { CleanupContext } from './context.ts';
import { liveRunIds } from '../../runs/read-runs.ts';

/** Removes the branches of past iterations whose work is proven to be on main or on a rescue ref. */
export async function cleanBranches(
  context: CleanupContext,
  worktrees: readonly CleanupItem[],
): Promise<CleanupItem[]> {
  const { repository, pool, dryRun } = context;
  // Before the runs are: a branch of a run that starts in between is then not among them.
  const branches = await iterationBranches(repository.root);
  if (branches.length === 0) return [];
  const live = new Set(await liveRunIds(repository.root));
  const checkedOut = await checkedOutBranches(repository);
  const gone = new Set(worktrees.filter(({ action }) => action === 'freed').map(({ name }) => name));
  const freeable = (await pooledWorktrees(pool)).filter(({ name }) => dryRun && gone.has(name));
  const leaving = new Set(freeable.map(({ branch }) => branch));
  const landings = await landedCommits(repository.root, branches);
  const items: CleanupItem[] = [];
  for (const branch of branches) {
    const kept = (why: string): CleanupItem => ({ kind: 'branch', name: branch, action: 'kept', why });
    if (live.has(runOf(branch))) items.push(kept('its run goes on'));
    else if (leaving.has(branch)) items.push({ ...kept('what is in its worktree is kept first'), action: 'freed' });
    else if (checkedOut.has(branch)) items.push(kept('it is checked out in a work tree'));
    else items.push(await cleanBranch(context, branch, landings.get(branch)));
  }
  return items;
}

async function cleanBranch(
  context: CleanupContext,
  branch: string,
  landedAs: string | undefined,
): Promise<CleanupItem> {
  const { repository, dryRun } = context;
  const refs = dryRun ? pretending : context.refs;
  const removed = await removeBranch(repository, { branch, refs, ...(landedAs === undefined ? {} : { landedAs }) });
  if (removed.kind === 'refused') {
    const why = removed.detail.replace(`${branch} `, '');
    return { kind: 'branch', name: branch, action: 'kept', why };
  }
  return { kind: 'branch', name: branch, action: 'freed', why: 'its work is on main or on a rescue ref' };
}

/** For `--dry-run`: every proof is asked for, and nothing is changed. */
const pretending: Refs = { transaction: () => Promise.resolve({ kind: 'done' }), close: () => Promise.resolve() };

/** The commits as which the work of branches has landed, as the logs of their runs tell: a squash leaves no other trace. */
async function landedCommits(workspace: string, branches: readonly string[]): Promise<Map<string, string>> {
  const landed = new Map<string, string>();
  for (const id of new Set(branches.map(runOf))) {
    const search = await readRun(workspace, id);
    if (search.kind !== 'found') continue;
    const { iterations, workers } = search.run.state;
    const cutOff = workers.flatMap(({ iteration }) => (iteration === undefined ? [] : [iteration]));
    for (const { branch, landing } of [...iterations, ...cutOff]) {
      if (branch !== undefined && landing !== undefined) landed.set(branch, landing.commit);
    }
  }
  return landed;
}

/** `oompa/<run>/<worker>-i<k>`. */
function runOf(branch: string): string {
  return branch.split('/')[1] ?? '';
}
