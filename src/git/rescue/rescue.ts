import { adminOf, exists, findAdmin, headOf } from '../admin.ts';
import { hasName, isAncestor, isOnMain, oidOf } from '../ancestry.ts';
import { firstError, git } from '../git.ts';
import { keepFiles, keptFilesText, removeKeptFiles } from './kept-files.ts';
import type { KeptFile } from './kept-files.ts';
import { absent, openRefs } from '../refs.ts';
import type { Refs } from '../refs.ts';
import type { Repository } from '../repository.ts';
import { rescueRoot, sameRescue } from './rescues.ts';
import { salvageTree } from './salvage.ts';
import { stateOf } from '../worktree/slot.ts';
import { stashedOn } from './stash.ts';
import type { Slot } from '../worktree/slot.ts';

export { removeBranch, sweepBranches } from '../branches.ts';
export type { Removal } from '../branches.ts';
export { contentsOfRescues, listRescues } from './rescues.ts';
export type { Rescue } from './rescues.ts';

/** What a rescue ref is called after: `refs/oompa/rescue/<task>/<run>-<worker>-i<iteration>`. */
export interface RescueName {
  readonly task: string;
  readonly run: string;
  readonly worker: string;
  readonly iteration: number;
}

/** What keeping gave. `nothing`: main has all of it already. After `failed` nothing may be deleted. */
export type Kept =
  | { readonly kind: 'nothing' }
  | { readonly kind: 'kept'; readonly ref: string; readonly commit: string }
  | { readonly kind: 'failed'; readonly detail: string };

/** Keeps the work in a slot, uncommitted and untracked files too, on a rescue ref of its own. The slot stays as it is. */
export async function keepWork(
  repository: Repository,
  work: { readonly slot: Slot; readonly base: string; readonly name: RescueName; readonly refs: Refs },
): Promise<Kept> {
  const tips = await tipsOf(work.slot);
  const stashed = await stashedOn(repository.commonDir, stateOf(work.slot).lease.branch);
  const [head = work.base] = tips;
  const whole = await withLeftovers(repository, work.slot, {
    head,
    tips: [...tips, ...stashed],
    message: `Work on ${work.name.task}, kept by oompa`,
  });
  if (whole.kind === 'failed') return whole;
  if (await isOnMain(repository, whole.commit)) return { kind: 'nothing' };
  return keepWhole(repository, whole, work.name, work.refs);
}

/**
 * Keeps what a slot held when it was found: the leftovers of a process that died. `nothing` when every commit in it has a name
 * already and nothing else was there. Slots that were detached on purpose hold nobody's work.
 */
export async function keepFound(slot: Slot): Promise<Kept> {
  const { repository, lease } = stateOf(slot);
  if (lease.branch === '') return { kind: 'nothing' };
  const [head = repository.head, ...others] = await tipsOf(slot);
  const message = `Found in the worktree ${slot.name}, kept by oompa`;
  const whole = await withLeftovers(repository, slot, { head, tips: [head, ...others], message });
  if (whole.kind === 'failed') return whole;
  if (
    (await isOnMain(repository, whole.commit)) ||
    (await hasName(repository, whole.commit, [rescueRoot, 'refs/heads/oompa/']))
  ) {
    return { kind: 'nothing' };
  }
  const refs = openRefs(repository.root);
  try {
    const name = { task: 'found', run: lease.branch.replaceAll('/', '-'), worker: slot.name, iteration: 0 };
    return await keepWhole(repository, whole, name, refs);
  } finally {
    await refs.close();
  }
}

/** The slot's HEAD first, then the branch that oompa put it on, where an agent has left that one. */
async function tipsOf(slot: Slot): Promise<string[]> {
  const { repository, lease } = stateOf(slot);
  const admin = await adminFor(slot);
  const head = admin === undefined ? undefined : await headOf(admin);
  const revs = [
    ...(head?.kind === 'detached' ? [head.oid] : []),
    ...(head?.kind === 'branch' ? [`refs/heads/${head.branch}`] : []),
    ...(lease.branch === '' ? [] : [`refs/heads/${lease.branch}`]),
  ];
  const oids = await Promise.all([...new Set(revs)].map((rev) => oidOf(repository.root, rev)));
  return [...new Set(oids.filter((oid) => oid !== undefined))];
}

async function adminFor(slot: Slot): Promise<string | undefined> {
  const { commonDir } = stateOf(slot).repository;
  return (await adminOf(slot.folder, commonDir)) ?? (await findAdmin(slot.folder, commonDir));
}

type Whole =
  | {
      readonly kind: 'whole';
      readonly commit: string;
      /** The commit is our own, of what was uncommitted. */ readonly made: boolean;
    }
  | { readonly kind: 'failed'; readonly detail: string };

/** One commit that has everything in its history and its tree; `head` itself when it has. */
async function withLeftovers(
  repository: Repository,
  slot: Slot,
  { head, tips, message }: { readonly head: string; readonly tips: readonly string[]; readonly message: string },
): Promise<Whole> {
  const { root, commonDir, branch } = repository;
  const headTree = await oidOf(root, `${head}^{tree}`);
  let tree = headTree;
  let files: readonly KeptFile[] = [];
  if (await exists(slot.folder)) {
    const place = {
      root,
      folder: slot.folder,
      commonDir,
      admin: await adminFor(slot),
      head,
      main: `refs/heads/${branch}`,
    };
    const salvaged = await salvageTree(place);
    if (salvaged.kind === 'failed') return salvaged;
    tree = salvaged.tree;
    files = salvaged.beside;
  }
  const beside: string[] = [];
  for (const tip of tips) if (tip !== head && !(await isAncestor(root, tip, head))) beside.push(tip);
  if (tree === undefined) return { kind: 'whole', commit: head, made: false };
  if (tree === headTree && beside.length === 0 && files.length === 0)
    return { kind: 'whole', commit: head, made: false };
  const parents = [head, ...beside].flatMap((parent) => ['-p', parent]);
  const order = ['commit-tree', tree, ...parents, '-m', `${message}${keptFilesText(files)}`];
  const committed = await git(root, order, { env: anyIdentity(repository) });
  if (committed.code !== 0) return { kind: 'failed', detail: firstError(committed) };
  const commit = committed.stdout.trim();
  const problem = await keepFiles(root, { commit, folder: slot.folder, files });
  return problem === undefined ? { kind: 'whole', commit, made: true } : { kind: 'failed', detail: problem };
}

/**
 * Work that a ref keeps already lies in its slot until that is used again: one ref for it is enough. An agent's
 * `git gc --prune=now` takes what no ref names yet: only after a look may anything be deleted.
 */
async function keepWhole(
  repository: Repository,
  { commit, made }: Extract<Whole, { kind: 'whole' }>,
  name: RescueName,
  refs: Refs,
): Promise<Kept> {
  const { root, branch } = repository;
  const same = await sameRescue(root, commit, made);
  if (same !== undefined) {
    if (same.commit !== commit) await removeKeptFiles(root, commit);
    return { kind: 'kept', ...same };
  }
  const kept = await keepCommit(commit, name, refs);
  if (kept.kind !== 'kept') return kept;
  const looked = await git(root, ['rev-list', '--objects', '--quiet', commit, '--not', `refs/heads/${branch}`]);
  if (looked.code === 0) return kept;
  await refs.transaction([{ delete: kept.ref, from: commit }]);
  return { kind: 'failed', detail: `git has lost a part of it: ${firstError(looked)}` };
}

/** Work is kept even where git does not know who commits. */
function anyIdentity({ identity }: Repository): Record<string, string> {
  if (identity !== undefined) return {};
  const name = 'oompa';
  const email = 'oompa@localhost';
  return { GIT_AUTHOR_NAME: name, GIT_AUTHOR_EMAIL: email, GIT_COMMITTER_NAME: name, GIT_COMMITTER_EMAIL: email };
}

/** Creates the ref and never moves one: a name that is taken by other work gets a number. */
export async function keepCommit(
  commit: string,
  { task, run, worker, iteration }: RescueName,
  refs: Refs,
): Promise<Kept> {
  const wish = `${rescueRoot}${task}/${run}-${worker}-i${iteration}`;
  let detail = '';
  for (let n = 1; n <= 50; n += 1) {
    const ref = n === 1 ? wish : `${wish}.${n}`;
    const created = await refs.transaction([{ ref, to: commit, from: absent }]);
    if (created.kind === 'done') return { kind: 'kept', ref, commit };
    detail = created.detail;
    const same = await refs.transaction([{ verify: ref, is: commit }]);
    if (same.kind === 'done') return { kind: 'kept', ref, commit };
    // A process that was killed may have left a lock on that name.
    if (!/already exists|File exists/.test(detail)) break;
  }
  return { kind: 'failed', detail };
}
