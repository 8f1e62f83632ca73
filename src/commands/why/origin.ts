import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isOnMain, oidOf } from '../../git/ancestry.ts';
import { git } from '../../git/git.ts';
import type { Repository } from '../../git/repository.ts';
import { originOf as originOfRescue, rescueRoot } from '../../git/rescue/rescues.ts';
import { eventOf } from '../../runs/read-events.ts';
import { listRuns } from '../../runs/read-runs.ts';
import { runFiles } from '../../runs/run-folder.ts';
import type { Landing } from '../../ui/why.ts';

/** Whose work a commit is. */
export type Origin =
  | { readonly kind: 'unknown-commit' }
  /** The beginning of several commits' names. */
  | { readonly kind: 'ambiguous' }
  /** No landing, rescue ref, branch or run log of oompa's speaks of it. */
  | { readonly kind: 'not-ours'; readonly commit: string }
  /** On main: a landing, or what one brought there. */
  | { readonly kind: 'landed'; readonly commit: string; readonly landing: Landing }
  /** Not on main. `kept`: the ref that leads to it, where there is one. */
  | {
      readonly kind: 'aside';
      readonly commit: string;
      readonly kept: string | undefined;
      readonly run: string;
      readonly worker: string;
      readonly iteration: number;
    };

/** Finds whose work a commit is, by main's own history first: anybody can write a trailer into a commit, but only oompa lands. */
export async function originOf(repository: Repository, revision: string): Promise<Origin> {
  const commit = revision.startsWith('-') ? undefined : await oidOf(repository.root, `${revision}^{commit}`);
  if (commit === undefined)
    return { kind: (await beginsSeveral(repository.root, revision)) ? 'ambiguous' : 'unknown-commit' };
  if (await isOnMain(repository, commit)) {
    const landing = await landingIn(repository.root, await broughtBy(repository, commit));
    return landing === undefined ? { kind: 'not-ours', commit } : { kind: 'landed', commit, landing };
  }
  return (
    (await refOf(repository.root, commit)) ?? (await loggedIn(repository.root, commit)) ?? { kind: 'not-ours', commit }
  );
}

async function beginsSeveral(root: string, revision: string): Promise<boolean> {
  if (!/^[0-9a-f]{4,}$/i.test(revision)) return false;
  return (await git(root, ['rev-parse', '--verify', `${revision}^{commit}`])).stderr.includes('is ambiguous');
}

/** The commit of main's own line with which a commit came to main; itself where it stands on that line. */
async function broughtBy({ root, branch }: Repository, commit: string): Promise<string> {
  const since = `${commit}..refs/heads/${branch}`;
  const [line, after] = await Promise.all([
    git(root, ['rev-list', '--first-parent', '--parents', since]),
    git(root, ['rev-list', '--ancestry-path', since]),
  ]);
  const descendants = new Set(after.stdout.split('\n'));
  const [oldest, parent] = line.stdout
    .split('\n')
    .map((each) => each.split(' '))
    .findLast(([each = '']) => each !== '' && descendants.has(each)) ?? [commit, commit];
  return parent === commit ? commit : (oldest ?? commit);
}

async function landingIn(root: string, commit: string): Promise<Landing | undefined> {
  const trailers = ['Task', 'Run', 'Claim', 'Review', 'Verify'].map(
    (name) => `%(trailers:key=Oompa-${name},valueonly,separator=%x20)`,
  );
  const shown = await git(root, ['log', '-1', `--format=${['%s', '%cI', ...trailers].join('%x00')}`, commit]);
  const [title = '', at = '', task = '', run = '', claim = '', review = '', verify = ''] = shown.stdout
    .split('\0')
    .map((part) => part.trim());
  return task === '' || run === '' ? undefined : { commit, title, at, task, run, claim, review, verify };
}

/** Work in progress has a branch, work that ended without landing a rescue ref; both name their iteration. */
async function refOf(root: string, commit: string): Promise<Origin | undefined> {
  const order = ['for-each-ref', '--sort=committerdate', '--format=%(refname)', `--contains=${commit}`];
  const { stdout } = await git(root, [...order, rescueRoot, branchRoot]);
  for (const kept of stdout.split('\n')) {
    const from = kept.startsWith(rescueRoot) ? originOfRescue(kept) : branchOrigin(kept);
    if (from.run !== '') return { kind: 'aside', commit, kept, ...pick(from) };
  }
  return undefined;
}

const branchRoot = 'refs/heads/oompa/';

function branchOrigin(ref: string): { run: string; worker: string; iteration: number } {
  const [, run = '', worker = '', iteration = ''] = /^refs\/heads\/oompa\/([^/]+)\/(.+)-i(\d+)$/.exec(ref) ?? [];
  return { run, worker, iteration: Number(iteration) };
}

function pick({ run, worker, iteration }: { run: string; worker: string; iteration: number }) {
  return { run, worker, iteration };
}

/** A commit that was squashed, or amended by its agent: no ref leads to it, but the log of its run names it. */
async function loggedIn(root: string, commit: string): Promise<Origin | undefined> {
  for (const { id, folder } of await listRuns(root)) {
    const text = await readFile(join(folder, runFiles.events), 'utf8').catch(() => '');
    if (!text.includes(commit)) continue;
    for (const line of text.split('\n').filter((each) => each.includes(commit))) {
      const event = eventOf(line);
      if (event === undefined || !('iteration' in event) || event.task === '') continue;
      return { kind: 'aside', commit, kept: undefined, run: id, worker: event.worker, iteration: event.iteration };
    }
  }
  return undefined;
}
