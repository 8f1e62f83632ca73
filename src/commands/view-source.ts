import { readFile, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { IterationRecord } from '../core/run-state.ts';
import type { TranscriptEntry } from '../core/transcript.ts';
import { headOf, linkedWorktrees } from '../git/admin.ts';
import { diffText } from '../git/diff.ts';
import { git } from '../git/git.ts';
import type { Repository } from '../git/repository.ts';
import { runFiles } from '../runs/run-folder.ts';
import type { ViewSource } from '../ui/view/read-page.ts';
import { readTranscript } from './read-transcript.ts';

/** Bytes of a transcript and of a diff that a person may want to scroll through. */
const mostBytes = 256 * 1024;

/** Reads what a view of a run shows besides its events. Changes nothing: not the run, and not the worktrees of its agents. */
export function openViewSource(repository: Repository, folder: string): ViewSource {
  const read = new Map<string, { readonly stamp: string; readonly entries: readonly TranscriptEntry[] }>();
  return {
    transcript: async ({ label, harness }) => {
      const stamp = await stampOf(folder, label);
      const known = read.get(label);
      if (known?.stamp === stamp) return known.entries;
      const entries = await readTranscript({ folder, label, harness, lastBytes: mostBytes });
      read.set(label, { stamp, entries });
      return entries;
    },
    diff: async (record) =>
      (await worktreeDiff(repository, record)) ??
      (await commitDiff(repository, record)) ??
      (await reviewDiff(folder, record)),
    review: (log) => textOf(folder, log),
  };
}

/** Changes whenever a transcript does. */
async function stampOf(folder: string, label: string): Promise<string> {
  const files = [`${label}.stdout`, `${label}.stderr`].map((name) => join(folder, runFiles.turns, name));
  const stats = await Promise.all(files.map((file) => stat(file).catch(() => undefined)));
  return stats.map((each) => (each === undefined ? '' : `${String(each.size)} ${String(each.mtimeMs)}`)).join();
}

type Diff = { readonly title: string; readonly text: string } | undefined;

/** What an iteration that goes on has changed so far, committed or not; undefined where its worktree is not on this machine. */
async function worktreeDiff({ commonDir }: Repository, { base, branch, ended }: IterationRecord): Promise<Diff> {
  if (base === undefined || branch === undefined || ended !== undefined) return undefined;
  const worktree = await worktreeOf(commonDir, branch);
  if (worktree === undefined) return undefined;
  const [diff, untracked] = await Promise.all([
    git(worktree, ['diff', ...diffOptions, base], { maxBuffer: mostBytes, timeoutMs: 10_000 }),
    git(worktree, ['ls-files', '-z', '--others', '--exclude-standard'], { maxBuffer: mostBytes, timeoutMs: 10_000 }),
  ]);
  const isCut = diff.code === cutShort;
  if (diff.code !== 0 && !isCut) return undefined;
  const added = untracked.stdout.split('\0').filter((path) => path !== '');
  const text = [
    ...added.map((path) => `new, not added yet: ${JSON.stringify(path)}`),
    ...(added.length === 0 ? [] : ['']),
    diff.stdout.trimEnd(),
    ...(isCut ? [`… and more: git -C ${worktree} diff ${base}`] : []),
  ].join('\n');
  return { title: `in its worktree, against ${base.slice(0, 7)}`, text };
}

/** What `git` gives when there was more output than asked for. */
const cutShort = 141;
const diffOptions = ['--no-renames', '--no-ext-diff', '--no-textconv', '--no-color'] as const;

async function worktreeOf(commonDir: string, branch: string): Promise<string | undefined> {
  for (const { admin, checkout } of await linkedWorktrees(commonDir)) {
    const head = await headOf(admin);
    if (head.kind === 'branch' && head.branch === branch) return checkout;
  }
  return undefined;
}

/** What oompa committed of it, as long as the repository has that commit. */
async function commitDiff({ root }: Repository, { base, work }: IterationRecord): Promise<Diff> {
  if (base === undefined || work === undefined) return undefined;
  const budget = { perFileBytes: mostBytes, totalBytes: mostBytes };
  const diff = await diffText(root, base, work.commit, budget).catch(() => undefined);
  if (diff === undefined) return undefined;
  const rest = diff.cut.length === 0 ? '' : `… and more: git diff ${base} ${work.commit}\n`;
  return { title: `as committed in ${work.commit.slice(0, 7)}, against ${base.slice(0, 7)}`, text: diff.text + rest };
}

/** What the last review was shown of what had changed since the round before. */
async function reviewDiff(folder: string, { reviews }: IterationRecord): Promise<Diff> {
  const last = reviews.findLast(({ diff }) => diff !== undefined);
  const text = last?.diff === undefined ? undefined : await textOf(folder, last.diff);
  return last === undefined || text === undefined
    ? undefined
    : { title: `what changed before review round ${String(last.round)}`, text };
}

/** The first part of a file beside the reviews: nothing that a log names is read elsewhere. */
async function textOf(folder: string, path: string): Promise<string | undefined> {
  const text = await readFile(join(folder, runFiles.reviews, basename(path)), 'utf8').catch(() => undefined);
  return text?.slice(0, mostBytes);
}
