/**
 * The one of `known` that `word` was probably meant to be, or undefined when none is close.
 * Case, `-`, `_` and spaces do not count; of equally close ones the first wins.
 */
export function nearest(word: string, known: readonly string[]): string | undefined {
  const meant = letters(word);
  if (meant === '' || meant.length > longest) return undefined;
  let best: string | undefined;
  let bestDistance = Infinity;
  for (const candidate of known) {
    const target = letters(candidate);
    const allowed = Math.floor(Math.max(meant.length, target.length) / 3);
    if (Math.abs(meant.length - target.length) > allowed) continue;
    const distance = editDistance(meant, target);
    if (distance <= allowed && distance < bestDistance) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best;
}

/** Insertions, deletions, replacements and swaps of neighbours that turn `a` into `b`. */
export function editDistance(a: string, b: string): number {
  let beforePrevious: number[] = [];
  let previous = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const current = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1];
      const replaced = at(previous, j - 1) + (same ? 0 : 1);
      const swapped =
        i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1] ? at(beforePrevious, j - 2) + 1 : Infinity;
      current.push(Math.min(at(previous, j) + 1, at(current, j - 1) + 1, replaced, swapped));
    }
    beforePrevious = previous;
    previous = current;
  }
  return at(previous, b.length);
}

/** Nobody mistypes a word longer than this; it bounds the work. */
const longest = 100;

function letters(word: string): string {
  return word.toLowerCase().replace(/[-_\s]/g, '');
}

function at(row: readonly number[], index: number): number {
  return row[index] ?? Infinity;
}
