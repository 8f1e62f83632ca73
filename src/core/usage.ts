/** Tokens and money of one turn or a sum of turns. Zero where a CLI reports nothing. */
export interface Usage {
  /** Input tokens, cached ones included. */
  readonly input: number;
  readonly output: number;
  /** US dollars; undefined when no CLI reported a cost. */
  readonly costUsd?: number;
}

/** Nothing used. */
export const noUsage: Usage = { input: 0, output: 0 };

/** The sum; a cost is known when one side knows it. */
export function addUsage(a: Usage, b: Usage): Usage {
  const tokens = { input: a.input + b.input, output: a.output + b.output };
  if (a.costUsd === undefined && b.costUsd === undefined) return tokens;
  return { ...tokens, costUsd: (a.costUsd ?? 0) + (b.costUsd ?? 0) };
}

/** `later` minus `earlier`, never below zero: for CLIs that report a session's running total. */
export function subtractUsage(later: Usage, earlier: Usage): Usage {
  const tokens = {
    input: Math.max(0, later.input - earlier.input),
    output: Math.max(0, later.output - earlier.output),
  };
  if (later.costUsd === undefined) return tokens;
  return { ...tokens, costUsd: Math.max(0, later.costUsd - (earlier.costUsd ?? 0)) };
}
