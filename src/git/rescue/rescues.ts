import { git } from '../git.ts';
import { mergedTree } from '../merged-tree.ts';
import { keptFileTrailer } from './kept-files.ts';
import type { Repository } from '../repository.ts';

/** Below which all rescue refs lie: `refs/oompa/rescue/<task>/<run>-<worker>-i<iteration>`. */
export const rescueRoot = 'refs/oompa/rescue/';

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

/** Tree, parents and kept files of each rescued commit, by ref: the same text means the same work. */
export async function contentsOfRescues(root: string): Promise<Map<string, string>> {
  return new Map((await rescuedWork(root)).map(({ ref, content }) => [ref, content]));
}

/** The rescue that keeps this very commit; or, when `made` (oompa made it of uncommitted work), one of the same work. */
export async function sameRescue(
  root: string,
  commit: string,
  made: boolean,
): Promise<{ readonly ref: string; readonly commit: string } | undefined> {
  const all = await rescuedWork(root);
  const exact = all.find((each) => each.commit === commit);
  if (exact !== undefined || !made || all.length === 0) return exact === undefined ? undefined : nameOf(exact);
  const format = `--format=%T %P %(trailers:key=${keptFileTrailer},valueonly,separator=%x2c)`;
  const content = (await git(root, ['log', '-1', format, commit])).stdout.replace(/\n$/, '');
  const same = all.find((each) => each.content === content);
  return same === undefined ? undefined : nameOf(same);
}

function nameOf({ ref, commit }: { readonly ref: string; readonly commit: string }) {
  return { ref, commit };
}

async function rescuedWork(root: string): Promise<{ ref: string; commit: string; content: string }[]> {
  const files = `%(contents:trailers:key=${keptFileTrailer},valueonly,separator=%x2c)`;
  const format = `--format=%(refname)%00%(objectname)%00%(tree) %(parent) ${files}`;
  const { stdout } = await git(root, ['for-each-ref', format, rescueRoot]);
  const lines = stdout.split('\n').filter((line) => line !== '');
  return lines.map((line) => {
    const [ref = '', commit = '', content = ''] = line.split('\0');
    return { ref, commit, content };
  });
}

/** The rescue refs of which main has every commit. */
export async function landedRescues({ root, branch }: Repository): Promise<Set<string>> {
  const format = '--format=%(refname)';
  const { stdout } = await git(root, ['for-each-ref', format, `--merged=refs/heads/${branch}`, rescueRoot]);
  return new Set(stdout.split('\n').filter((ref) => ref !== ''));
}

/** Where rescued work came from, as its ref tells; parts that it does not tell are empty. */
export interface Origin {
  /** `iteration`: kept when one ended · `found`: in a worktree, later · `left`: on a branch that an agent had left · `other`. */
  readonly kind: 'iteration' | 'found' | 'left' | 'other';
  readonly run: string;
  readonly worker: string;
  /** 0 when the ref does not tell. */
  readonly iteration: number;
}

/** Reads a rescue ref's name. */
export function originOf(ref: string): Origin {
  const [place = '', name = ''] = ref.slice(rescueRoot.length).split('/');
  const [, run, worker, iteration] = /(?:^|-)(\d{8}T\d{6}-[a-z0-9]+)-(.+?)-i(\d+)(?:[-.]|$)/.exec(name) ?? [];
  const kind = places[place] ?? (run === undefined ? 'other' : 'iteration');
  if (run === undefined || worker === undefined) return { kind, run: '', worker: '', iteration: 0 };
  return { kind, run, worker, iteration: Number(iteration) };
}

const places: Readonly<Record<string, Origin['kind']>> = {
  found: 'found',
  left: 'left',
  stash: 'other',
  main: 'other',
};

/** How a rescue differs from main. */
export interface RescueChange {
  /** The commit that it left main at; undefined when the two have nothing in common. */
  readonly base: string | undefined;
  readonly files: number;
  /** Lines. */
  readonly added: number;
  readonly deleted: number;
  /** `all`: main has its commits · `same`: merging it would change nothing · `lacks`: main lacks some of it. */
  readonly main: 'all' | 'same' | 'lacks';
}

/** How each of the rescues differs from main, in their order. Two git processes for each whose commits main lacks. */
export async function rescueChanges(repository: Repository, rescues: readonly Rescue[]): Promise<RescueChange[]> {
  const { root, branch } = repository;
  const landed = await landedRescues(repository);
  const main = `refs/heads/${branch}`;
  const mainTree = (await git(root, ['rev-parse', `${main}^{tree}`])).stdout.trim();
  const looked = await inTurn(rescues, async ({ ref, commit }) => {
    if (landed.has(ref)) return { base: commit, main: 'all' } as const;
    const [base, merged] = await Promise.all([git(root, ['merge-base', main, commit]), mergedTree(root, main, commit)]);
    const isSame = merged.kind === 'tree' && merged.tree === mainTree;
    const from = base.code === 0 ? base.stdout.split('\n')[0] : undefined;
    return { base: from, main: isSame ? 'same' : 'lacks' } as const;
  });
  const counts = await countsOf(
    root,
    looked.map(({ base }, index) => [rescues[index]?.commit ?? '', base]),
  );
  return looked.map((each, index) => ({ ...each, ...(counts[index] ?? nothing) }));
}

const nothing = { files: 0, added: 0, deleted: 0 };

/** `git diff-tree --stdin` takes `<commit> <its base>` and answers with the commit and, where there is one, a line (git 2.39). */
async function countsOf(root: string, pairs: readonly (readonly [string, string | undefined])[]) {
  const asked = pairs.map(([commit, base]) => (base === undefined ? undefined : `${commit} ${base}\n`));
  const stdin = asked.filter((line) => line !== undefined).join('');
  const { stdout } = await git(root, ['diff-tree', '--stdin', '-r', '--shortstat', '--no-renames'], { stdin });
  const lines = stdout.split('\n');
  let at = 0;
  return pairs.map(([commit, base]) => {
    if (base === undefined || lines[at] !== commit) return nothing;
    at += 1;
    const line = lines[at]?.startsWith(' ') === true ? (lines[at++] ?? '') : '';
    const number = (pattern: RegExp) => Number(pattern.exec(line)?.[1] ?? 0);
    return { files: number(/(\d+) files? /), added: number(/(\d+) insert/), deleted: number(/(\d+) delet/) };
  });
}

/** A few at a time: as many processes as rescue refs would be too many. */
async function inTurn<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const done: R[] = [];
  for (let at = 0; at < items.length; at += 4) done.push(...(await Promise.all(items.slice(at, at + 4).map(work))));
  return done;
}
