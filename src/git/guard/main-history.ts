import { basename, join, sep } from 'node:path';
import { linkedWorktrees } from '../admin.ts';
import { checkoutsOf } from '../checkouts.ts';
import { git } from '../git.ts';
import { readReflog } from '../reflog.ts';
import type { LogEntry } from '../reflog.ts';
import type { Repository } from '../repository.ts';

/** One new commit of main's first-parent line. */
export interface MainStep {
  readonly commit: string;
  /** Its `Oompa-Run` trailer; empty when it has none. Anybody can write one. */
  readonly run: string;
}

/** How main got from one tip to another. */
export interface MainMove {
  readonly from: string;
  readonly to: string;
  /** Newest first, at most 10,000. */
  readonly steps: readonly MainStep[];
  /** False when commits that were on main are not in its history any more. */
  readonly keepsAll: boolean;
}

/** Lists a move of main; one git process, two when it was no plain step forward. Undefined when git can't. */
export async function readMove({ root }: Repository, from: string, to: string): Promise<MainMove | undefined> {
  const format = '--format=%H%x00%P%x00%(trailers:key=Oompa-Run,valueonly,separator=%x20)';
  const options = ['--first-parent', '--max-count=10000', '--no-commit-header', format];
  const listed = await git(root, ['rev-list', ...options, `${from}..${to}`]);
  if (listed.code !== 0) return undefined;
  const lines = listed.stdout.split('\n').filter((line) => line !== '');
  const parts = lines.map((line) => line.split('\0'));
  const steps = parts.map(([commit = '', , run = '']) => ({ commit, run: run.trim() }));
  const isPlain = parts.at(-1)?.[1]?.split(' ')[0] === from;
  const keepsAll = isPlain || (await git(root, ['merge-base', '--is-ancestor', from, to])).code === 0;
  return { from, to, steps, keepsAll };
}

/** Whether the branch has the commit in its history. One git process. */
export async function isOnBranch({ root, branch }: Repository, commit: string): Promise<boolean> {
  return (await git(root, ['merge-base', '--is-ancestor', commit, `refs/heads/${branch}`])).code === 0;
}

/** What the logs of all work trees and of main itself tell about who moved main. */
export interface Traces {
  /** What was done in each worktree of oompa's. */
  readonly own: readonly { readonly slot: string; readonly log: readonly LogEntry[] }[];
  /** What was done in each checkout of main of the user's that keeps a log. */
  readonly users: readonly (readonly LogEntry[])[];
  /** Main's own log. */
  readonly main: readonly LogEntry[];
}

/** Reads those logs; starts no process. */
export async function readTraces(repository: Repository): Promise<Traces> {
  const { commonDir, branch } = repository;
  const linked = await linkedWorktrees(commonDir);
  const ours = linked.filter(({ checkout }) => checkout.includes(`${sep}.oompa${sep}worktrees${sep}`));
  const own = ours.map(async ({ admin, checkout }) => {
    return { slot: basename(checkout), log: (await readReflog(join(admin, 'logs', 'HEAD'))) ?? [] };
  });
  const users = (await checkoutsOf(repository, branch)).map(({ admin }) => readReflog(join(admin, 'logs', 'HEAD')));
  return {
    own: await Promise.all(own),
    users: (await Promise.all(users)).filter((log) => log !== undefined),
    main: (await readReflog(join(commonDir, 'logs', 'refs', 'heads', branch))) ?? [],
  };
}

/** Something that an agent did to main. */
export interface Taking {
  /** `added`: the commit is on main and must not be. `removed`: it was main's tip and is not in main's history any more. */
  readonly how: 'added' | 'removed';
  readonly commit: string;
  /** The worktree in which it was done; undefined when that can't be told. */
  readonly slot: string | undefined;
}

/**
 * What agents did of a move of main, the oldest commit first. `landings` are those of its commits that oompa put there. The user may commit, merge, pull,
 * push and reset at any time: only what bears an agent's mark counts.
 */
export function takingsIn(move: MainMove, landings: ReadonlySet<string>, traces: Traces): Taking[] {
  const added = move.steps.flatMap(({ commit }, index): Taking[] => {
    if (landings.has(commit)) return [];
    const slot = makerOf(commit, traces);
    if (slot !== undefined) return [{ how: 'added', commit, slot }];
    return isUnexplained(move.steps.slice(0, index + 1), landings, traces)
      ? [{ how: 'added', commit, slot: undefined }]
      : [];
  });
  added.reverse();
  if (move.keepsAll) return added;
  const slot = resetterOf(move, traces) ?? added.find((each) => each.slot !== undefined)?.slot;
  const last = move.steps[0] ?? { commit: move.to, run: '' };
  const isAgents = slot !== undefined || added.length > 0 || isUnexplained([last], landings, traces, move);
  return isAgents ? [...added, { how: 'removed', commit: move.from, slot }] : added;
}

/** The worktree of oompa's in which the commit was made. One that only came by there (a merge of main, a reset) was not. */
function makerOf(commit: string, { own }: Traces): string | undefined {
  return own.find(({ log }) => log.some(({ to, what }) => to === commit && isMaking(what)))?.slot;
}

/** As git 2.39 words it in a reflog. */
function isMaking(what: string): boolean {
  return (
    /^(commit|merge|pull|rebase|cherry-pick|revert|am)\b/.test(what) &&
    !/Fast-forward|\((start|finish|abort)\)/.test(what)
  );
}

/** The worktree of oompa's that was on main itself when main went back. */
function resetterOf({ from, to }: MainMove, { own, users }: Traces): string | undefined {
  const isIt = (entry: LogEntry) => entry.from === from && entry.to === to;
  if (users.some((log) => log.some(isIt))) return undefined;
  return own.find(({ log }) => log.some((entry) => isIt(entry) && !entry.what.startsWith('checkout: ')))?.slot;
}

/**
 * Whether nothing of the user's explains how a commit came on main. `above`: it and what was put on top of it, newest first. A
 * checkout of main knows each of its moves, unless somebody has moved the ref under it. Where main is checked out nowhere, main's
 * own log names what moved it, unless that was plumbing.
 */
function isUnexplained(
  above: readonly MainStep[],
  landings: ReadonlySet<string>,
  { users, main }: Traces,
  back?: MainMove,
): boolean {
  const lastLanding = above.findLastIndex(({ commit }) => landings.has(commit));
  const foreign = new Set(above.slice(lastLanding + 1).map(({ commit }) => commit));
  if (users.some((log) => log.length > 0)) {
    return !users.some((log) =>
      back === undefined ? log.some(({ to }) => foreign.has(to)) : log.at(-1)?.to === back.to,
    );
  }
  const move = main.findLast(({ to }) => foreign.has(to));
  return move?.what === '';
}
