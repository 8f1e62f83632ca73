import type { FailureKind } from '../core/failure.ts';
import { isInfrastructure } from '../core/failure.ts';
import type { Retry } from '../core/retry.ts';
import { retryAfter, terminalKinds } from '../core/retry.ts';
import type { TurnRecord } from '../core/run-state.ts';
import { agentName } from '../core/run-state.ts';
import { times } from './text.ts';

/** What oompa does about a worker's failure of this kind, whatever the CLI: a clause for people. */
export function deedWords(kind: FailureKind): string {
  if (kind === 'stopped') return withAttempt('its work was kept', kind);
  if (kind === 'over-budget') return withAttempt('it was ended, and its work was kept', kind);
  const asked = terminalKinds.has(kind) ? notAgain : `it was asked ${againWords(kind)}`;
  return withAttempt(`${asked}; its \`fallback\` was, if it has one`, kind);
}

/** What oompa did about the failure that these turns end with; undefined where they say too little. */
export function deedsIn(turns: readonly TurnRecord[], kind: FailureKind): string | undefined {
  const failed = turns.slice(turns.findLastIndex(({ ending }) => ending === 'answered') + 1);
  const [first, ...others] = inARow(failed.map(agentName));
  if (first === undefined) return undefined;
  if (failed.length > 1) {
    const more = others.map(({ agent, count }) => `, then ${agent} ${times(count)}`);
    return withAttempt(`${first.agent} was asked ${times(first.count)}${more.join('')}`, kind);
  }
  return terminalKinds.has(kind) ? withAttempt(notAgain, kind) : undefined;
}

/** What made a failure of this kind good, when the same agent was asked again: `12 got over by waiting`. */
export function remedyWords(kind: FailureKind): string {
  const first = retry(kind, 0);
  if (first.kind === 'again' && first.fresh) return 'a new session';
  return isAgain(kind, 1) ? 'waiting' : 'another try';
}

const notAgain = 'it was not asked again, as that would not help';

function withAttempt(did: string, kind: FailureKind): string {
  return isInfrastructure(kind) ? `${did}; no attempt was used up` : did;
}

function inARow(agents: readonly string[]): readonly { readonly agent: string; readonly count: number }[] {
  const runs: { agent: string; count: number }[] = [];
  for (const agent of agents) {
    const last = runs.at(-1);
    if (last?.agent === agent) last.count += 1;
    else runs.push({ agent, count: 1 });
  }
  return runs;
}

function againWords(kind: FailureKind): string {
  const first = retry(kind, 0);
  if (first.kind === 'advance') return 'again where its CLI is known to get over that';
  if (first.fresh) return 'again in a new session';
  return isAgain(kind, 1) ? 'again after a pause, as `retry.backoff` says' : 'once more';
}

function isAgain(kind: FailureKind, made: number): boolean {
  return retry(kind, made).kind === 'again';
}

/** What the rules that hold for all CLIs say, where two pauses are allowed. */
function retry(kind: FailureKind, made: number): Retry {
  const policy = { also: [], whenNothingCame: false };
  return retryAfter(policy, { kind, detail: '' }, { made, freshened: false, backoffMs: [1, 1] });
}
