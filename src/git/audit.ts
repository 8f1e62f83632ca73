import { sep } from 'node:path';
import type { GitFacts, MainCommit, MainHistory } from '../core/audit/facts.ts';
import { headOf, linkedWorktrees } from './admin.ts';
import { firstError, git } from './git.ts';
import type { GitResult } from './git.ts';
import type { Repository } from './repository.ts';

/** What an audit wants to know of git. */
export interface SurveyOrder {
  /** The branches that work has landed on, each with main's tip at the start of its runs, the oldest first. */
  readonly mains: readonly { readonly branch: string; readonly bases: readonly string[] }[];
  /** Every commit that has to be looked for. */
  readonly commits: readonly string[];
}

/** All but the comparison of squashes, which needs this first. */
export type Survey = Omit<GitFacts, 'squashed'>;

/** Looks at refs, history and objects: six git processes and one more for each branch, however many commits are asked for. */
export async function surveyGit(repository: Repository, order: SurveyOrder): Promise<Survey> {
  const { root } = repository;
  const troubles: string[] = [];
  const run = trying(root, troubles);
  const refs = refsIn(await run('the refs could not be read', ['for-each-ref', '--format=%(objectname) %(refname)']));
  const heads = await detachedHeads(repository);
  const bases = order.mains.flatMap((main) => main.bases);
  // Some come from files that anybody can edit.
  const asked = [...new Set([...order.commits, ...bases])].filter((oid) => /^[0-9a-f]{40,64}$/.test(oid));
  const types = await typesOf(run, [...new Set([...asked, ...heads, ...refs.map(({ oid }) => oid)])]);
  const isCommit = (oid: string) => types.get(oid) === 'commit';

  const mains: MainHistory[] = [];
  for (const { branch, bases: since } of order.mains) {
    const tip = refs.find(({ ref }) => ref === `refs/heads/${branch}`)?.oid;
    mains.push(await historyOf(run, { branch, tip, since: since.find(isCommit) }));
  }
  const tips = mains.flatMap(({ tip }) => (tip === undefined ? [] : [tip]));
  const own = refs.filter(({ ref }) => isOwn(ref));
  const commits = order.commits.filter(isCommit);
  const starts = [...commits, ...own.map(({ oid }) => oid).filter(isCommit)];
  const offMain = await graphOf(run, starts, tips);
  const others = refs.filter(({ ref, oid }) => !isOwn(ref) && ['commit', 'tag'].includes(types.get(oid) ?? ''));
  const named = [...tips, ...others.map(({ oid }) => oid), ...heads.filter(isCommit)];
  return {
    present: new Set(commits),
    mains,
    offMain,
    elsewhere: await leadTo(
      run,
      commits.filter((commit) => offMain?.has(commit)),
      named,
    ),
    refs: own,
    missing: await missingObjects(root, troubles),
    troubles,
  };
}

/**
 * Which of these tips has landed as which commit: merging it with the landing's parent gives the landing's very tree. One process
 * for all of them (`merge-tree --stdin`, since git 2.39).
 */
export async function compareSquashes(
  root: string,
  pairs: readonly { readonly tip: string; readonly landing: string }[],
): Promise<{ readonly squashed: ReadonlyMap<string, string>; readonly trouble?: string }> {
  if (pairs.length === 0) return { squashed: new Map() };
  const trees = await git(root, ['cat-file', '--batch-check=%(objectname)'], {
    stdin: pairs.map(({ landing }) => `${landing}^{tree}\n`).join(''),
  });
  const expected = trees.stdout.split('\n');
  const merged = await git(root, ['merge-tree', '--write-tree', '--stdin', '--name-only', '--no-messages'], {
    stdin: pairs.map(({ tip, landing }) => `${landing}^1 ${tip}\n`).join(''),
  });
  const failed = [trees, merged].find(({ code }) => code !== 0);
  if (failed !== undefined) {
    return { squashed: new Map(), trouble: `squashed work could not be compared: ${firstError(failed)}` };
  }
  const results = mergeResults(merged.stdout);
  const same = pairs.filter((_, n) => results[n] !== undefined && results[n] === expected[n]);
  return { squashed: new Map(same.map(({ tip, landing }) => [tip, landing])) };
}

/** Runs git; undefined and one line in `troubles` when it fails. */
type Run = (trouble: string, args: readonly string[], lines?: readonly string[]) => Promise<string | undefined>;

function trying(root: string, troubles: string[]): Run {
  return async (trouble, args, lines) => {
    const stdin = lines === undefined ? {} : { stdin: lines.map((line) => `${line}\n`).join('') };
    const result = await git(root, args, { ...stdin, maxBuffer: 1024 ** 3 });
    if (result.code === 0) return result.stdout;
    troubles.push(`${trouble}: ${firstError(result)}`);
    return undefined;
  };
}

function linesOf(text: string | undefined): string[] {
  return (text ?? '').split('\n').filter((line) => line !== '');
}

function refsIn(text: string | undefined): { ref: string; oid: string }[] {
  return linesOf(text).map((line) => {
    const space = line.indexOf(' ');
    return { oid: line.slice(0, space), ref: line.slice(space + 1) };
  });
}

function isOwn(ref: string): boolean {
  return ref.startsWith('refs/oompa/') || ref.startsWith('refs/heads/oompa/');
}

/** What the user's work trees are on without any branch. Those of oompa's own are moved on as soon as they are needed. */
async function detachedHeads({ commonDir }: Repository): Promise<string[]> {
  const linked = await linkedWorktrees(commonDir);
  const users = linked.filter(({ checkout }) => !checkout.includes(`${sep}.oompa${sep}worktrees${sep}`));
  const admins = [commonDir, ...users.map(({ admin }) => admin)];
  const heads = await Promise.all(admins.map(headOf));
  return heads.flatMap((head) => (head.kind === 'detached' ? [head.oid] : []));
}

/** The type of each object that is there. */
async function typesOf(run: Run, oids: readonly string[]): Promise<Map<string, string>> {
  const args = ['cat-file', '--batch-check=%(objectname) %(objecttype)'];
  const listed = await run('objects could not be looked up', args, oids);
  const pairs = linesOf(listed).map((line) => line.split(' '));
  return new Map(pairs.flatMap(([oid = '', type = '']) => (type === 'missing' ? [] : [[oid, type] as const])));
}

/** Side branches too: they hold the landings of whoever has merged main into something else first. */
async function historyOf(run: Run, main: Omit<MainHistory, 'commits'>): Promise<MainHistory> {
  const { branch, tip, since } = main;
  if (tip === undefined) return { ...main, commits: [] };
  const trailers = ['Oompa-Task', 'Oompa-Claim', 'Oompa-Run'].map(
    (key) => `%(trailers:key=${key},valueonly,separator=%x20)`,
  );
  const args = ['rev-list', '--no-commit-header', `--format=%H%x00%P%x00${trailers.join('%x00')}`, '--stdin'];
  const listed = await run(`the history of ${branch} could not be read`, args, [
    tip,
    ...(since === undefined ? [] : [`^${since}`]),
  ]);
  return { ...main, commits: linesOf(listed).map(commitIn) };
}

function commitIn(line: string): MainCommit {
  const [commit = '', parents = '', ...trailers] = line.split('\0');
  const [task, claim, run] = trailers.map((value) => (value === '' ? undefined : value));
  return {
    commit,
    parents: parents.split(' ').filter((parent) => parent !== ''),
    ...(task === undefined ? {} : { task }),
    ...(claim === undefined ? {} : { claim }),
    ...(run === undefined ? {} : { run }),
  };
}

/** Parents by commit, from the starts down to where the branches have it all; undefined when git can't walk there. */
async function graphOf(run: Run, starts: readonly string[], tips: readonly string[]) {
  const lines = [...starts, ...tips.map((tip) => `^${tip}`)];
  if (starts.length === 0) return new Map<string, readonly string[]>();
  const listed = await run('the history of the work could not be read', ['rev-list', '--parents', '--stdin'], lines);
  if (listed === undefined) return undefined;
  return new Map(
    linesOf(listed).map((line) => {
      const [commit = '', ...parents] = line.split(' ');
      return [commit, parents] as const;
    }),
  );
}

/** Those of the commits that one of the named ones leads to. */
async function leadTo(run: Run, commits: readonly string[], named: readonly string[]): Promise<ReadonlySet<string>> {
  if (commits.length === 0) return new Set();
  const lines = [...commits, ...named.map((oid) => `^${oid}`)];
  const listed = await run('the other refs could not be followed', ['rev-list', '--stdin'], lines);
  if (listed === undefined) return new Set();
  const rest = new Set(linesOf(listed));
  return new Set(commits.filter((commit) => !rest.has(commit)));
}

/** What refs lead to and is not there. Reflogs are left out: what only they name has been given up. */
async function missingObjects(root: string, troubles: string[]): Promise<string[]> {
  const checked = await git(root, ['fsck', '--connectivity-only', '--no-dangling', '--no-progress', '--no-reflogs']);
  const missing = linesOf(checked.stdout).flatMap((line) => /^missing (.+)$/.exec(line)?.[1] ?? []);
  const pointers = linesOf(checked.stderr).flatMap((line) => {
    const [, ref, oid] = /^error: (\S+): invalid sha1 pointer ([0-9a-f]+)$/.exec(line) ?? [];
    return ref === undefined || oid === undefined ? [] : [`${oid} of ${ref}`];
  });
  if (checked.code !== 0 && missing.length + pointers.length === 0) troubles.push(`git fsck: ${firstError(checked)}`);
  return [...missing, ...pointers];
}

/** The trees of clean merges, in order; undefined for those in conflict. Seen with git 2.39: status, tree and paths, each ended by NUL. */
function mergeResults(output: GitResult['stdout']): (string | undefined)[] {
  const parts = output.split('\0');
  const results: (string | undefined)[] = [];
  for (let at = 0; at + 1 < parts.length; at += 1) {
    results.push(parts[at] === '1' ? parts[at + 1] : undefined);
    at += 2;
    while (at < parts.length && parts[at] !== '') at += 1;
  }
  return results;
}
