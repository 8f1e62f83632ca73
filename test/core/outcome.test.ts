import { describe, expect, test } from 'vitest';
import { fateOf } from '../../src/core/outcome.ts';
import type { Outcome } from '../../src/core/outcome.ts';

const failure = (kind: 'auth' | 'silent') => ({ kind: 'agent-failed', failure: { kind, detail: '' } }) as const;

const table: readonly [Outcome, string, boolean][] = [
  [{ kind: 'landed', commit: 'c' }, 'complete', false],
  [{ kind: 'proposed', tasks: ['a'] }, 'complete', false],
  [{ kind: 'held', paths: ['a'], why: 'dirty' }, 'stay', false],
  [{ kind: 'needs-input', question: 'q' }, 'block', false],
  [{ kind: 'stale-claim' }, 'none', false],
  [{ kind: 'interrupted' }, 'release', false],
  [failure('auth'), 'release', false],
  [failure('silent'), 'release', true],
  [{ kind: 'rejected', reason: 'r' }, 'release', true],
  [{ kind: 'rounds-exhausted', rounds: 3 }, 'release', true],
  [{ kind: 'turns-exhausted', turns: 8 }, 'release', true],
  [{ kind: 'no-changes' }, 'release', true],
  [{ kind: 'needs-followup', why: 'w' }, 'release', true],
  [{ kind: 'review-unavailable', why: 'w' }, 'release', true],
  [{ kind: 'verify-unavailable', command: 'c', why: 'w' }, 'release', true],
  [{ kind: 'verify-unavailable', command: 'c', why: 'w', onMainToo: true }, 'release', false],
  [{ kind: 'setup-failed', command: 'c', why: 'w' }, 'release', false],
  [{ kind: 'git-failed', why: 'w' }, 'release', true],
  [{ kind: 'internal-error', why: 'w' }, 'release', true],
  [{ kind: 'disk-failed', why: 'w' }, 'release', false],
  [{ kind: 'trespassed', what: 'checkout', checkout: '/r', paths: ['a'], why: 'w' }, 'release', true],
  [{ kind: 'trespassed', what: 'main', commit: 'c', why: 'w' }, 'release', true],
];

describe('the fate of a task', () => {
  test.each(table)('after %j is to %s', (outcome, transition, usesAttempt) => {
    expect(fateOf(outcome, 0, 3)).toEqual({ transition, usesAttempt });
  });

  test.each(table.filter(([, , usesAttempt]) => usesAttempt))(
    'P10: after %j on the last attempt is to fail',
    (outcome) => {
      expect(fateOf(outcome, 2, 3)).toEqual({ transition: 'fail', usesAttempt: true });
    },
  );
});
