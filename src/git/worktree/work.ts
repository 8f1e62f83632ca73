import { lstat, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { exists, forgetOperation, headOf, operationIn, removeStaleLocks, textOf } from '../admin.ts';
import type { Operation } from '../admin.ts';
import { firstError, git } from '../git.ts';
import type { GitResult } from '../git.ts';
import { largeFilesIn } from './large-files.ts';
import type { LargeFile } from './large-files.ts';
import { returnToBranch } from './return-to-branch.ts';
import { embeddedIn } from '../rescue/salvage.ts';
import { makeSound, revealIn, stateOf } from './slot.ts';
import type { Slot } from './slot.ts';

export { changes, diffText } from '../diff.ts';

/** What committing gave; nothing of the agent's work is lost in any of these. */
export type CommitResult =
  /** The branch is ahead of `base`, by commits of the agent's or by ours. */
  | ({ readonly kind: 'committed' } & Committed)
  /** The branch is where it started. */
  | ({ readonly kind: 'unchanged' } & Committed)
  /** The agent has taken out the commit that the branch started from; its work is committed on what there is instead. */
  | ({ readonly kind: 'rewritten' } & Committed)
  /** These files are too large: nothing was added, git would take minutes to read them. All changes are still in the worktree. */
  | { readonly kind: 'too-large'; readonly files: readonly LargeFile[] }
  /** A commit hook, or git for the sake of a file, said no. `detail`: its output. All changes are still in the worktree. */
  | { readonly kind: 'refused'; readonly detail: string }
  /** Something is half done, or conflict markers are left. All changes are still in the worktree. */
  | { readonly kind: 'unfinished'; readonly operation: Operation }
  /** The worktree is gone, or git can't work. What was committed before is still on the branch. */
  | { readonly kind: 'lost'; readonly detail: string };

/** The work as it is committed now. */
export interface Committed {
  readonly head: string;
  /** Where the work starts: as given, or later when the agent itself has merged main. */
  readonly base: string;
  /** Repositories inside the worktree. They are not in the commit: git would only take their commit's id. */
  readonly nested: readonly string[];
  /** Where HEAD was when it was not on the branch; its commits were brought there. */
  readonly strayed?: string;
}

/** Commits all that the agent left, untracked files too, with the user's hooks. Two git processes when all is as it should be. */
export async function commitAll(
  slot: Slot,
  order: {
    readonly branch: string;
    readonly base: string;
    readonly message: string;
    /** Bytes of the largest file that is committed; any when left out. */
    readonly largest?: number;
  },
): Promise<CommitResult> {
  const sound = await makeSound(slot);
  if (sound.kind === 'gone') return { kind: 'lost', detail: sound.detail };
  const state = stateOf(slot);
  const { commonDir } = state.repository;
  await removeStaleLocks(sound.admin, commonDir, order.branch);
  const operation = await unfinishedIn(slot, sound.admin);
  if (operation !== undefined) return { kind: 'unfinished', operation };
  const returned = await returnToBranch(slot, sound.admin, order.branch);
  if (returned.kind === 'failed') return { kind: 'lost', detail: returned.detail };
  const before = await tipOf(slot, order.branch);
  await revealIn(slot, sound.admin);
  const large = order.largest === undefined ? [] : await largeFilesIn(slot.folder, order.largest);
  if (large.length > 0) return { kind: 'too-large', files: large };
  const added = await addAll(slot);
  if (added.kind === 'refused') return added;
  const refusal = await commit(slot, order.message);
  if (refusal !== undefined) return refusal;
  state.merging = undefined;
  const head = await tipOf(slot, order.branch);
  if (head === undefined) return { kind: 'lost', detail: `the branch ${order.branch} is gone` };
  const strayed = returned.kind === 'returned' ? { strayed: returned.from } : {};
  const start = before === order.base ? { ...order, isAncestor: true } : await startOf(slot, order.base, head);
  const committed = { head, base: start.base, nested: added.nested, ...strayed };
  if (!start.isAncestor) return { kind: 'rewritten', ...committed };
  return { kind: head === order.base ? 'unchanged' : 'committed', ...committed };
}

/** What discarding gave. After `failed` the slot has to be started anew. */
export type DiscardResult = { readonly kind: 'discarded' } | { readonly kind: 'failed'; readonly detail: string };

/** Throws away whatever a reviewer did in the worktree: the branch and its files are as they were at `head`. */
export async function discard(
  slot: Slot,
  { branch, head }: { readonly branch: string; readonly head: string },
): Promise<DiscardResult> {
  const sound = await makeSound(slot);
  if (sound.kind === 'gone') return { kind: 'failed', detail: sound.detail };
  await removeStaleLocks(sound.admin, stateOf(slot).repository.commonDir, branch);
  await forgetOperation(sound.admin);
  await revealIn(slot, sound.admin);
  const at = await headOf(sound.admin);
  const isOnBranch = at.kind === 'branch' && at.branch === branch;
  const steps = [
    ...(isOnBranch ? [] : [['symbolic-ref', 'HEAD', `refs/heads/${branch}`]]),
    ['reset', '-q', '--hard', head],
    ['clean', '-ffdq'],
  ];
  for (const step of steps) {
    const result = await git(slot.folder, step);
    if (result.code !== 0) return { kind: 'failed', detail: firstError(result) };
  }
  return { kind: 'discarded' };
}

/** What merging main into the work gave. `conflicts`: the markers are in the files, for the agent. */
export type MergeResult =
  | { readonly kind: 'clean' }
  | { readonly kind: 'conflicts'; readonly paths: readonly string[] }
  | { readonly kind: 'failed'; readonly detail: string };

/** Begins a merge of main into the worktree and leaves it uncommitted; `commitAll` concludes it. */
export async function mergeMain(slot: Slot, main: string): Promise<MergeResult> {
  const sound = await makeSound(slot);
  if (sound.kind === 'gone') return { kind: 'failed', detail: sound.detail };
  const options = ['--no-commit', '--no-ff', '--no-autostash', '--no-verify-signatures', '-q'];
  const merged = await git(slot.folder, ['merge', ...options, main]);
  if (!(await exists(join(sound.admin, 'MERGE_HEAD')))) {
    return merged.code === 0 ? { kind: 'clean' } : { kind: 'failed', detail: firstError(merged) };
  }
  const unmerged = await git(slot.folder, ['diff', '--name-only', '--diff-filter=U', '-z']);
  const paths = [...new Set(unmerged.stdout.split('\0').filter((path) => path !== ''))];
  stateOf(slot).merging = { oid: main, paths };
  return paths.length === 0 ? { kind: 'clean' } : { kind: 'conflicts', paths };
}

/** The files that were in conflict when main was merged, and still have a conflict marker in them. */
export async function conflictMarkersLeft(slot: Slot): Promise<string[]> {
  const left: string[] = [];
  for (const path of stateOf(slot).merging?.paths ?? []) {
    const text = await plainFile(join(slot.folder, path));
    if (/^<{7}( |$)/m.test(text) || /^>{7}( |$)/m.test(text)) left.push(path);
  }
  return left;
}

/** A merge that oompa began is finished by committing it, once the markers are gone; everything else is the agent's to end. */
async function unfinishedIn(slot: Slot, admin: string): Promise<Operation | undefined> {
  if ((await conflictMarkersLeft(slot)).length > 0) return 'merge';
  const operation = await operationIn(admin);
  if (operation !== 'merge') return operation;
  const merged = (await textOf(join(admin, 'MERGE_HEAD')))?.trim();
  return merged === stateOf(slot).merging?.oid ? undefined : 'merge';
}

async function addAll(slot: Slot) {
  const nested = new Set<string>();
  for (;;) {
    const without = [...nested].map((path) => `:(top,literal,exclude)${path}`);
    const added = await git(slot.folder, ['add', '-A', ...(without.length === 0 ? [] : ['--', ':/', ...without])]);
    const found = embeddedIn(added.stderr).filter((path) => !nested.has(path));
    for (const path of found) nested.add(path);
    if (added.code !== 0 && found.length === 0) return { kind: 'refused', detail: outputOf(added) } as const;
    if (added.code !== 0) continue;
    if (found.length > 0) await git(slot.folder, ['rm', '-q', '--cached', '--ignore-unmatch', '-f', '--', ...found]);
    return { kind: 'added', nested: [...nested] } as const;
  }
}

const hookLimitMs = 10 * 60_000;

/** Undefined when all is committed, or nothing was left to commit. git exits 1 when a hook refuses, 128 when it can't (2.39). */
async function commit(slot: Slot, message: string): Promise<CommitResult | undefined> {
  const options = { stdin: message, hooks: true, timeoutMs: hookLimitMs };
  const committed = await git(slot.folder, ['commit', '-q', '-F', '-'], options);
  if (committed.code === 0) return undefined;
  const staged = await git(slot.folder, ['diff', '--cached', '--quiet', 'HEAD']);
  if (staged.code === 0) return undefined;
  if (committed.code === 1) return { kind: 'refused', detail: outputOf(committed) };
  if (committed.code === 137) return { kind: 'refused', detail: 'the commit hooks did not end within 10 minutes' };
  return { kind: 'lost', detail: firstError(committed) };
}

/** Where the work starts when the agent has made commits of its own; `isAncestor` false: it has rewritten history. */
async function startOf(slot: Slot, base: string, head: string): Promise<{ base: string; isAncestor: boolean }> {
  const main = `refs/heads/${stateOf(slot).repository.branch}`;
  const merge = (await git(slot.folder, ['merge-base', main, head])).stdout.trim();
  if (merge === base) return { base, isAncestor: true };
  const isAncestor = (await git(slot.folder, ['merge-base', '--is-ancestor', base, head])).code === 0;
  // Main at the very head would mean that the agent has moved main: then the work still starts where it started.
  const isLater = isAncestor && merge !== '' && merge !== head;
  return { base: isLater ? merge : base, isAncestor };
}

/** From the ref's own file, which a commit has just written; from git when it was packed meanwhile. */
async function tipOf(slot: Slot, branch: string): Promise<string | undefined> {
  const ref = `refs/heads/${branch}`;
  const text = (await textOf(join(stateOf(slot).repository.commonDir, ref)))?.trim() ?? '';
  if (/^[0-9a-f]{40,64}$/.test(text)) return text;
  const { code, stdout } = await git(slot.folder, ['rev-parse', '-q', '--verify', ref]);
  return code === 0 ? stdout.trim() : undefined;
}

/** A link could lead anywhere; its text is not a file with markers. */
async function plainFile(path: string): Promise<string> {
  try {
    return (await lstat(path)).isFile() ? await readFile(path, 'utf8') : '';
  } catch {
    return '';
  }
}

function outputOf({ stdout, stderr }: GitResult): string {
  return `${stdout}${stderr}`.trim().slice(-4000);
}
