import type { Identity, Repository } from '../repository.ts';
import { firstError, git } from '../git.ts';
import type { MergedTree } from '../merged-tree.ts';
import { mergedTree } from '../merged-tree.ts';
import type { ObjectReader } from '../object-reader.ts';

export { holdSignature, moveMain } from './move-main.ts';

/** Approved work that is to become one commit on main. */
export interface LandingOrder {
  /** Main's tip, read before anything else: the candidate's first parent. */
  readonly main: string;
  /** Tip of the approved work. */
  readonly head: string;
  /** The newest commit of main that the work holds, where it is known: if main is still there, nothing has to be merged. */
  readonly base?: string;
  /** `merge`: the work's own commits come along; `squash`: one commit that has only main as its parent. */
  readonly strategy: 'merge' | 'squash';
  /** Subject, and a body where there is one. */
  readonly message: string;
  readonly trailers: readonly (readonly [name: string, value: string])[];
  /** The user, as git knows them, when left out. */
  readonly author?: Identity;
  /** Saves a process. */
  readonly objects?: ObjectReader;
}

/** A commit that could be main's next one. No ref leads to it yet. */
export interface Candidate {
  readonly kind: 'candidate';
  readonly commit: string;
  readonly tree: string;
  /** Its first parent. */
  readonly main: string;
}

/** What building gave. */
export type BuiltCandidate =
  | Candidate
  | { readonly kind: 'conflict'; readonly paths: readonly string[] }
  /** Main has all of it already. */
  | { readonly kind: 'nothing' }
  | { readonly kind: 'failed'; readonly detail: string };

/** Merges work with main without any checkout, and makes the commit that would land. Main and the work stay as they are. */
export async function buildCandidate(repository: Repository, order: LandingOrder): Promise<BuiltCandidate> {
  const { main, head } = order;
  const merged =
    order.base === main ? await treeAsItIs(repository.root, order) : await mergedTree(repository.root, main, head);
  if (merged.kind === 'conflict') return { kind: 'conflict', paths: merged.paths };
  if (merged.kind === 'failed') return merged;
  const { tree } = merged;
  if (tree === (await treeOf(repository.root, main, order.objects))) return { kind: 'nothing' };
  const parents = order.strategy === 'merge' ? ['-p', main, '-p', head] : ['-p', main];
  // commit-tree does not look at commit.gpgSign.
  const sign = repository.sign ? ['-S'] : [];
  const committed = await git(repository.root, ['commit-tree', tree, ...parents, ...sign], {
    stdin: withTrailers(order.message, order.trailers),
    env: order.author === undefined ? {} : authorEnvironment(order.author),
  });
  if (committed.code !== 0) return { kind: 'failed', detail: firstError(committed) };
  return { kind: 'candidate', commit: committed.stdout.trim(), tree, main };
}

/** Main has not moved since the work took it in: merging would give the work's own tree. */
async function treeAsItIs(root: string, { head, objects }: LandingOrder): Promise<MergedTree> {
  const tree = await treeOf(root, head, objects);
  return tree === undefined ? { kind: 'failed', detail: `${head} is gone` } : { kind: 'tree', tree };
}

async function treeOf(root: string, commit: string, objects: ObjectReader | undefined): Promise<string | undefined> {
  if (objects !== undefined) return objects.treeOf(commit);
  return (await git(root, ['rev-parse', '-q', '--verify', `${commit}^{tree}`])).stdout.trim();
}

/** Trailers are the last paragraph of a message; a line break in a value would begin another one. */
function withTrailers(message: string, trailers: LandingOrder['trailers']): string {
  const lines = trailers.map(([name, value]) => `${name}: ${value.replace(/\s+/g, ' ').trim()}`);
  return `${message.trim()}\n\n${lines.join('\n')}\n`;
}

function authorEnvironment({ name, email }: Identity): Record<string, string> {
  return { GIT_AUTHOR_NAME: name, GIT_AUTHOR_EMAIL: email };
}
