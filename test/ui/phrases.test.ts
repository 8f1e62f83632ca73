import { describe, expect, it } from 'vitest';
import type { FailureKind } from '../../src/core/failure.ts';
import type { Outcome } from '../../src/core/outcome.ts';
import { failureMessage, outcomeMessage } from '../../src/ui/phrases.ts';

const failures: Record<FailureKind, true> = {
  'not-installed': true,
  'spawn-failed': true,
  auth: true,
  quota: true,
  'rate-limited': true,
  overloaded: true,
  network: true,
  'model-unknown': true,
  'context-full': true,
  'session-gone': true,
  'session-in-use': true,
  'permission-denied': true,
  'state-locked': true,
  'attach-unreachable': true,
  'no-output': true,
  'no-final-message': true,
  'output-too-large': true,
  timeout: true,
  silent: true,
  stopped: true,
  crashed: true,
  unknown: true,
};
const kinds = Object.keys(failures) as FailureKind[];
const agent = { harness: 'claude', model: 'opus' };

describe('the words for a failure', () => {
  it.each(kinds)('name the harness and a remedy: %s', (kind) => {
    const { what, remedy } = failureMessage(kind, agent);
    expect(what).toContain('claude');
    expect(remedy).not.toBe('');
    expect(`${what}${remedy}`).not.toMatch(/\n|[A-Z]\w+ing/);
  });

  it('are different for each kind', () => {
    expect(new Set(kinds.map((kind) => failureMessage(kind, agent).what)).size).toBe(kinds.length);
  });

  it('exist for a kind of a newer version', () => {
    expect(failureMessage('eaten-by-whale' as FailureKind, agent).what).toBe('claude failed');
  });
});

describe('the words for an outcome', () => {
  it.each<[Outcome, string]>([
    [{ kind: 'landed', commit: 'c' }, 'landed'],
    [{ kind: 'proposed', tasks: ['a', 'b'] }, 'proposed 2 tasks: a, b'],
    [{ kind: 'held', paths: ['a'], why: 'uncommitted changes' }, 'uncommitted changes: a'],
    [{ kind: 'rejected', reason: 'Wrong\nway.' }, 'the reviewer rejects the approach: Wrong way.'],
    [{ kind: 'rounds-exhausted', rounds: 3 }, 'the reviewer still wanted changes after 3 rounds'],
    [{ kind: 'turns-exhausted', turns: 1 }, 'no result after 1 turn'],
    [{ kind: 'no-changes' }, 'the agent says it is done and changed nothing'],
    [{ kind: 'needs-followup', why: 'no key' }, 'the agent gave up: no key'],
    [{ kind: 'needs-input', question: 'Which one?' }, 'Which one?'],
    [
      { kind: 'review-unavailable', why: 'codex: it said nothing' },
      'no reviewer gave a verdict: codex: it said nothing',
    ],
    [{ kind: 'verify-unavailable', command: 'npm test', why: 'killed' }, '`npm test` could not be run: killed'],
    [
      { kind: 'agent-failed', failure: { kind: 'auth', detail: '401' } },
      'claude is not logged in, or its key was refused: 401',
    ],
    [{ kind: 'agent-failed', failure: { kind: 'crashed', detail: '' } }, 'claude crashed'],
    [
      { kind: 'setup-failed', command: 'npm ci', why: 'exit code 1' },
      '`npm ci` failed in the new worktree: exit code 1',
    ],
    [{ kind: 'internal-error', why: 'no' }, 'internal error: no'],
    [{ kind: 'disk-failed', why: 'no space' }, 'the disk failed: no space'],
    [{ kind: 'git-failed', why: 'disk full' }, 'git failed: disk full'],
    [{ kind: 'stale-claim' }, 'somebody else owns the task by now'],
    [{ kind: 'interrupted' }, 'the run was stopped'],
    [{ kind: 'teleported' } as unknown as Outcome, 'ended in a way that this version does not know'],
  ])('say what happened: %j', (outcome, what) => {
    expect(outcomeMessage(outcome, agent).what).toBe(what);
  });
});
