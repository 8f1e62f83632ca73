import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Failure, FailureKind } from '../../src/core/failure.ts';
import type { AgentHealth, Verdict } from '../../src/core/health.ts';
import {
  afterFailure,
  afterSuccess,
  healthy,
  isBack,
  isLimit,
  soundAt,
  takesOut,
  verdictOf,
} from '../../src/core/health.ts';

const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;
const start = Date.UTC(2026, 0, 1);

interface Told {
  readonly retryAfterMs?: number;
  /** When the turn ended and began, from `start` on; it began a second before its end when that is left out. */
  readonly at?: number;
  readonly began?: number;
  readonly inFlight?: number;
  readonly credentialStamp?: number;
}

function fail(health: AgentHealth, kind: FailureKind, told: Told = {}): AgentHealth {
  const { retryAfterMs, at = 0, began = at - second, inFlight = 1, credentialStamp } = told;
  const failure = failureOf(kind, retryAfterMs);
  return afterFailure(health, failure, { began: start + began, now: start + at, inFlight, credentialStamp });
}

function failureOf(kind: FailureKind, retryAfterMs?: number): Failure {
  return { kind, detail: `${kind}!`, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) };
}

function succeed(health: AgentHealth, { at = 0, began = at - second, inFlight = 1 }: Told = {}): AgentHealth {
  expect(began).toBeLessThanOrEqual(at);
  return afterSuccess(health, { began: start + began, inFlight });
}

function verdict(health: AgentHealth, state: Partial<Parameters<typeof verdictOf>[1]> & { at?: number } = {}): Verdict {
  const { at = 0, ...rest } = state;
  const usual = { inFlight: 0, fixedCap: undefined, credentialStamp: undefined, out: undefined };
  return verdictOf(health, { now: start + at, ...usual, ...rest });
}

/** Milliseconds after `start` at which turns are begun again. */
function opensAt(health: AgentHealth): number {
  const { bar } = health;
  if (bar === undefined) return 0;
  const at = bar.until - start;
  if (at > 0) expect(verdict(health, { at: at - 1 }).kind).toBe('cooling');
  expect(verdict(health, { at }).kind).toBe('open');
  return at;
}

describe('a cool-down', () => {
  it.each<readonly [FailureKind, number]>([
    ['auth', 10 * minute],
    ['quota', 5 * minute],
    ['rate-limited', 30 * second],
    ['overloaded', 5 * second],
    ['network', 5 * second],
    ['attach-unreachable', 5 * second],
  ])('lasts after %s for %i ms where no time was named, and as long as one that was', (kind, ms) => {
    const health = fail(healthy, kind);
    expect(verdict(health)).toEqual({ kind: 'cooling', until: start + ms, why: kind, detail: `${kind}!` });
    expect(opensAt(health)).toBe(ms);
    expect(opensAt(fail(healthy, kind, { retryAfterMs: 7 * second }))).toBe(7 * second);
    expect(opensAt(fail(healthy, kind, { retryAfterMs: 3 * hour }))).toBe(3 * hour);
  });

  it.each<FailureKind>([
    ...(['timeout', 'silent', 'crashed', 'unknown', 'no-output', 'no-final-message', 'context-full'] as const),
    ...(['session-gone', 'session-in-use', 'output-too-large', 'state-locked', 'mcp-handshake'] as const),
    ...(['spawn-failed', 'stopped', 'over-budget', 'not-installed', 'model-unknown'] as const),
  ])('does not follow %s', (kind) => {
    expect(fail(healthy, kind, { inFlight: 4 })).toBe(healthy);
  });

  it.each<readonly [FailureKind, readonly number[]]>([
    ['rate-limited', [30, 60, 120, 240, 480, 600, 600]],
    ['overloaded', [5, 10, 20, 40, 80, 120, 120]],
    ['auth', [600, 600, 600]],
  ])('after %s in a row lasts, in seconds: %j', (kind, seconds) => {
    let health = healthy;
    let at = 0;
    for (const each of seconds) {
      health = fail(health, kind, { at });
      expect(opensAt(health) - at).toBe(each * second);
      at = opensAt(health) + 2 * second;
    }
  });

  it('is short again after a success, after a time that was named, and after a quiet hour', () => {
    const once = fail(healthy, 'rate-limited');
    expect(opensAt(fail(once, 'rate-limited', { at: minute }))).toBe(2 * minute);
    expect(opensAt(fail(succeed(once, { at: minute }), 'rate-limited', { at: minute }))).toBe(1.5 * minute);
    const named = fail(once, 'rate-limited', { at: minute, retryAfterMs: minute });
    expect(opensAt(fail(named, 'rate-limited', { at: 3 * minute }))).toBe(3.5 * minute);
    expect(opensAt(fail(once, 'rate-limited', { at: 2 * hour }))).toBe(2 * hour + 30 * second);
  });

  it('lasts as long as a short time that was named, once; for those that are not kept to it grows', () => {
    let health = healthy;
    let at = 0;
    for (const each of [0, 30, 60, 120, 240, 480, 600, 600]) {
      health = fail(health, 'rate-limited', { at, retryAfterMs: 0 });
      // Another turn that was at work with it changes nothing of that.
      health = fail(health, 'rate-limited', { at, began: at - minute, retryAfterMs: 0 });
      expect(opensAt(health) - at).toBe(each * second);
      at = opensAt(health) + 2 * second;
    }
    expect(opensAt(fail(health, 'rate-limited', { at, retryAfterMs: 3 * hour })) - at).toBe(3 * hour);
    expect(opensAt(fail(succeed(health, { at }), 'rate-limited', { at, retryAfterMs: second })) - at).toBe(second);
  });

  it('takes a wild time for a week, and one in the past for now', () => {
    expect(opensAt(fail(healthy, 'quota', { retryAfterMs: 1e15 }))).toBe(7 * 24 * hour);
    expect(verdict(fail(healthy, 'quota', { retryAfterMs: -5 })).kind).toBe('open');
  });

  it('is met once by turns that were at work together', () => {
    const together = { began: -minute };
    const first = fail(healthy, 'rate-limited', { ...together, inFlight: 8 });
    const later = fail(first, 'rate-limited', { ...together, at: 10 * second, inFlight: 7 });
    expect(later).toEqual(first);
    expect(first.cap).toBe(4);
  });

  it('lasts until the time that a later one of them names, and the latest when several do', () => {
    const together = { began: -minute };
    const guessed = fail(healthy, 'quota', together);
    const named = fail(guessed, 'quota', { ...together, at: second, retryAfterMs: minute });
    expect(opensAt(named)).toBe(minute + second);
    expect(opensAt(fail(named, 'quota', { ...together, at: second, retryAfterMs: 2 * second }))).toBe(minute + second);
    expect(opensAt(fail(named, 'quota', { ...together, at: second, retryAfterMs: hour }))).toBe(hour + second);
    expect(opensAt(fail(named, 'quota', { ...together, at: second }))).toBe(minute + second);
  });

  it('is not cut short by another failure that asks for less', () => {
    const limited = fail(healthy, 'rate-limited', { retryAfterMs: hour });
    expect(verdict(fail(limited, 'network', { at: second }))).toMatchObject({
      why: 'rate-limited',
      until: start + hour,
    });
    expect(verdict(fail(fail(healthy, 'network'), 'auth', { at: second }))).toMatchObject({ why: 'auth' });
  });

  it('is not ended by a turn that was begun before it, but by one that was begun after it', () => {
    const limited = fail(healthy, 'rate-limited');
    expect(succeed(limited, { at: second, began: -second })).toBe(limited);
    expect(succeed(limited, { at: minute }).bar).toBeUndefined();
  });
});

describe('a clock that was set back', () => {
  const limited = fail({ cap: 3, successes: 0 }, 'rate-limited', { retryAfterMs: hour, inFlight: 2 });

  it.each([
    ['by a day', start - 24 * hour, false],
    ['by some seconds', start - 30 * second, true],
    ['not at all', start, true],
  ])('%s', (_how, now, holds) => {
    expect(soundAt(limited, now)).toEqual(holds ? limited : { cap: 1, successes: 0 });
  });

  it('leaves no wait of more than a week', () => {
    const { bar } = limited;
    expect(soundAt({ successes: 0, bar: { ...bar!, until: 1e300 } }, start)).toEqual(healthy);
    const longest = fail(healthy, 'quota', { retryAfterMs: 1e15 });
    expect(soundAt(longest, start)).toBe(longest);
  });
});

describe('a refused login', () => {
  it('is healed by any success', () => {
    expect(verdict(succeed(fail(healthy, 'auth'), { at: second, began: -minute }), { at: second }).kind).toBe('open');
  });

  it.each<readonly [number | undefined, number | undefined, Verdict['kind']]>([
    [5, 6, 'open'],
    [5, 5, 'cooling'],
    [5, 4, 'cooling'],
    [undefined, 5, 'open'],
    [5, undefined, 'cooling'],
    [undefined, undefined, 'cooling'],
  ])('of credentials from %j, with some from %j now: %s', (noted, found, kind) => {
    const health = fail(healthy, 'auth', noted === undefined ? {} : { credentialStamp: noted });
    expect(verdict(health, { credentialStamp: found }).kind).toBe(kind);
  });

  it('stays healed when a turn with the old login fails late', () => {
    const refused = fail(healthy, 'auth', { credentialStamp: 5 });
    const late = fail(refused, 'auth', { at: minute, began: -minute, credentialStamp: 6 });
    expect(verdict(late, { at: minute, credentialStamp: 6 }).kind).toBe('open');
  });

  it('is not healed for ever by a CLI that rewrites its credentials whenever it is refused', () => {
    const first = fail(healthy, 'auth', { credentialStamp: 5 });
    const second2 = fail(first, 'auth', { at: 2 * second, began: second, credentialStamp: 6 });
    const rewritten = fail(second2, 'auth', { at: 3 * second, began: second, credentialStamp: 7 });
    expect(verdict(rewritten, { at: 3 * second, credentialStamp: 7 }).kind).toBe('cooling');
  });

  it('is the only limit that a new login heals', () => {
    const limited = fail(healthy, 'quota', { credentialStamp: 5 });
    expect(verdict(limited, { credentialStamp: 6 }).kind).toBe('cooling');
  });
});

describe('a cap', () => {
  it.each([
    [undefined, 8, 4],
    [undefined, 3, 1],
    [undefined, 1, 1],
    [6, 6, 3],
    [6, 4, 2],
    [2, 9, 1],
    [1, 1, 1],
  ])('of %j becomes, by a rate limit with %i turns at work, %i', (cap, inFlight, expected) => {
    const before = cap === undefined ? healthy : { cap, successes: 0 };
    expect(fail(before, 'rate-limited', { inFlight }).cap).toBe(expected);
  });

  it.each<FailureKind>(['overloaded', 'network', 'auth', 'quota'])('is left alone by %s', (kind) => {
    expect(fail({ cap: 4, successes: 2 }, kind, { inFlight: 4 })).toMatchObject({ cap: 4, successes: 2 });
    expect(fail(healthy, kind, { inFlight: 4 }).cap).toBeUndefined();
  });

  it('grows by one with as many successes as it is high', () => {
    let health: AgentHealth = { cap: 2, successes: 0 };
    const caps = Array.from({ length: 9 }, () => {
      health = succeed(health, { inFlight: health.cap ?? 0 });
      return health.cap;
    });
    expect(caps).toEqual([2, 3, 3, 3, 4, 4, 4, 4, 5]);
  });

  it('does not grow while nobody needs more, nor by turns from before the rate limit', () => {
    const health: AgentHealth = { cap: 2, successes: 1 };
    expect(succeed(health, { inFlight: 1 })).toEqual(health);
    expect(succeed(healthy, { inFlight: 9 })).toEqual(healthy);
    const cut = fail(health, 'rate-limited', { inFlight: 2 });
    expect(succeed(cut, { at: second, began: -minute, inFlight: 1 })).toBe(cut);
  });

  it('holds together with that of the config: the lower one counts', () => {
    const health: AgentHealth = { cap: 3, successes: 0 };
    expect(verdict(health, { inFlight: 2 })).toEqual({ kind: 'open' });
    expect(verdict(health, { inFlight: 3 })).toEqual({ kind: 'full', cap: 3 });
    expect(verdict(health, { inFlight: 2, fixedCap: 2 })).toEqual({ kind: 'full', cap: 2 });
    expect(verdict(health, { inFlight: 4, fixedCap: 8 })).toEqual({ kind: 'full', cap: 3 });
    expect(verdict(healthy, { inFlight: 4, fixedCap: 4 })).toEqual({ kind: 'full', cap: 4 });
    expect(verdict(healthy, { inFlight: 1000 })).toEqual({ kind: 'open' });
  });
});

describe('a limit beneath a refused login', () => {
  const limited = fail(healthy, 'rate-limited', { retryAfterMs: hour });
  const refused = fail(limited, 'auth', { at: second, began: -second, credentialStamp: 5 });

  it('holds when somebody has logged in', () => {
    expect(verdict(refused, { at: minute, credentialStamp: 5 })).toMatchObject({ kind: 'cooling', why: 'auth' });
    expect(verdict(refused, { at: minute, credentialStamp: 6 })).toMatchObject({
      kind: 'cooling',
      why: 'rate-limited',
    });
    expect(verdict(refused, { at: hour + second, credentialStamp: 6 }).kind).toBe('open');
  });

  it('holds after a success of a turn that was begun before both, and not after one that was begun later', () => {
    expect(verdict(succeed(refused, { at: minute, began: -second }), { at: minute })).toMatchObject({
      why: 'rate-limited',
    });
    expect(verdict(succeed(refused, { at: minute, began: 2 * second }), { at: minute }).kind).toBe('open');
  });

  it('is met by a turn that was begun before the login was refused', () => {
    const other = fail(fail(healthy, 'auth', { credentialStamp: 5 }), 'rate-limited', { at: second, began: -second });
    expect(verdict(other, { at: 2 * second, credentialStamp: 5 })).toMatchObject({ why: 'auth' });
    expect(verdict(other, { at: 2 * second, credentialStamp: 6 })).toMatchObject({ why: 'rate-limited' });
  });
});

describe('an agent is out of a run', () => {
  const run = { startedAt: start, outageMs: 2 * hour };
  const out = (health: AgentHealth, failure: Failure, at = 0) => takesOut(failure, health, { ...run, now: start + at });

  it.each<FailureKind>(['not-installed', 'model-unknown', 'state-corrupt', 'permission-denied'])('by %s', (kind) => {
    const why = { why: kind, detail: `${kind}!` };
    expect(out(fail(healthy, kind), failureOf(kind))).toEqual(why);
    expect(verdict(healthy, { out: why })).toEqual({ kind: 'out', ...why });
    expect(isLimit(kind)).toBe(true);
  });

  it('by a quota that is used up twice in a row, with no word of when there is more', () => {
    const once = fail(healthy, 'quota');
    expect(out(once, failureOf('quota'))).toBeUndefined();
    const twice = fail(once, 'quota', { at: 6 * minute });
    expect(out(twice, failureOf('quota'), 6 * minute)).toEqual({ why: 'quota', detail: 'quota!' });
  });

  it('by a login that is refused twice in a row', () => {
    const once = fail(healthy, 'auth');
    expect(out(once, failureOf('auth'))).toBeUndefined();
    const twice = fail(once, 'auth', { at: 11 * minute });
    expect(out(twice, failureOf('auth'), 11 * minute)).toEqual({ why: 'auth', detail: 'auth!' });
  });

  it('by a login only until a newer one is there, or a turn has got past it', () => {
    const twice = fail(fail(healthy, 'auth', { credentialStamp: 5 }), 'auth', { at: 11 * minute, credentialStamp: 5 });
    const why = { why: 'auth', detail: 'auth!' } as const;
    expect(isBack(why, twice, 5)).toBe(false);
    expect(isBack(why, twice, undefined)).toBe(false);
    expect(isBack(why, twice, 6)).toBe(true);
    expect(isBack(why, succeed(twice, { at: 12 * minute, began: -second }), 5)).toBe(true);
    expect(isBack({ ...why, why: 'quota' }, healthy, 6)).toBe(false);
  });

  it.each<readonly [string, (once: AgentHealth) => AgentHealth]>([
    ['turns that were at work together', (once) => fail(once, 'quota', { at: minute, began: -minute })],
    ['a success in between', (once) => fail(succeed(once, { at: 6 * minute }), 'quota', { at: 7 * minute })],
    [
      'another failure in between',
      (once) => fail(fail(once, 'network', { at: 6 * minute }), 'quota', { at: 7 * minute }),
    ],
    ['a day in between', (once) => fail(once, 'quota', { at: 24 * hour })],
  ])('but not by %s', (_what, next) => {
    const health = next(fail(healthy, 'quota'));
    expect(out(health, failureOf('quota'), 7 * minute)).toBeUndefined();
  });

  it('but not while the provider names the times', () => {
    let health = healthy;
    for (let at = 0; at < 24 * hour; at += 6 * hour) {
      health = fail(health, 'quota', { at, retryAfterMs: 5 * hour });
      expect(out(health, failureOf('quota', 5 * hour), at)).toBeUndefined();
    }
    expect(out(fail(health, 'quota', { at: 24 * hour }), failureOf('quota'), 24 * hour)).toBeUndefined();
  });

  it('but not by a quota that is used up for the first time with no word of when, after a short time that was named', () => {
    const short = fail(healthy, 'quota', { retryAfterMs: minute });
    expect(out(fail(short, 'quota', { at: 2 * minute }), failureOf('quota'), 2 * minute)).toBeUndefined();
  });

  it.each<readonly [FailureKind, number | undefined]>([
    ['network', undefined],
    ['overloaded', undefined],
    ['rate-limited', undefined],
    ['rate-limited', 0],
    ['rate-limited', minute],
  ])('by %s without one success for too long, with %j ms named each time', (kind, retryAfterMs) => {
    const told = retryAfterMs === undefined ? {} : { retryAfterMs };
    let health = healthy;
    let at = 0;
    while (at < 2 * hour) {
      health = fail(health, kind, { ...told, at });
      expect(out(health, failureOf(kind, retryAfterMs), at)).toBeUndefined();
      at = opensAt(health) + 2 * second;
    }
    health = fail(health, kind, { ...told, at });
    expect(out(health, failureOf(kind, retryAfterMs), at)).toEqual({ why: kind, detail: `${kind}!` });
    // A run that was begun since has not seen it fail for so long.
    expect(
      takesOut(failureOf(kind), health, { startedAt: start + hour, outageMs: 2 * hour, now: start + at }),
    ).toBeUndefined();
    const healed = fail(succeed(health, { at: at + hour, began: at + 1 }), kind, { at: at + hour });
    expect(out(healed, failureOf(kind), at + hour)).toBeUndefined();
  });

  it.each<FailureKind>(['timeout', 'crashed', 'no-output'])('but not by %s', (kind) => {
    const health = fail(healthy, 'network');
    expect(out(fail(health, kind, { at: 3 * hour }), failureOf(kind), 3 * hour)).toBeUndefined();
    expect(isLimit(kind)).toBe(false);
  });
});

describe('whatever happens', () => {
  const kinds = fc.constantFrom<FailureKind>('rate-limited', 'overloaded', 'auth', 'quota', 'network', 'timeout');
  const step = fc.oneof(
    { weight: 6, arbitrary: fc.record({ do: fc.constant('begin' as const) }) },
    { weight: 4, arbitrary: fc.record({ do: fc.constant('succeed' as const), nth: fc.nat(9) }) },
    {
      weight: 3,
      arbitrary: fc.record({
        do: fc.constant('fail' as const),
        nth: fc.nat(9),
        kind: kinds,
        retryAfterMs: fc.option(fc.integer({ min: -10, max: hour }), { nil: undefined }),
      }),
    },
    { weight: 3, arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.nat(20 * minute) }) },
  );

  it('no turn is begun beyond a cap, no cap is below 1, and every wait has an end', () => {
    fc.assert(
      fc.property(
        fc.array(step, { maxLength: 60 }),
        fc.option(fc.integer({ min: 1, max: 5 }), { nil: undefined }),
        (steps, fixedCap) => {
          let health = healthy;
          let now = start;
          let turns: number[] = [];
          for (const each of steps) {
            now += 1;
            const nth = 'nth' in each && turns.length > 0 ? each.nth % turns.length : undefined;
            const ended = { began: turns[nth ?? 0] ?? 0, inFlight: turns.length, now, credentialStamp: undefined };
            if (each.do === 'wait') now += each.ms;
            if (each.do === 'begin') {
              const state = { now, inFlight: turns.length, fixedCap, credentialStamp: undefined, out: undefined };
              if (verdictOf(health, state).kind !== 'open') continue;
              turns = [...turns, now];
              expect(turns.length).toBeLessThanOrEqual(Math.min(fixedCap ?? Infinity, health.cap ?? Infinity));
            } else if (nth !== undefined) {
              if (each.do === 'succeed') health = afterSuccess(health, ended);
              if (each.do === 'fail') health = afterFailure(health, failureOf(each.kind, each.retryAfterMs), ended);
              turns = turns.filter((_, index) => index !== nth);
            }
            expect(health.cap ?? 1).toBeGreaterThanOrEqual(1);
            expect(Number.isInteger(health.cap ?? 1)).toBe(true);
          }
          const idle = { inFlight: 0, fixedCap, credentialStamp: undefined, out: undefined };
          expect(verdictOf(health, { ...idle, now: now + 2 * hour }).kind).toBe('open');
        },
      ),
    );
  });
});
