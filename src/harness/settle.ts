import { subtractUsage, type Usage } from '../core/usage.ts';
import type { Harness, Reading, Session } from './harness.ts';
import type { TurnEnding } from './turn.ts';

/** What this turn alone has used. Some CLIs report the running total of their session. */
export function usageOf({ usage }: Reading, cumulative: Harness['cumulative'], before: Session | undefined): Usage {
  if (before === undefined) return usage;
  const own = subtractUsage(usage, before.totals);
  const tokens = cumulative.tokens ? own : usage;
  const cost = cumulative.cost ? own.costUsd : usage.costUsd;
  return { input: tokens.input, output: tokens.output, ...(cost === undefined ? {} : { costUsd: cost }) };
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
  const cost = Math.max(before.costUsd ?? 0, now.costUsd ?? 0);
  return {
    input: Math.max(before.input, now.input),
    output: Math.max(before.output, now.output),
    ...(before.costUsd === undefined && now.costUsd === undefined ? {} : { costUsd: cost }),
  };
}
