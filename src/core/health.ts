import type { Failure, FailureKind } from './failure.ts';
import { barAfter, isBarring, isHealed, isSameLimit, isWild } from './health-bar.ts';
import type { Bar, EndedTurn, FailedTurn } from './health-bar.ts';

// One agent (a harness with its model), as the ends of its turns tell. Times are in milliseconds since the epoch.
//
//            a failure that bars                    `until` is past, or a new login
//   open ──────────────────────────▶ cooling ───────────────────────────────────────▶ open
//    │ ▲                                │
//    │ └── a turn ends ── full          └── nothing mends it, or it lasts too long ──▶ out, of this run only

/** What is known of one agent, for all runs of a workspace. */
export interface AgentHealth {
  /** The most turns at a time, 1 and more; missing before the first rate limit. */
  readonly cap?: number;
  /** Successes with the cap in full use, since it last changed. */
  readonly successes: number;
  /** Why no turns were begun; missing once a turn that was begun later has succeeded. */
  readonly bar?: Bar;
}

/** An agent of which nothing is known. */
export const healthy: AgentHealth = { successes: 0 };

/** Why an agent is not asked any more in this run. */
export interface Out {
  readonly why: FailureKind;
  readonly detail: string;
}

/** Whether a turn may begin now. */
export type Verdict =
  | { readonly kind: 'open' }
  /** As many turns are at work as may be. */
  | { readonly kind: 'full'; readonly cap: number }
  | { readonly kind: 'cooling'; readonly until: number; readonly why: FailureKind; readonly detail: string }
  | ({ readonly kind: 'out' } & Out);

/** Only the user can mend these, and may do so before the next run. */
const hopelessKinds: ReadonlySet<FailureKind> = new Set<FailureKind>([
  'not-installed',
  'model-unknown',
  'state-corrupt',
  'permission-denied',
]);

/** Whether this failure of a turn makes all turns of its agent wait, or ends its part in the run. */
export function isLimit(kind: FailureKind): boolean {
  return isBarring(kind) || hopelessKinds.has(kind);
}

/**
 * After a turn that brought a result. It lifts a bar that was met before the turn began; one of `auth` at any time, because its
 * login was good. As many successes as the cap, each with the cap in full use, raise it by one.
 */
export function afterSuccess(health: AgentHealth, turn: EndedTurn): AgentHealth {
  const { bar, ...rest } = health;
  if (bar === undefined) return raised(health, turn.inFlight);
  if (turn.began > bar.at) return raised(rest, turn.inFlight);
  if (bar.why !== 'auth') return health;
  const { under } = bar;
  return raised(under === undefined || turn.began > under.at ? rest : { ...rest, bar: under }, turn.inFlight);
}

/** A cap that nobody reaches tells nothing of how many there may be. */
function raised(health: AgentHealth, inFlight: number): AgentHealth {
  const { cap, successes } = health;
  if (cap === undefined || inFlight < cap) return health;
  return { ...health, ...(successes + 1 < cap ? { successes: successes + 1 } : { cap: cap + 1, successes: 0 }) };
}

/**
 * After a turn that brought none. Failures that say nothing about the agent as a whole change nothing. Turns that were begun
 * before the bar was met ran into the same limit: together they count as one. Only `rate-limited` halves the cap: an
 * overloaded provider would have been so without us.
 */
export function afterFailure(health: AgentHealth, failure: Failure, turn: FailedTurn): AgentHealth {
  const { bar } = health;
  if (!isBarring(failure.kind)) return health;
  const next = barAfter(bar, failure, turn);
  const isCut = failure.kind === 'rate-limited' && !isSameLimit(bar, failure, turn);
  return isCut ? { cap: halved(health.cap, turn.inFlight), successes: 0, bar: next } : { ...health, bar: next };
}

/** Half of what was at work, which may have been less than the cap. */
function halved(cap: number | undefined, inFlight: number): number {
  return Math.max(1, Math.floor(Math.min(cap ?? inFlight, inFlight) / 2));
}

/**
 * Whether a failure takes its agent out of the run, `after` being its health with that failure: nothing that passes with time
 * mends it, its quota was used up twice in a row without a word of when there is more, its login was refused twice in a row, or it
 * has failed for `outageMs` of this run without one success. While it keeps to a long time that its provider named, it is no outage.
 */
export function takesOut(
  { kind, detail, retryAfterMs }: Failure,
  after: AgentHealth,
  run: { readonly now: number; readonly startedAt: number; readonly outageMs: number },
): Out | undefined {
  if (hopelessKinds.has(kind)) return { why: kind, detail };
  const { bar } = after;
  if (bar?.why !== kind || bar.inARow === 0) return undefined;
  const isSpent = (kind === 'quota' || kind === 'auth') && retryAfterMs === undefined && bar.inARow >= 2;
  const isOutage = run.now - Math.max(bar.since, run.startedAt) >= run.outageMs;
  return isSpent || isOutage ? { why: kind, detail } : undefined;
}

/** Whether an agent that is out may be asked again all the same: of all that takes one out, only a refused login is mended in mid-run. */
export function isBack({ why }: Out, { bar }: AgentHealth, credentialStamp: number | undefined): boolean {
  return why === 'auth' && (bar?.why !== 'auth' || isHealed(bar, credentialStamp));
}

/** What is known, without a limit of a clock that was set back since: one met in the future, or for longer than any is believed. */
export function soundAt(health: AgentHealth, now: number): AgentHealth {
  const { bar, ...rest } = health;
  return bar !== undefined && isWild(bar, now) ? rest : health;
}

/** Whether one more turn may begin, with `inFlight` turns at work over all runs. Caps of the config and learnt ones both hold. */
export function verdictOf(
  { cap, bar }: AgentHealth,
  state: {
    readonly now: number;
    readonly inFlight: number;
    readonly fixedCap: number | undefined;
    readonly credentialStamp: number | undefined;
    readonly out: Out | undefined;
  },
): Verdict {
  if (state.out !== undefined) return { kind: 'out', ...state.out };
  const holds = bar !== undefined && isHealed(bar, state.credentialStamp) ? bar.under : bar;
  if (holds !== undefined && state.now < holds.until) {
    return { kind: 'cooling', until: holds.until, why: holds.why, detail: holds.detail };
  }
  const most = Math.min(cap ?? Infinity, state.fixedCap ?? Infinity);
  return state.inFlight < most ? { kind: 'open' } : { kind: 'full', cap: most };
}
