import { subtractUsage, usageFrom, type Usage } from '../core/usage.ts';
import type { Harness, Reading, Session } from './harness.ts';
import type { TurnEnding } from './turn.ts';

/** What this turn alone has used. Some CLIs report the running total of their session. */
export function usageOf({ usage }: Reading, cumulative: Harness['cumulative'], before: Session | undefined): Usage {
  if (before === undefined) return usage;
  const own = subtractUsage(usage, before.totals);
  const tokens = cumulative.tokens ? own : usage;
  const { costUsd } = cumulative.cost ? own : usage;
  return usageFrom({ input: tokens.input, cached: tokens.cached, output: tokens.output, costUsd });
}

/** The session to resume next, with the totals reported last; undefined when none was learnt, or it can't be resumed. */
export function sessionOf(
  { session, usage }: Reading,
  before: Session | undefined,
  ending: TurnEnding,
): Session | undefined {
  const lost =
    ending.kind === 'failed' && (ending.failure.kind === 'session-gone' || ending.failure.kind === 'session-in-use');
  const id = session ?? before?.id;
  if (lost || id === undefined) return undefined;
  return { id, totals: before === undefined ? usage : later(before.totals, usage) };
}

/** A turn that was ended early has reported nothing: the older totals still stand. */
function later(before: Usage, now: Usage): Usage {
  const isPriced = before.costUsd !== undefined || now.costUsd !== undefined;
  return usageFrom({
    input: Math.max(before.input, now.input),
    cached: Math.max(before.cached ?? 0, now.cached ?? 0),
    output: Math.max(before.output, now.output),
    costUsd: isPriced ? Math.max(before.costUsd ?? 0, now.costUsd ?? 0) : undefined,
  });
}
