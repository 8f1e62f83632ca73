import { lstat } from 'node:fs/promises';
import { join } from 'node:path';
import { withLock } from '../../system/lock.ts';
import { stateFiles, textOf } from '../admin.ts';
import { checkoutsOf } from '../checkouts.ts';
import type { Checkout } from '../checkouts.ts';
import { landingLock } from './fence.ts';
import { firstError, git, isTransient } from '../git.ts';
import type { GitResult } from '../git.ts';
import type { RefChange, Refs } from '../refs.ts';
import { landingMark } from './orphans.ts';
import type { Repository } from '../repository.ts';

/** Main's next step: a commit whose first parent is `from`. */
export interface MainMove {
  readonly refs: Refs;
  /** Main, without `refs/heads/`. */
  readonly branch: string;
  readonly from: string;
  readonly to: string;
  /** The fence; main moves only while it stands, and takes it down. */
  readonly claim: { readonly ref: string; readonly oid: string } | undefined;
  /** Called right before main moves, to write down what is about to happen. */
  readonly intent: () => void | Promise<void>;
}

/** What moving gave. Only after `moved` is anything different from before. */
export type MoveResult =
  | { readonly kind: 'moved' }
  | { readonly kind: 'main-moved' }
  | { readonly kind: 'stale-claim' }
  /** The user's checkout of main is in the way; `why` is one line, `paths` are relative to `checkout`. */
  | {
      readonly kind: 'held';
      readonly checkout: string;
      readonly paths: readonly string[];
      readonly why: string;
    };

/**
 * Moves main by compare-and-swap. Where it is checked out, git itself brings that checkout forward and overwrites nothing;
 * never is anything switched, reset or stashed there.
 */
export async function moveMain(repository: Repository, move: MainMove): Promise<MoveResult> {
  // A fast-forward changes files first and the ref last: two of them at once in one checkout would mix.
  return withLock(landingLock(repository.commonDir), async () => {
    const [checkout, second] = await checkoutsOf(repository, move.branch);
    if (checkout === undefined) return swap(repository, move);
    if (second !== undefined) {
      return held(checkout, `${move.branch} is checked out twice: in ${checkout.folder} and in ${second.folder}`);
    }
    if (checkout.operation !== undefined) {
      return held(checkout, `a ${checkout.operation} is in progress in your checkout`);
    }
    return forward(checkout, move);
  });
}

/** When each of the things was last touched that can hold a landing in a checkout. The same text = trying again is no use. */
export async function holdSignature(checkout: string, paths: readonly string[]): Promise<string> {
  const dotGit = join(checkout, '.git');
  const admin = /^gitdir: (.+)$/m.exec((await textOf(dotGit)) ?? '')?.[1] ?? dotGit;
  const files = [...stateFiles.map((name) => join(admin, name)), ...paths.map((path) => join(checkout, path))];
  return (await Promise.all(files.map(touched))).join(' ');
}

/** Main is checked out nowhere: one transaction moves it and takes down the fence. */
async function swap(repository: Repository, move: MainMove): Promise<MoveResult> {
  const { claim, from, to } = move;
  const checked = await precheck(repository.root, move);
  if (checked !== undefined) return checked;
  await move.intent();
  const lowered: RefChange[] = claim === undefined ? [] : [{ delete: claim.ref, from: claim.oid }];
  const result = await move.refs.transaction([{ ref: mainRef(move), to, from }, ...lowered]);
  if (result.kind === 'done' || (await hasArrived(repository.root, move))) return { kind: 'moved' };
  return (await precheck(repository.root, move)) ?? heldIn(repository.root, result.detail);
}

async function forward(checkout: Checkout, move: MainMove): Promise<MoveResult> {
  const checked = await precheck(checkout.folder, move);
  if (checked !== undefined) return checked;
  await move.intent();
  const merged = await git(checkout.folder, [...mergeSettings(move.branch), 'merge', ...mergeOptions, move.to], {
    hooks: true,
    env: landingMark(),
  });
  if (!(await hasArrived(checkout.folder, move)))
    return (await precheck(checkout.folder, move)) ?? heldBy(checkout, merged);
  // Whatever becomes of this: the commit is on main, and its trailer says whose it is.
  if (move.claim !== undefined) await move.refs.transaction([{ delete: move.claim.ref, from: move.claim.oid }]);
  return { kind: 'moved' };
}

/**
 * Whatever git said: it may have been killed when all was done, HEAD may have been switched away in the last moment, and
 * somebody may have committed on top already.
 */
async function hasArrived(folder: string, move: MainMove): Promise<boolean> {
  if ((await move.refs.transaction([{ verify: mainRef(move), is: move.to }])).kind === 'done') return true;
  return (await git(folder, ['merge-base', '--is-ancestor', move.to, mainRef(move)])).code === 0;
}

/** The user's settings for merges must not turn this one into another kind of merge. */
function mergeSettings(branch: string): string[] {
  return ['-c', `branch.${branch}.mergeOptions=`, '-c', 'submodule.recurse=false'];
}

/** Seen with git 2.39: without `--no-overwrite-ignore` an ignored file of the user's in the way is overwritten. */
const mergeOptions = [
  '--ff-only',
  '--no-overwrite-ignore',
  '--no-autostash',
  '--no-verify-signatures',
  '--no-squash',
  '-q',
];

/** Why it can't move at all, in a transaction that changes nothing; undefined when it can. */
async function precheck(folder: string, move: MainMove): Promise<MoveResult | undefined> {
  const main: RefChange = { verify: mainRef(move), is: move.from };
  const claim: RefChange[] = move.claim === undefined ? [] : [{ verify: move.claim.ref, is: move.claim.oid }];
  const both = await move.refs.transaction([main, ...claim]);
  if (both.kind === 'done') return undefined;
  // Nothing has moved, but nothing can: building it all again would not help.
  if (isTransient(both.detail)) return heldIn(folder, lockedBy(both.detail));
  if ((await move.refs.transaction([main])).kind === 'refused') return { kind: 'main-moved' };
  return (await move.refs.transaction(claim)).kind === 'refused' ? { kind: 'stale-claim' } : undefined;
}

function mainRef({ branch }: MainMove): string {
  return `refs/heads/${branch}`;
}

function held(checkout: Checkout, why: string): MoveResult {
  return heldIn(checkout.folder, why);
}

function heldIn(checkout: string, why: string): MoveResult {
  return { kind: 'held', checkout, paths: [], why };
}

/** A lock that stays was left by a git that was killed; only the user can know that nobody holds it. */
function lockedBy(detail: string): string {
  const lock = /Unable to create '(.+?)': File exists/.exec(detail)?.[1];
  return lock === undefined ? detail : `a git command holds a lock; if none is running any more: rm '${lock}'`;
}

/** git names the files on lines of their own that begin with a tab (2.39). */
function heldBy(checkout: Checkout, merged: GitResult): MoveResult {
  const listed = merged.stderr.split('\n').filter((line) => line.startsWith('\t'));
  const single = [...merged.stderr.matchAll(/Entry '(.+?)' (?:not uptodate|would be overwritten)/g)];
  const paths = [...listed.map((line) => line.slice(1)), ...single.map((match) => match[1] ?? '')];
  const why = reasons.find(({ pattern }) => pattern.test(merged.stderr))?.why ?? firstError(merged);
  return { kind: 'held', checkout: checkout.folder, paths: [...new Set(paths)], why };
}

const reasons: readonly { readonly pattern: RegExp; readonly why: string }[] = [
  { pattern: /Your local changes to the following files/, why: 'uncommitted changes in your checkout' },
  { pattern: /Entry '.+' (not uptodate|would be overwritten)/, why: 'uncommitted changes in your checkout' },
  { pattern: /untracked working tree files/, why: 'untracked files in your checkout' },
  { pattern: /would lose untracked files/, why: 'untracked files in your checkout' },
  { pattern: /index\.lock': File exists/, why: 'another git command is at work in your checkout' },
  { pattern: /unmerged files|not concluded your/, why: 'a merge is in progress in your checkout' },
];

async function touched(path: string): Promise<string> {
  try {
    const { mtimeMs, ctimeMs, size } = await lstat(path);
    return `${mtimeMs}/${ctimeMs}/${size}`;
  } catch {
    return '-';
  }
}
