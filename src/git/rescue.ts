import { adminOf, exists, findAdmin, headOf } from './admin.ts';
import { firstError, git } from './git.ts';
import { absent, openRefs } from './refs.ts';
import type { Refs } from './refs.ts';
import type { Repository } from './repository.ts';
import { salvageTree } from './salvage.ts';
import { stateOf } from './slot.ts';
import type { Slot } from './slot.ts';

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
  const [head = work.base] = tips;
  const whole = await withLeftovers(repository, work.slot, {
    head,
    tips,
    message: `Work on ${work.name.task}, kept by oompa`,
  });
  if (whole.kind === 'failed') return whole;
  if (await isOnMain(repository, whole.commit)) return { kind: 'nothing' };
  return keepCommit(whole.commit, work.name, work.refs);
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
  // Work that a run kept when it ended still lies in the slot: one ref for it is enough.
  const content = (await git(repository.root, ['log', '-1', '--format=%T %P', whole.commit])).stdout.trim();
  const [same] = [...(await contentsOfRescues(repository.root))].find(([, each]) => each === content) ?? [];
  if (same !== undefined) return { kind: 'kept', ref: same, commit: whole.commit };
  const refs = openRefs(repository.root);
  try {
    const name = { task: 'found', run: lease.branch.replaceAll('/', '-'), worker: slot.name, iteration: 0 };
    return await keepCommit(whole.commit, name, refs);
  } finally {
    await refs.close();
  }
}

/** Tree and parents of each rescued commit, by ref: the same text means the same work. */
export async function contentsOfRescues(root: string): Promise<Map<string, string>> {
  const format = '--format=%(refname)%00%(tree) %(parent)';
  const { stdout } = await git(root, ['for-each-ref', format, rescueRoot]);
  const lines = stdout.split('\n').filter((line) => line !== '');
  return new Map(lines.map((line) => line.split('\0')).map(([ref = '', content = '']) => [ref, content]));
}

/** A rescue ref and what it keeps. */
export interface Rescue {
  readonly ref: string;
  readonly task: string;
  readonly commit: string;
  /** ISO 8601: when the work was committed last. */
  readonly at: string;
}

/** All rescue refs, oldest work first. */
export async function listRescues(repositoryRoot: string): Promise<readonly Rescue[]> {
  const format = '--format=%(refname)%00%(objectname)%00%(committerdate:iso-strict)';
  const listed = await git(repositoryRoot, ['for-each-ref', '--sort=committerdate', format, rescueRoot]);
  return listed.stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const [ref = '', commit = '', at = ''] = line.split('\0');
      return { ref, commit, at, task: ref.slice(rescueRoot.length).split('/')[0] ?? '' };
    });
}

/** What removing a branch gave. */
export type Removal = { readonly kind: 'removed' } | { readonly kind: 'refused'; readonly detail: string };

/** Removes a branch of oompa's whose work is provably on main, on a rescue ref, or the same as the squashed commit `landedAs`. */
export async function removeBranch(
  repository: Repository,
  { branch, refs, landedAs }: { readonly branch: string; readonly refs: Refs; readonly landedAs?: string },
): Promise<Removal> {
  if (!branch.startsWith('oompa/')) return { kind: 'refused', detail: `${branch} is not a branch of oompa's` };
  const ref = `refs/heads/${branch}`;
  const tip = await oidOf(repository.root, ref);
  if (tip === undefined) return { kind: 'removed' };
  const isSafe =
    (await isOnMain(repository, tip)) ||
    (await hasName(repository, tip, [rescueRoot])) ||
    (landedAs !== undefined && (await isSquashOf(repository, landedAs, tip)));
  if (!isSafe) return { kind: 'refused', detail: `${branch} holds work that is neither on main nor rescued` };
  const result = await refs.transaction([{ delete: ref, from: tip }]);
  return result.kind === 'done' ? { kind: 'removed' } : result;
}

/**
 * Removes those branches below `prefix` (`oompa/<run>/`) that main or a rescue ref has all of, in two processes however many
 * they are; the others stay. No worktree may be on one of them any more.
 */
export async function sweepBranches(
  repository: Repository,
  { prefix, refs }: { readonly prefix: string; readonly refs: Refs },
): Promise<void> {
  const { root, branch } = repository;
  const format = '--format=%(refname) %(objectname)';
  const merged = await git(root, ['for-each-ref', format, `--merged=refs/heads/${branch}`, `refs/heads/${prefix}`]);
  const all = await git(root, ['for-each-ref', format, `refs/heads/${prefix}`, rescueRoot]);
  const lines = all.stdout.split('\n').map((line) => line.split(' '));
  const rescued = new Set(lines.filter(([ref = '']) => ref.startsWith(rescueRoot)).map(([, oid = '']) => oid));
  const onMain = new Set(merged.stdout.split('\n').map((line) => line.split(' ')[0]));
  const safe = lines.filter(
    ([ref = '', oid = '']) => ref.startsWith('refs/heads/') && (onMain.has(ref) || rescued.has(oid)),
  );
  const gone = safe.map(([ref = '', from = '']) => ({ delete: ref, from }));
  if (gone.length > 0) await refs.transaction(gone);
}

const rescueRoot = 'refs/oompa/rescue/';

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

type Whole = { readonly kind: 'whole'; readonly commit: string } | { readonly kind: 'failed'; readonly detail: string };

/** One commit that has everything in its history and its tree; `head` itself when it has. */
async function withLeftovers(
  repository: Repository,
  slot: Slot,
  { head, tips, message }: { readonly head: string; readonly tips: readonly string[]; readonly message: string },
): Promise<Whole> {
  const { root, commonDir } = repository;
  const headTree = await oidOf(root, `${head}^{tree}`);
  let tree = headTree;
  if (await exists(slot.folder)) {
    const salvaged = await salvageTree({ folder: slot.folder, commonDir, admin: await adminFor(slot), head });
    if (salvaged.kind === 'failed') return salvaged;
    tree = salvaged.tree;
  }
  const beside: string[] = [];
  for (const tip of tips) if (tip !== head && !(await isAncestor(root, tip, head))) beside.push(tip);
  if (tree === undefined || (tree === headTree && beside.length === 0)) return { kind: 'whole', commit: head };
  const parents = [head, ...beside].flatMap((parent) => ['-p', parent]);
  const committed = await git(root, ['commit-tree', tree, ...parents, '-m', message], { env: anyIdentity(repository) });
  if (committed.code !== 0) return { kind: 'failed', detail: firstError(committed) };
  return { kind: 'whole', commit: committed.stdout.trim() };
}

/** Work is kept even where git does not know who commits. */
function anyIdentity({ identity }: Repository): Record<string, string> {
  if (identity !== undefined) return {};
  const name = 'oompa';
  const email = 'oompa@localhost';
  return { GIT_AUTHOR_NAME: name, GIT_AUTHOR_EMAIL: email, GIT_COMMITTER_NAME: name, GIT_COMMITTER_EMAIL: email };
}

/** Creates the ref and never moves one: a name that is taken by other work gets a number. */
async function keepCommit(commit: string, { task, run, worker, iteration }: RescueName, refs: Refs): Promise<Kept> {
  const wish = `${rescueRoot}${task}/${run}-${worker}-i${iteration}`;
  let detail = '';
  for (let n = 1; n <= 50; n += 1) {
    const ref = n === 1 ? wish : `${wish}.${n}`;
    const created = await refs.transaction([{ ref, to: commit, from: absent }]);
    if (created.kind === 'done') return { kind: 'kept', ref, commit };
    detail = created.detail;
    const same = await refs.transaction([{ verify: ref, is: commit }]);
    if (same.kind === 'done') return { kind: 'kept', ref, commit };
    if (!detail.includes('already exists')) break;
  }
  return { kind: 'failed', detail };
}

async function isOnMain({ root, branch }: Repository, commit: string): Promise<boolean> {
  return isAncestor(root, commit, `refs/heads/${branch}`);
}

async function isAncestor(root: string, ancestor: string, of: string): Promise<boolean> {
  return (await git(root, ['merge-base', '--is-ancestor', ancestor, of])).code === 0;
}

/** Whether a ref below one of `places` leads to the commit. */
async function hasName({ root }: Repository, commit: string, places: readonly string[]): Promise<boolean> {
  const found = await git(root, ['for-each-ref', '--count=1', '--contains', commit, ...places]);
  return found.code === 0 && found.stdout.trim() !== '';
}

/** Merging the work with the squashed commit's parent must give exactly the squashed commit's tree. */
async function isSquashOf(repository: Repository, squashed: string, tip: string): Promise<boolean> {
  const { root } = repository;
  if (!(await isOnMain(repository, squashed))) return false;
  const merged = await git(root, ['merge-tree', '--write-tree', '--name-only', '--no-messages', `${squashed}^1`, tip]);
  return merged.code === 0 && merged.stdout.trim() === (await oidOf(root, `${squashed}^{tree}`));
}

async function oidOf(root: string, rev: string): Promise<string | undefined> {
  const { code, stdout } = await git(root, ['rev-parse', '-q', '--verify', rev]);
  return code === 0 ? stdout.trim() : undefined;
}
