import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFileDurably } from '../../system/files.ts';
import { withLock } from '../../system/lock.ts';
import { textOf } from '../admin.ts';
import { git } from '../git.ts';
import type { Repository } from '../repository.ts';

/** Something that an agent did to main, as `.oompa/taken.json` remembers it. */
export interface Taken {
  /** `added`: the commit must not be on main. `removed`: it was main's tip, and must be in main's history. */
  readonly how: 'added' | 'removed';
  readonly commit: string;
  /** The worker; `unknown` when it can't be told. */
  readonly by: string;
  readonly run: string;
  /** ISO 8601, as `accepted`: when the user said that it may stay so. */
  readonly at: string;
  readonly accepted?: string;
}

/** Everything that agents did to main, oldest first; nothing when there is no such file, or it can't be read. */
export async function readTaken(root: string): Promise<readonly Taken[]> {
  try {
    const value: unknown = JSON.parse((await textOf(fileOf(root))) ?? '[]');
    return Array.isArray(value) ? value.filter(isTaken) : [];
  } catch {
    return [];
  }
}

/** Adds what is not yet there. Rejects with node's own error when the disk fails. */
export async function noteTaken(root: string, takings: readonly Taken[]): Promise<void> {
  await change(root, (known) => {
    const news = takings.filter((each) => !known.some((one) => isSame(one, each)));
    return news.length === 0 ? known : [...known, ...news];
  });
}

/** What accepting gave. */
export type Acceptance =
  | { readonly kind: 'accepted'; readonly taken: Taken }
  /** No agent did anything with a commit of that name. */
  | { readonly kind: 'unknown' }
  | { readonly kind: 'ambiguous'; readonly commits: readonly string[] };

/** The user has looked at what an agent did with `commit` (its oid, or at least 4 characters of its beginning), and it may stay. */
export async function acceptTaken(root: string, commit: string, now = new Date()): Promise<Acceptance> {
  let result: Acceptance = { kind: 'unknown' };
  await change(root, (known) => {
    const matches = known.filter((each) => commit.length >= 4 && each.commit.startsWith(commit.toLowerCase()));
    const commits = [...new Set(matches.map((each) => each.commit))];
    const [taken] = matches;
    if (taken === undefined) return known;
    if (commits.length > 1) {
      result = { kind: 'ambiguous', commits };
      return known;
    }
    const accepted = now.toISOString();
    result = { kind: 'accepted', taken: { ...taken, accepted } };
    return known.map((each) =>
      each.commit === taken.commit ? { ...each, accepted: each.accepted ?? accepted } : each,
    );
  });
  return result;
}

/**
 * What agents did to main that still holds and that the user has not accepted. `seen`: what the caller knows of, whatever has
 * become of the file. No process when nobody did anything.
 */
export async function unacceptedIn(
  { root, branch }: Repository,
  seen: readonly Taken[] = [],
): Promise<readonly Taken[]> {
  const known = await readTaken(root);
  const all = [...known, ...seen.filter((each) => !known.some((one) => isSame(one, each)))];
  const open = all.filter(({ accepted }) => accepted === undefined);
  if (open.length === 0) return [];
  // Work that was taken and has landed later, reviewed, comes in by a merge: it is not on the first-parent line.
  const line = await historyOf(root, branch, ['--first-parent']);
  const whole = open.some(({ how }) => how === 'removed') ? await historyOf(root, branch, []) : new Set<string>();
  return open.filter(({ how, commit }) => (how === 'added' ? line.has(commit) : !whole.has(commit)));
}

function fileOf(root: string): string {
  return join(root, '.oompa', 'taken.json');
}

async function change(root: string, edit: (known: readonly Taken[]) => readonly Taken[]): Promise<void> {
  await mkdir(join(root, '.oompa'), { recursive: true });
  await withLock(join(root, '.oompa', 'taken.lock'), async () => {
    const before = await readTaken(root);
    const after = edit(before);
    if (after !== before) await writeFileDurably(fileOf(root), `${JSON.stringify(after, undefined, 2)}\n`);
  });
}

function isSame(one: Taken, other: Taken): boolean {
  return one.commit === other.commit && one.how === other.how;
}

async function historyOf(root: string, branch: string, options: readonly string[]): Promise<ReadonlySet<string>> {
  const found = new Set<string>();
  let rest = '';
  const listed = await git(root, ['rev-list', ...options, `refs/heads/${branch}`], {
    onStdout: (chunk) => {
      const lines = (rest + chunk.toString('utf8')).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) found.add(line);
    },
  });
  return listed.code === 0 ? found : new Set();
}

function isTaken(value: unknown): value is Taken {
  if (typeof value !== 'object' || value === null) return false;
  const { how, commit, by, run, at } = value as Partial<Record<keyof Taken, unknown>>;
  const texts = [commit, by, run, at];
  return (how === 'added' || how === 'removed') && texts.every((text) => typeof text === 'string');
}
