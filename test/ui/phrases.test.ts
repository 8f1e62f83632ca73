import { describe, expect, it } from 'vitest';
import type { FailureKind } from '../../src/core/failure.ts';
import type { Outcome } from '../../src/core/outcome.ts';
import type { TurnRecord } from '../../src/core/run-state.ts';
import { noUsage } from '../../src/core/usage.ts';
import { unpricedWords } from '../../src/core/prices.ts';
import { budgetWords, limitWords } from '../../src/ui/budget-words.ts';
import { deedsIn } from '../../src/ui/deeds.ts';
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
  'state-corrupt': true,
  'mcp-handshake': true,
  'attach-unreachable': true,
  'no-output': true,
  'no-final-message': true,
  'output-too-large': true,
  timeout: true,
  silent: true,
  'over-budget': true,
  stopped: true,
  crashed: true,
  unknown: true,
};
const kinds = Object.keys(failures) as FailureKind[];
const agent = { harness: 'claude', model: 'opus' };

describe('the words for a failure', () => {
  it.each(kinds)('name the harness and a remedy: %s', (kind) => {
    const { what, did, remedy } = failureMessage(kind, agent);
    expect(what).toContain('claude');
    expect(did).not.toBe('');
    expect(remedy).not.toBe('');
    expect(`${what}${did}${remedy}`).not.toMatch(/\n|[A-Z]\w+ing/);
  });

  it('are different for each kind', () => {
    expect(new Set(kinds.map((kind) => failureMessage(kind, agent).what)).size).toBe(kinds.length);
  });

  it('exist for a kind of a newer version', () => {
    expect(failureMessage('eaten-by-whale' as FailureKind, agent).what).toBe('claude failed');
  });
});

describe('what oompa did', () => {
  it.each<[FailureKind, string]>([
    [
      'auth',
      'it was not asked again, as that would not help; its `fallback` was, if it has one; no attempt was used up',
    ],
    [
      'rate-limited',
      'it was asked again after a pause, as `retry.backoff` says; its `fallback` was, if it has one; no attempt was used up',
    ],
    ['silent', 'it was asked once more; its `fallback` was, if it has one'],
    ['context-full', 'it was asked again in a new session; its `fallback` was, if it has one'],
    ['no-output', 'it was asked again where its CLI is known to get over that; its `fallback` was, if it has one'],
    ['over-budget', 'it was ended, and its work was kept'],
    ['stopped', 'its work was kept; no attempt was used up'],
  ])('is what the retry policy says: %s', (kind, did) => {
    expect(failureMessage(kind, agent).did).toBe(did);
  });

  const failed = (model: string): TurnRecord => ({
    ...{ turn: 1, harness: 'codex', model, ending: 'failed', usage: noUsage, ms: 0 },
    failure: { kind: 'network', detail: '' },
  });
  const answered: TurnRecord = { turn: 1, harness: 'codex', ending: 'answered', usage: noUsage, ms: 0 };

  it.each<[FailureKind, TurnRecord[], string | undefined]>([
    ['crashed', [failed('a'), failed('a')], 'codex a was asked twice'],
    ['crashed', [failed('a'), failed('a'), failed('b')], 'codex a was asked twice, then codex b once'],
    ['network', [failed('a'), failed('b')], 'codex a was asked once, then codex b once; no attempt was used up'],
    ['crashed', [failed('a'), answered, failed('b'), failed('b')], 'codex b was asked twice'],
    ['auth', [failed('a')], 'it was not asked again, as that would not help; no attempt was used up'],
    ['crashed', [failed('a')], undefined],
    ['crashed', [answered], undefined],
  ])('is what the turns of an iteration say, where there are several: %s', (kind, turns, did) => {
    expect(deedsIn(turns, kind)).toBe(did);
  });
});

describe('the words for a budget', () => {
  it.each([
    ['run', '', 'cost', 10, 'the run may cost no more than $10.00'],
    ['pool', 'fast', 'tokens', 2_000_000, 'the pool fast may use no more than 2.0M tokens'],
    ['task', 'add-login', 'runtime', 7_200_000, 'the task add-login may take no longer than 2 h'],
    ['turn', '', 'tokens', 900, 'the turn may use no more than 900 tokens'],
  ] as const)('of a %s %s: %s %d', (scope, name, what, limit, text) => {
    expect(limitWords({ scope, what, limit }, name)).toBe(text);
  });

  it('that is reached say how far it went, and what that stops', () => {
    const budget = { scope: 'run', name: '', what: 'cost', limit: 10, spent: 10.25 } as const;
    expect(budgetWords({ ...budget, hard: false })).toBe(
      'the run may cost no more than $10.00, and is at $10.25: no new turn is begun',
    );
    expect(budgetWords({ ...budget, hard: true })).toContain('what is at work is ended');
    expect(budgetWords({ ...budget, spent: 9.5, hard: false })).toBe(
      'the run may cost no more than $10.00, and is at $9.50: that leaves no room for a whole turn, so that no new turn is begun',
    );
  });

  it.each([
    ['run', 'raise `limits.max_cost_usd`, or go on in a new run: oompa swarm'],
    ['pool', 'raise `limits.max_cost_usd` of the pool, or go on in a new run: oompa swarm'],
    ['task', 'split the task, or raise `limits.task.max_cost_usd`'],
  ] as const)('name the key and the way on: %s', (scope, remedy) => {
    expect(outcomeMessage({ kind: 'over-budget', scope, what: 'cost', limit: 1 }, agent).remedy).toBe(remedy);
  });

  it('that cannot be counted name the agent and the remedy', () => {
    expect(unpricedWords({ harness: 'codex', model: 'gpt-5.3' })).toBe(
      "`max_cost_usd` can't count codex gpt-5.3: it reports tokens only; add it under `prices`",
    );
    expect(unpricedWords({ harness: 'codex' })).toContain('name its `model`, and add that under `prices`');
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
      { kind: 'verify-unavailable', command: 'npm test', why: 'not found', onMainToo: true },
      '`npm test` could not be run, not on main either: not found',
    ],
    [
      { kind: 'agent-failed', failure: { kind: 'auth', detail: '401' } },
      'claude is not logged in, or its key was refused: 401',
    ],
    [{ kind: 'agent-failed', failure: { kind: 'crashed', detail: '' } }, 'claude crashed'],
    [
      { kind: 'agent-failed', failure: { kind: 'crashed', detail: '' }, agent: { harness: 'opencode' } },
      'opencode crashed',
    ],
    [
      { kind: 'setup-failed', command: 'npm ci', why: 'exit code 1' },
      '`npm ci` failed in the new worktree: exit code 1',
    ],
    [{ kind: 'internal-error', why: 'no' }, 'internal error: no'],
    [{ kind: 'disk-failed', why: 'no space' }, 'the disk failed: no space'],
    [{ kind: 'git-failed', why: 'disk full' }, 'git failed: disk full'],
    [{ kind: 'over-budget', scope: 'run', what: 'cost', limit: 5 }, 'the run may cost no more than $5.00'],
    [{ kind: 'stale-claim' }, 'somebody else owns the task by now'],
    [{ kind: 'interrupted' }, 'the run was stopped'],
    [{ kind: 'teleported' } as unknown as Outcome, 'ended in a way that this version does not know'],
  ])('say what happened: %j', (outcome, what) => {
    expect(outcomeMessage(outcome, agent).what).toBe(what);
  });
});
