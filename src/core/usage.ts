/** Tokens and money of one turn or a sum of turns. Zero where a CLI reports nothing. */
export interface Usage {
  /** Input tokens, cached ones included. */
  readonly input: number;
  /** How many of `input` came from the provider's cache; missing where that is not known, or none did. */
  readonly cached?: number;
  readonly output: number;
  /** US dollars; undefined when no CLI reported a cost. */
  readonly costUsd?: number;
}

/** Nothing used. */
export const noUsage: Usage = { input: 0, output: 0 };

/** Figures as they were read or counted, without those that say nothing. */
export function usageFrom(figures: {
  readonly input: number;
  readonly cached: number | undefined;
  readonly output: number;
  readonly costUsd: number | undefined;
}): Usage {
  const { input, cached = 0, output, costUsd } = figures;
  return { input, ...(cached > 0 ? { cached } : {}), output, ...(costUsd === undefined ? {} : { costUsd }) };
}

/** The sum; a cost is known when one side knows it. */
export function addUsage(a: Usage, b: Usage): Usage {
  return usageFrom({
    input: a.input + b.input,
    cached: (a.cached ?? 0) + (b.cached ?? 0),
    output: a.output + b.output,
    costUsd: a.costUsd === undefined && b.costUsd === undefined ? undefined : (a.costUsd ?? 0) + (b.costUsd ?? 0),
  });
}

/** `later` minus `earlier`, never below zero: for CLIs that report a session's running total. */
export function subtractUsage(later: Usage, earlier: Usage): Usage {
  return usageFrom({
    input: Math.max(0, later.input - earlier.input),
    cached: Math.max(0, (later.cached ?? 0) - (earlier.cached ?? 0)),
    output: Math.max(0, later.output - earlier.output),
    costUsd: later.costUsd === undefined ? undefined : Math.max(0, later.costUsd - (earlier.costUsd ?? 0)),
  });
}
