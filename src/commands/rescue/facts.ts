import { originOf, rescueChanges } from '../../git/rescue/rescues.ts';
import type { Rescue } from '../../git/rescue/rescues.ts';
import type { Repository } from '../../git/repository.ts';
import type { ListedRescue } from '../../ui/rescue-list.ts';
import { neededRescues } from './needed.ts';

/** Everything that is known of some rescues, in their order. */
export async function listedRescues(repository: Repository, rescues: readonly Rescue[]): Promise<ListedRescue[]> {
  const changes = await rescueChanges(repository, rescues);
  const needed = await neededRescues(repository.root, rescues);
  return rescues.map((rescue, index) => {
    const { kind, run, worker, iteration } = originOf(rescue.ref);
    const { base, files = 0, added = 0, deleted = 0, main = 'lacks' } = changes[index] ?? {};
    const needed_by = needed.get(rescue.ref) ?? null;
    return {
      ...rescue,
      origin: kind,
      run,
      worker,
      iteration,
      base: base ?? null,
      files,
      added,
      deleted,
      main,
      needed_by,
    };
  });
}
