import { describe, expect, it } from 'vitest';
import type { FailureKind } from '../../src/core/failure.ts';
import { retryAfter, terminalKinds, transientKinds, type RetryPolicy, type Tries } from '../../src/core/retry.ts';
import { builtInHarnesses, findHarness } from '../../src/harness/registry.ts';

const strict: RetryPolicy = { also: [], whenNothingCame: false };
const hopeful: RetryPolicy = { also: [], whenNothingCame: true };
const first: Tries = { made: 0, freshened: false, backoffMs: [100, 200] };
const advance = { kind: 'advance' };
const again = (afterMs: number, fresh = false) => ({ kind: 'again', afterMs, fresh });

/** How many further tries each kind gets from a CLI that opens nothing, with two back-offs. `session` = one in a new session. */
const triesOf: Readonly<Record<FailureKind, number | 'session'>> = {
  'not-installed': 0,
  'spawn-failed': 0,
  auth: 0,
  quota: 0,
  'model-unknown': 0,
  'permission-denied': 0,
  'state-corrupt': 0,
  'output-too-large': 0,
  'over-budget': 0,
  stopped: 0,
  'rate-limited': 2,
  overloaded: 2,
  network: 2,
  'state-locked': 2,
  'mcp-handshake': 2,
  timeout: 1,
  silent: 1,
  crashed: 1,
  unknown: 1,
  'context-full': 'session',
  'session-gone': 'session',
  'session-in-use': 'session',
  'no-output': 0,
  'no-final-message': 0,
  'attach-unreachable': 0,
};
const kinds = Object.keys(triesOf) as FailureKind[];

/** Tries again and again until the answer is to advance. */
function counted(policy: RetryPolicy, kind: FailureKind): { readonly tries: number; readonly fresh: number } {
  let tries: Tries = first;
  let fresh = 0;
  for (;;) {
    const next = retryAfter(policy, { kind, detail: '' }, tries);
    if (next.kind === 'advance') return { tries: tries.made, fresh };
    if (next.fresh) fresh += 1;
    tries = { ...tries, made: tries.made + 1, freshened: tries.freshened || next.fresh };
  }
}

describe('a further try', () => {
  it.each(Object.entries(triesOf) as [FailureKind, number | 'session'][])('after %s: %s', (kind, expected) => {
    expect(counted(strict, kind)).toEqual(
      expected === 'session' ? { tries: 1, fresh: 1 } : { tries: expected, fresh: 0 },
    );
  });

  it('comes once when nothing came, from a CLI for which that is worth it', () => {
    for (const kind of ['no-output', 'no-final-message'] as const) {
      expect(counted(hopeful, kind)).toEqual({ tries: 1, fresh: 0 });
    }
  });

  it('comes once for what the CLI opens besides', () => {
    const open: RetryPolicy = { also: ['attach-unreachable'], whenNothingCame: false };
    expect(counted(open, 'attach-unreachable')).toEqual({ tries: 1, fresh: 0 });
  });

  it('is not to be had for a terminal kind, whatever a CLI opens', () => {
    const open: RetryPolicy = { also: kinds, whenNothingCame: true };
    for (const kind of terminalKinds) {
      expect([kind, retryAfter(open, { kind, detail: '', retryAfterMs: 1 }, first)]).toEqual([kind, advance]);
    }
  });

  it('of a passing failure waits as long as the provider says, else as long as the back-off', () => {
    for (const kind of transientKinds) {
      expect(retryAfter(strict, { kind, detail: '' }, first)).toEqual(again(100));
      expect(retryAfter(strict, { kind, detail: '' }, { ...first, made: 1 })).toEqual(again(200));
      expect(retryAfter(strict, { kind, detail: '', retryAfterMs: 7000 }, first)).toEqual(again(7000));
      expect(retryAfter(strict, { kind, detail: '', retryAfterMs: 7 }, first)).toEqual(again(7));
    }
  });

  it('of a failing session is a new one, once, and at once', () => {
    expect(retryAfter(strict, { kind: 'session-gone', detail: '' }, { ...first, made: 2 })).toEqual(again(0, true));
    expect(retryAfter(strict, { kind: 'context-full', detail: '' }, { ...first, freshened: true })).toEqual(advance);
  });

  it('never comes for a passing failure when there is no back-off', () => {
    expect(retryAfter(strict, { kind: 'network', detail: '' }, { ...first, backoffMs: [] })).toEqual(advance);
  });
});

describe('the policy of a CLI', () => {
  it.each([
    ['opencode', true],
    ['claude', false],
    ['codex', false],
    ['gemini', true],
    ['of one’s own', false],
  ])('%s: one more try when nothing came is %s', (name, expected) => {
    const own = { command: ['my-agent'], prompt: 'stdin', output: 'text' } as const;
    expect(findHarness(name, { 'of one’s own': own })?.retry.whenNothingCame).toBe(expected);
  });

  it.each(builtInHarnesses)('%s opens no terminal kind', (name) => {
    expect(findHarness(name, {})?.retry.also.filter((kind) => terminalKinds.has(kind))).toEqual([]);
  });
});
