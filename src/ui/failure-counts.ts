import type { FailureRow } from '../core/failure-table.ts';
import { failureCounts, lost } from '../core/failure-table.ts';
import type { RunState } from '../core/run-state.ts';
import type { TaskRow } from '../core/run-tables.ts';
import { remedyWords } from './deeds.ts';
import { failureMessage } from './phrases.ts';
import type { TroubleView } from './run-troubles.ts';
import { requeueCommands } from './run-troubles.ts';
import { displayWidth, left, right, someOf, wrapped } from './text.ts';

/**
 * The failed turns of a run by kind, what made them good, and how to try again what they cost. `said`: the lines above on
 * the same screen; what stands there is not said again.
 */
export function failureLines(
  state: RunState,
  rows: readonly TaskRow[],
  { said, ...view }: TroubleView & { readonly said: readonly string[] },
): string[] {
  // Long ones are broken into lines there.
  const above = said.join(' ').replaceAll(/\s+/g, ' ');
  const failures = failureCounts(state);
  const again = view.life === 'live' ? [] : nextTry(rows, said);
  return [
    ...(failures.length === 0 ? [] : [view.paint('dim', '  failures')]),
    ...table(failures, view, above),
    ...again,
    ...(failures.length === 0 ? [] : [`  transcripts: ${view.folder}/turns/`]),
  ];
}

/** The command that tries once more what failed; nothing where it stands above, or nothing has to be. */
function nextTry(rows: readonly TaskRow[], said: readonly string[]): string[] {
  const failed = rows.filter(({ standing }) => standing === 'failed');
  if (failed.length > 0) {
    const [command] = requeueCommands(failed);
    if (command === undefined) return ['  try all failed tasks again: oompa tasks requeue --failed'];
    return said.some((line) => line.trim().split(' · ').includes(command))
      ? []
      : [`  try only those again: ${command}`];
  }
  const wentBack = rows.some(({ standing }) => standing === 'back');
  const isSaid = said.some((line) => line.includes('oompa swarm'));
  return wentBack && !isSaid ? ['  what went back is pending again; try it with: oompa swarm'] : [];
}

/** Kind, how many turns of whom, and what came of them; that has lines of its own where there is no room beside. */
function table(failures: readonly FailureRow[], { columns, paint }: TroubleView, above: string): string[] {
  const counts = widest(failures.map(({ turns }) => String(turns)));
  const kinds = widest(failures.map(({ kind }) => kind));
  const heads = failures.map(({ kind, turns, agents }) => {
    const of = `${turns === 1 ? 'turn' : 'turns'} of ${someOf(agents, 1)}`;
    return `  ${left(kind, kinds)}  ${right(String(turns), counts)} ${of}`;
  });
  const beside = widest(heads) + 2;
  return failures.flatMap((row, index) => {
    const head = heads[index] ?? '';
    const painted = paint(lost(row) === 0 ? 'dim' : 'yellow', head);
    const notes = notesOf(row, above);
    if (notes === '') return [painted];
    if (beside + displayWidth(notes) <= columns)
      return [`${painted}${' '.repeat(beside - displayWidth(head))}${notes}`];
    return [painted, ...wrapped(notes, columns - kinds - 4).map((line) => ' '.repeat(kinds + 4) + line)];
  });
}

/** `12 got over by waiting; use fewer workers, or …`. */
function notesOf(row: FailureRow, above: string): string {
  const { kind, turns, again, fallback } = row;
  const parts = [...(again === 0 ? [] : [`by ${remedyWords(kind)}`]), ...(fallback === 0 ? [] : ['by a fallback'])];
  const gotOver = again + fallback;
  const count = gotOver < turns ? `${String(gotOver)} ` : turns === 1 ? '' : 'all ';
  const made = parts.length === 0 ? [] : [`${count}got over ${parts.join(', ')}`];
  const { remedy } = failureMessage(kind, { harness: 'the agent' });
  const isKnown = gotOver === turns || above.includes(remedy);
  return [...made, ...(isKnown ? [] : [remedy])].join('; ');
}

function widest(texts: readonly string[]): number {
  return Math.max(0, ...texts.map(displayWidth));
}
