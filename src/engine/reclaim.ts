import { openLandings } from '../git/landing/landings.ts';
import { awaitOrphanedLandings } from '../git/landing/orphans.ts';
import type { SwarmContext } from './context.ts';
import { tell } from './context.ts';
import { landedBy } from './reconcile/tasks.ts';

/**
 * Gives a function that puts back the tasks of runs which have given no sign of life for a lease; true when some came back.
 * It looks at most once in the time of a lease, however often it is asked.
 */
export function openReclaim(context: SwarmContext): () => Promise<boolean> {
  const { queue, objects, repository } = context;
  const landings = openLandings(repository, objects);
  // The start of the run has just looked.
  let lookedAt = context.clock();
  return async () => {
    if (context.clock() - lookedAt < context.config.limits.lease) return false;
    lookedAt = context.clock();
    await awaitOrphanedLandings();
    const recovered = await queue.recover(landedBy(landings));
    const changed = recovered.flatMap(({ id, kind }) =>
      kind === 'completed' || kind === 'released' ? [{ task: id, how: kind }] : [],
    );
    for (const each of changed) tell(context, { type: 'task:recovered', ...each });
    return changed.length > 0;
  };
}
