import { git } from '../git.ts';
import { absent } from '../refs.ts';
import type { Refs } from '../refs.ts';
import type { Repository } from '../repository.ts';
import type { Rescue } from './rescues.ts';

/** What restoring gave. `there`: an earlier restoring had made the branch. `detail`: the cause. */
export type Restored =
  | {
      readonly kind: 'made' | 'there';
      readonly branch: string;
      /** The work has merges in it. */ readonly merges: boolean;
    }
  | { readonly kind: 'refused'; readonly detail: string };

/** Makes a branch at rescued work. Without a wish it is `rescue/<task>`, or the next free name like it; no branch is moved. */
export async function restoreBranch(
  { root, branch: main }: Repository,
  { task, commit }: Pick<Rescue, 'task' | 'commit'>,
  { branch, refs }: { readonly branch?: string; readonly refs: Refs },
): Promise<Restored> {
  const problem = branch === undefined ? undefined : await badName(root, branch);
  if (problem !== undefined) return { kind: 'refused', detail: problem };
  const merged = await git(root, ['rev-list', '--merges', '--max-count=1', commit, '--not', `refs/heads/${main}`]);
  const merges = merged.stdout.trim() !== '';
  const { stdout } = await git(root, ['for-each-ref', '--format=%(refname:lstrip=2) %(objectname)', 'refs/heads/']);
  const known = new Map(stdout.split('\n').map((line) => line.split(' ') as [string, string]));
  const name = branch ?? freeName(task, commit, known);
  if (branch === undefined && known.has(name)) return { kind: 'there', branch: name, merges };
  if (known.has(name)) return { kind: 'refused', detail: `there is a branch ${name} already` };
  const made = await refs.transaction([{ ref: `refs/heads/${name}`, to: commit, from: absent }]);
  if (made.kind === 'done') return { kind: 'made', branch: name, merges };
  return { kind: 'refused', detail: made.detail };
}

/** A branch `rescue` would be in the way of all names below it, and `rescue/x/y` of `rescue/x`. */
function freeName(task: string, commit: string, known: ReadonlyMap<string, string>): string {
  const wish = known.has('rescue') ? `rescue-${task}` : `rescue/${task}`;
  for (let n = 1; ; n += 1) {
    const name = n === 1 ? wish : `${wish}-${String(n)}`;
    const isFree = !known.has(name) && ![...known.keys()].some((each) => each.startsWith(`${name}/`));
    if (isFree || known.get(name) === commit) return name;
  }
}

async function badName(root: string, branch: string): Promise<string | undefined> {
  if (branch.startsWith('oompa/')) return 'branches below oompa/ are cleaned up';
  const checked = await git(root, ['check-ref-format', '--branch', branch]);
  const isName = checked.code === 0 && checked.stdout.trim() === branch;
  return isName ? undefined : `"${branch}" is no name for a branch`;
}
