/** The middle of the values, the mean of the two middle ones for an even count; NaN when there are none. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}

/**
 * Milliseconds a task in the steady part of a run: from the completion number `warmUp` (from 1) to the last one. `stamps` are
 * milliseconds, in any order; NaN when nothing completed after the warm-up.
 */
export function steadyMs(stamps: readonly number[], warmUp: number): number {
  const sorted = [...stamps].sort((a, b) => a - b);
  const first = sorted[warmUp - 1];
  const last = sorted.at(-1);
  const tasks = sorted.length - warmUp;
  return first === undefined || last === undefined || tasks < 1 ? Number.NaN : (last - first) / tasks;
}

/** The median over rounds of `of / to`: rounds are compared with themselves, because the machine's mood changes between them. */
export function ratio(of: readonly number[], to: readonly number[]): number {
  return median(of.map((value, round) => value / (to[round] ?? Number.NaN)));
}

/** The smallest and the largest `of / to` of any round. */
export function ratioSpread(
  of: readonly number[],
  to: readonly number[],
): { readonly min: number; readonly max: number } {
  const ratios = of.map((value, round) => value / (to[round] ?? Number.NaN));
  return { min: Math.min(...ratios), max: Math.max(...ratios) };
}
