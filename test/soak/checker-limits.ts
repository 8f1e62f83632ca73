import type { LoggedCall } from './checker-calls.ts';
import { toldOf } from './limits-told.ts';
import type { RunLog } from './logs.ts';
import { agentIn } from './logs.ts';

/** No agent had more turns at work than the config allows. */
export function checkCaps(calls: Iterable<LoggedCall>, caps: Readonly<Record<string, number>>): string[] {
  const byAgent = new Map<string, LoggedCall[]>();
  for (const each of calls) byAgent.set(each.call.agent, [...(byAgent.get(each.call.agent) ?? []), each]);
  return [...byAgent].flatMap(([agent, own]) => {
    const cap = caps[agent.split(' ')[0] ?? ''] ?? Infinity;
    const most = mostAtOnce(own);
    return most > cap ? [`${agent} had ${String(most)} turns at work at a time, and may have ${String(cap)}`] : [];
  });
}

/** A process is at work from its own first word until the run log tells that it has ended. */
export function mostAtOnce(calls: readonly LoggedCall[]): number {
  const moments = calls.flatMap(({ call, ended }) => [
    { at: call.at, step: 1 },
    { at: ended.at, step: -1 },
  ]);
  let now = 0;
  let most = 0;
  // Of two in the same millisecond the end may have been first.
  for (const { step } of moments.sort((a, b) => a.at - b.at || a.step - b.step)) {
    now += step;
    most = Math.max(most, now);
  }
  return most;
}

/** Nobody is asked while a limit holds that was told to all. When a login was renewed is not in the log. */
export function checkBars(run: RunLog): string[] {
  return run.events.flatMap((event, index) => {
    if (event.type !== 'turn:started' && event.type !== 'review:started') return [];
    const agent = agentIn(event);
    const { out, until, why } = toldOf(agent, run, index);
    if (out) return [`${agent} was asked although it was taken out of the run: ${why}`];
    return until > event.at
      ? [`${agent} was asked ${String(until - event.at)} ms before its limit was over: ${why}`]
      : [];
  });
}
