import type { Failure, FailureKind } from './failure.ts';

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

/** A failure that keeps new turns from being begun until some time. */
export interface Bar {
  readonly why: FailureKind;
  readonly detail: string;
  /** When it was met. */
  readonly at: number;
  readonly until: number;
  /** How many in a row for which the provider named no time; 0 when it did. */
  readonly inARow: number;
  /** When the first of those was met. */
  readonly since: number;
  /** When the agent's credentials were last changed, as it was refused; only for `auth`. */
  readonly credentialStamp?: number;
  /** What holds all the same when somebody has logged in; only for `auth`. */
  readonly under?: Bar;
}

/** An agent of which nothing is known. */
export const healthy: AgentHealth = { successes: 0 };

/** A turn that has ended. */
export interface EndedTurn {
  readonly began: number;
  /** Turns of this agent at work over all runs, this one with them. */
  readonly inFlight: number;
}

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

const secondMs = 1000;
const minuteMs = 60 * secondMs;
const hourMs = 60 * minuteMs;

/** What does not answer now: about a first further try's time, so that it costs the one who met it nothing. */
const absent = { firstMs: 5 * secondMs, longestMs: 2 * minuteMs };

/** How long new turns wait where the provider named no time; twice as long for each further one in a row. */
const coolDowns: ReadonlyMap<FailureKind, { readonly firstMs: number; readonly longestMs: number }> = new Map([
  ['auth', { firstMs: 10 * minuteMs, longestMs: 10 * minuteMs }],
  ['quota', { firstMs: 5 * minuteMs, longestMs: 5 * minuteMs }],
  ['rate-limited', { firstMs: 30 * secondMs, longestMs: 10 * minuteMs }],
  ['overloaded', absent],
  ['network', absent],
  ['attach-unreachable', absent],
]);

/** Only the user can mend these, and may do so before the next run. */
const hopelessKinds: ReadonlySet<FailureKind> = new Set<FailureKind>([
  'not-installed',
  'model-unknown',
  'state-corrupt',
  'permission-denied',
]);

/** A named time that is longer is no sensible one: quotas are renewed once a week at the latest. */
const longestNamedMs = 7 * 24 * hourMs;

/** How long after its end a bar is remembered, so that what happened yesterday is not in a row with today. */
const rememberedMs = hourMs;

/** Whether this failure of a turn makes all turns of its agent wait, or ends its part in the run. */
export function isLimit(kind: FailureKind): boolean {
  return coolDowns.has(kind) || hopelessKinds.has(kind);
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
export function afterFailure(
  health: AgentHealth,
  failure: Failure,
  turn: EndedTurn & { readonly now: number; readonly credentialStamp: number | undefined },
): AgentHealth {
  const { bar } = health;
  if (!coolDowns.has(failure.kind)) return health;
  const same = bar?.why === failure.kind && turn.began <= bar.at ? bar : undefined;
  const next = same === undefined ? newBar(bar, failure, turn) : extended(same, failure, turn);
  const kept = merged(bar, next, turn);
  const isCut = failure.kind === 'rate-limited' && same === undefined;
  return isCut ? { cap: halved(health.cap, turn.inFlight), successes: 0, bar: kept } : { ...health, bar: kept };
}

/**
 * Of two limits the later one counts. A refused login is above any other: what else holds is kept beneath it, for when somebody has
 * logged in.
 */
function merged(before: Bar | undefined, next: Bar, { began, now }: EndedTurn & { readonly now: number }): Bar {
  if (before === undefined) return next;
  if (before.why === next.why) return before.under === undefined ? next : { ...next, under: before.under };
  if (next.why === 'auth') return before.until > now ? { ...next, under: before } : next;
  if (before.why !== 'auth') return before.until > next.until ? before : next;
  // A turn that was begun later got past the login.
  if (began > before.at) return next;
  return { ...before, under: before.under !== undefined && before.under.until > next.until ? before.under : next };
}

interface Now {
  readonly now: number;
  readonly credentialStamp: number | undefined;
}

/**
 * A further failure by the same limit: a named time is worth more than a guess, and the later one of two is. A slow turn's refusal
 * does not undo a new login; only when a newer login was refused too, CLIs may be the ones that rewrite the file.
 */
function extended(bar: Bar, { kind, retryAfterMs }: Failure, { now, credentialStamp }: Now): Bar {
  const stamp = bar.inARow > 1 ? newest(bar.credentialStamp, credentialStamp) : bar.credentialStamp;
  const same = { ...bar, ...stampOf(kind, stamp) };
  if (retryAfterMs === undefined) return same;
  const until = now + named(retryAfterMs);
  return { ...same, inARow: 0, until: bar.inARow === 0 ? Math.max(bar.until, until) : until };
}

function newBar(before: Bar | undefined, { kind, detail, retryAfterMs }: Failure, { now, credentialStamp }: Now): Bar {
  const common = { why: kind, detail, at: now, ...stampOf(kind, credentialStamp) };
  if (retryAfterMs !== undefined) return { ...common, inARow: 0, since: now, until: now + named(retryAfterMs) };
  const isFirst = before === undefined || before.inARow === 0 || now > before.until + rememberedMs;
  const inARow = !isFirst && before.why === kind ? before.inARow + 1 : 1;
  const { firstMs = 0, longestMs = 0 } = coolDowns.get(kind) ?? {};
  const until = now + Math.min(longestMs, firstMs * 2 ** (inARow - 1));
  return { ...common, inARow, since: isFirst ? now : before.since, until };
}

function stampOf(kind: FailureKind, stamp: number | undefined): { readonly credentialStamp?: number } {
  return kind === 'auth' && stamp !== undefined ? { credentialStamp: stamp } : {};
}

function newest(one: number | undefined, other: number | undefined): number | undefined {
  return one === undefined || (other !== undefined && other > one) ? other : one;
}

function named(retryAfterMs: number): number {
  return Math.min(Math.max(0, retryAfterMs), longestNamedMs);
}

/** Half of what was at work, which may have been less than the cap. */
function halved(cap: number | undefined, inFlight: number): number {
  return Math.max(1, Math.floor(Math.min(cap ?? inFlight, inFlight) / 2));
}

/**
 * Whether a failure takes its agent out of the run, `after` being its health with that failure: nothing that passes with time
 * mends it, its quota was used up twice in a row without a word of when there is more, its login was refused twice in a row, or it
 * has failed for `outageMs` of this run without one success. While it keeps to a time that its provider named, it is no outage.
 */
export function takesOut(
  { kind, detail, retryAfterMs }: Failure,
  after: AgentHealth,
  run: { readonly now: number; readonly startedAt: number; readonly outageMs: number },
): Out | undefined {
  if (hopelessKinds.has(kind)) return { why: kind, detail };
  const { bar } = after;
  if (bar?.why !== kind || retryAfterMs !== undefined || bar.inARow === 0) return undefined;
  const isSpent = (kind === 'quota' || kind === 'auth') && bar.inARow >= 2;
  const isOutage = run.now - Math.max(bar.since, run.startedAt) >= run.outageMs;
  return isSpent || isOutage ? { why: kind, detail } : undefined;
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

/** A login that is newer than the one that was refused. */
function isHealed({ why, credentialStamp = -Infinity }: Bar, stamp: number | undefined): boolean {
  return why === 'auth' && stamp !== undefined && stamp > credentialStamp;
}
