import { listAside, removeAside } from '../../git/rescue/aside.ts';
import type { Aside } from '../../git/rescue/aside.ts';
import type { CleanupItem } from '../../ui/cleanup.ts';
import { spokenAge } from './age.ts';
import type { CleanupContext } from './context.ts';

/** Removes what lies aside in `.oompa`; what may be somebody's only copy stays without `--force` and `--older-than`. */
export async function cleanAside(context: CleanupContext): Promise<CleanupItem[]> {
  const { pool, dryRun } = context;
  const items: CleanupItem[] = [];
  for (const aside of await listAside(pool)) {
    if (aside.kind === 'worktree') continue;
    const verdict = verdictOn(context, aside);
    const item = { kind: 'aside', name: aside.name, why: verdict.why } as const;
    const problem = verdict.goes && !dryRun ? await removeAside(pool, aside) : undefined;
    if (problem !== undefined) {
      items.push({ ...item, action: 'failed', why: `${problem}; remove it by hand: rm -rf '${aside.path}'` });
    } else items.push({ ...item, action: verdict.goes ? 'freed' : 'kept' });
  }
  return items;
}

function verdictOn({ force, olderThanMs, io }: CleanupContext, aside: Aside): { goes: boolean; why: string } {
  if (aside.isEmpty) return { goes: true, why: 'it points to another repository and holds nothing' };
  if (aside.kind === 'stuck') return { goes: true, why: 'what was in it was kept before' };
  const ageMs = io.now().getTime() - aside.modified.getTime();
  const what =
    aside.kind === 'git-data' ? "an agent's own repository" : 'files that were kept beside a rescue ref, which is gone';
  const why = `${spokenAge(ageMs)} old, ${what}`;
  if (force && olderThanMs !== undefined && ageMs >= olderThanMs) return { goes: true, why };
  return { goes: false, why: `${why}; goes with --force --older-than AGE` };
}
