import { rescueRoot } from '../../git/rescue/rescues.ts';
import type { Rescue } from '../../git/rescue/rescues.ts';
import { nearest } from '../../core/nearest.ts';
import type { Io } from '../io.ts';

/** What a name on the command line may mean. */
type FoundRescue =
  | { readonly kind: 'found'; readonly rescue: Rescue; /** Earlier ones of its task. */ readonly older: number }
  | { readonly kind: 'ambiguous'; readonly candidates: readonly Rescue[] }
  | { readonly kind: 'unknown' };

/**
 * Finds a rescue by its ref, its task (then the newest is meant), the beginning of its commit, or any part of its ref that no
 * other has. `rescues`: oldest first.
 */
function findRescue(name: string, rescues: readonly Rescue[]): FoundRescue {
  const found = (rescue: Rescue): FoundRescue => {
    const same = rescues.filter(({ task }) => task === rescue.task);
    return { kind: 'found', rescue, older: same.indexOf(rescue) };
  };
  const exact = rescues.find(({ ref }) => ref === name || ref === `${rescueRoot}${name}`);
  if (exact !== undefined) return found(exact);
  const newest = rescues.filter(({ task }) => task === name).at(-1);
  if (newest !== undefined) return found(newest);
  const isCommit = /^[0-9a-f]{4,64}$/.test(name);
  const fit = rescues.filter(
    ({ ref, commit }) => shortRef(ref).includes(name) || (isCommit && commit.startsWith(name)),
  );
  const [only] = fit;
  if (only === undefined || name === '') return { kind: 'unknown' };
  return fit.length === 1 ? found(only) : { kind: 'ambiguous', candidates: fit };
}

/** The rescue that is meant; undefined after saying on stderr which ones could be. */
export function theRescue(
  name: string,
  rescues: readonly Rescue[],
  io: Io,
): Extract<FoundRescue, { kind: 'found' }> | undefined {
  const found = findRescue(name, rescues);
  switch (found.kind) {
    case 'found':
      return found;
    case 'ambiguous': {
      const names = found.candidates
        .slice(-mostCandidates)
        .map(({ ref, commit }) => `\n  ${commit.slice(0, 7)}  ${shortRef(ref)}`);
      const more = found.candidates.length > mostCandidates ? '\n  …' : '';
      io.stderr(
        `Several rescue refs fit ${name}; name one by its commit:${names.reverse().join('')}${more}\nSee all with: oompa rescue list\n`,
      );
      return undefined;
    }
    case 'unknown': {
      const meant = nearest(name, [...new Set(rescues.map(({ task }) => task))]);
      const guess = meant === undefined ? '.' : `; did you mean \`${meant}\`?`;
      io.stderr(
        rescues.length === 0
          ? 'No work had to be rescued so far. See what is going on: oompa status\n'
          : `No rescue ref fits ${name}${guess} See all with: oompa rescue list\n`,
      );
      return undefined;
    }
  }
}

/** A rescue ref without what all of them begin with: `<task>/<run>-<worker>-i<k>`. */
function shortRef(ref: string): string {
  return ref.slice(rescueRoot.length);
}

const mostCandidates = 10;
