import type { Failure, FailureKind } from './failure.ts';

/** A failure that keeps new turns from being begun until some time. */
export interface Bar {
  readonly why: FailureKind;
  readonly detail: string;
  /** When it was met. */
  readonly at: number;
  readonly until: number;
  /** How many in a row for which the provider named no time, or in a row a short one; 0 when it named a long one. */
  readonly inARow: number;
  /** `until` is a time that the provider named. */
  readonly isNamed?: true;
  /** When the first of those was met. */
  readonly since: number;
  /** When the agent's credentials were last changed, as it was refused; only for `auth`. */
  readonly credentialStamp?: number;
  /** What holds all the same when somebody has logged in; only for `auth`. */
  readonly under?: Bar;
}

/** A turn that has ended. */
export interface EndedTurn {
  readonly began: number;
  /** Turns of this agent at work over all runs, this one with them. */
  readonly inFlight: number;
}

/** One that has failed at `now`, with credentials that were changed last at `credentialStamp`. */
export interface FailedTurn extends EndedTurn {
  readonly now: number;
  readonly credentialStamp: number | undefined;
}

const secondMs = 1000;
const minuteMs = 60 * secondMs;
const hourMs = 60 * minuteMs;

/** What does not answer now: about a first further try's time, so that it costs the one who met it nothing. */
const absent = { firstMs: 5 * secondMs, longestMs: 2 * minuteMs };

/**
 * How long new turns wait where the provider named no time; twice as long for each further one in a row. A named time is a long one
 * from `longestMs` on.
 */
const coolDowns: ReadonlyMap<FailureKind, { readonly firstMs: number; readonly longestMs: number }> = new Map([
  ['auth', { firstMs: 10 * minuteMs, longestMs: 10 * minuteMs }],
  ['quota', { firstMs: 5 * minuteMs, longestMs: 5 * minuteMs }],
  ['rate-limited', { firstMs: 30 * secondMs, longestMs: 10 * minuteMs }],
  ['overloaded', absent],
  ['network', absent],
  ['attach-unreachable', absent],
]);

/** A named time that is longer is no sensible one: quotas are renewed once a week at the latest. */
const longestNamedMs = 7 * 24 * hourMs;

/** How long after its end a bar is remembered, so that what happened yesterday is not in a row with today. */
const rememberedMs = hourMs;

/** Whether a failure of this kind bars its agent. */
export function isBarring(kind: FailureKind): boolean {
  return coolDowns.has(kind);
}

/** Whether a turn ran into the limit that is known already: it was begun before that was met. */
export function isSameLimit(bar: Bar | undefined, { kind }: Failure, { began }: EndedTurn): bar is Bar {
  return bar?.why === kind && began <= bar.at;
}

/** What bars the agent after a failure of a barring kind, `before` being what did until then. */
export function barAfter(before: Bar | undefined, failure: Failure, turn: FailedTurn): Bar {
  const isSame = isSameLimit(before, failure, turn);
  return merged(before, isSame ? extended(before, failure, turn) : newBar(before, failure, turn), turn);
}

/** Whether a clock was set back since: it was met in the future, or lasts longer than any is believed. */
export function isWild({ at, until }: Bar, now: number): boolean {
  return at > now + clockSlackMs || until > now + longestNamedMs + clockSlackMs;
}

/** Clocks are put right by less now and then. */
const clockSlackMs = minuteMs;

/** A login that is newer than the one that was refused. */
export function isHealed({ why, credentialStamp = -Infinity }: Bar, stamp: number | undefined): boolean {
  return why === 'auth' && stamp !== undefined && stamp > credentialStamp;
}

/**
 * Of two limits the later one counts. A refused login is above any other: what else holds is kept beneath it, for when somebody has
 * logged in.
 */
function merged(before: Bar | undefined, next: Bar, { began, now }: FailedTurn): Bar {
  if (before === undefined) return next;
  if (before.why === next.why) return before.under === undefined ? next : { ...next, under: before.under };
  if (next.why === 'auth') return before.until > now ? { ...next, under: before } : next;
  if (before.why !== 'auth') return before.until > next.until ? before : next;
  // A turn that was begun later got past the login.
  if (began > before.at) return next;
  return { ...before, under: before.under !== undefined && before.under.until > next.until ? before.under : next };
}

/**
 * A further failure by the same limit: a named time is worth more than a guess, and the later one of two is. A slow turn's refusal
 * does not undo a new login; only when a newer login was refused too, CLIs may be the ones that rewrite the file.
 */
function extended(bar: Bar, { kind, retryAfterMs }: Failure, { now, credentialStamp }: FailedTurn): Bar {
  const stamp = bar.inARow > 1 ? newest(bar.credentialStamp, credentialStamp) : bar.credentialStamp;
  const same = { ...bar, ...stampOf(kind, stamp) };
  if (retryAfterMs === undefined) return same;
  const isLong = isAppointment(kind, retryAfterMs);
  // What has come of short times that were not kept to is worth more than another one.
  if (!isLong && bar.inARow > 1) return same;
  const named = bar.isNamed === true ? Math.max(bar.until, now + sane(retryAfterMs)) : now + sane(retryAfterMs);
  return { ...same, inARow: isLong ? 0 : bar.inARow, until: named, isNamed: true };
}

function newBar(
  before: Bar | undefined,
  { kind, detail, retryAfterMs }: Failure,
  { now, credentialStamp }: FailedTurn,
): Bar {
  const common = { why: kind, detail, at: now, ...stampOf(kind, credentialStamp) };
  if (retryAfterMs !== undefined && isAppointment(kind, retryAfterMs)) {
    return { ...common, inARow: 0, since: now, until: now + sane(retryAfterMs), isNamed: true };
  }
  const isFirst = before === undefined || before.inARow === 0 || now > before.until + rememberedMs;
  const isAlike = before?.why === kind && (before.isNamed === true) === (retryAfterMs !== undefined);
  const inARow = !isFirst && isAlike ? before.inARow + 1 : 1;
  const row = { ...common, inARow, since: isFirst ? now : before.since };
  if (retryAfterMs === undefined) return { ...row, until: now + coolDown(kind, inARow) };
  // The first one is believed. Whoever says "in a second" for hours would be asked every second for hours.
  const leastMs = inARow === 1 ? 0 : coolDown(kind, inARow - 1);
  return { ...row, until: now + Math.max(leastMs, sane(retryAfterMs)), isNamed: true };
}

/** How long new turns wait after the `inARow`th failure in a row, where nobody says. */
function coolDown(kind: FailureKind, inARow: number): number {
  const { firstMs = 0, longestMs = 0 } = coolDowns.get(kind) ?? {};
  return Math.min(longestMs, firstMs * 2 ** (inARow - 1));
}

/** A time that is far enough away for a plan of the provider's: keeping to it is no outage. */
function isAppointment(kind: FailureKind, retryAfterMs: number): boolean {
  return retryAfterMs >= (coolDowns.get(kind)?.longestMs ?? 0);
}

function stampOf(kind: FailureKind, stamp: number | undefined): { readonly credentialStamp?: number } {
  return kind === 'auth' && stamp !== undefined ? { credentialStamp: stamp } : {};
}

function newest(one: number | undefined, other: number | undefined): number | undefined {
  return one === undefined || (other !== undefined && other > one) ? other : one;
}

function sane(retryAfterMs: number): number {
  return Math.min(Math.max(0, retryAfterMs), longestNamedMs);
}
