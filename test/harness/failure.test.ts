import { describe, expect, it } from 'vitest';
import type { FailureKind } from '../../src/core/failure.ts';
import { classify, type TurnEvidence } from '../../src/harness/failure.ts';
import { emptyReading, type Reading, type ReportedFailure } from '../../src/harness/harness.ts';

const well: Reading = { ...emptyReading, session: 's', message: 'done', finished: true, progress: 2 };
const nowMs = Date.UTC(2026, 10, 21, 11, 30);
const base: TurnEvidence = { reading: well, exitCode: 0, stderrTail: '', binary: 'agent', attached: false, nowMs };
const saying = (failure: ReportedFailure, more: Partial<Reading> = {}): Reading => ({
  ...emptyReading,
  session: 's',
  ...more,
  failure,
});

describe('success', () => {
  it('needs exit 0, the closing event and a message that is not blank', () => {
    expect(classify(base)).toEqual({ kind: 'answered', message: 'done' });
  });

  const { message: _said, ...silent } = well;
  it.each<[string, Partial<TurnEvidence>, FailureKind]>([
    ['the exit code is 1', { exitCode: 1 }, 'crashed'],
    ['the closing event is missing', { reading: { ...well, finished: false } }, 'no-final-message'],
    ['the message is blank', { reading: { ...well, message: ' \n\t' } }, 'no-final-message'],
    ['there is no message', { reading: silent }, 'no-final-message'],
    ['nothing was printed', { reading: { ...emptyReading, finished: true } }, 'no-output'],
    ['a failure stands at the end of it', { reading: { ...well, failure: { message: 'x' } } }, 'unknown'],
    ['it works in another session than the one to resume', { resumed: 'another' }, 'session-gone'],
    ['a signal ended it', { signal: 'SIGSEGV' }, 'crashed'],
    ['oompa ended it', { stopReason: 'stopped' }, 'stopped'],
    ['it ran into the time limit', { stopReason: 'timeout' }, 'timeout'],
    ['it printed too much', { stopReason: 'output-too-large' }, 'output-too-large'],
    ['it was silent', { stopReason: 'silent' }, 'silent'],
    ['it used up its budget', { stopReason: 'over-budget' }, 'over-budget'],
    ['its failure was certain, and then was not', { stopReason: 'certain' }, 'unknown'],
  ])('is not to be had when %s', (_why, evidence, kind) => {
    expect(kindOf(evidence)).toBe(kind);
  });
});

describe('a process that could not be started', () => {
  it.each<[string, Partial<TurnEvidence>, FailureKind, string]>([
    ['the program is missing', { spawnError: { code: 'ENOENT', message: '' } }, 'not-installed', 'agent was not found'],
    [
      'the worktree is missing',
      { spawnError: { code: 'ENOENT', message: '' }, cwdMissing: true },
      'spawn-failed',
      'the worktree is gone',
    ],
    ['it may not run', { spawnError: { code: 'EACCES', message: '' } }, 'spawn-failed', 'agent may not be executed'],
    ['its arguments are too long', { spawnError: { code: 'E2BIG', message: '' } }, 'spawn-failed', 'use prompt: stdin'],
    ['of anything else', { spawnError: { code: 'EAGAIN', message: 'no more' } }, 'spawn-failed', 'no more'],
  ])('because %s', (_why, evidence, kind, detail) => {
    const { exitCode: _none, ...rest } = base;
    const ending = classify({ ...rest, reading: emptyReading, ...evidence });
    expect(ending).toMatchObject({ kind: 'failed', failure: { kind } });
    expect(ending.kind === 'failed' ? ending.failure.detail : '').toContain(detail);
  });
});

describe('what a CLI reports', () => {
  it.each<[FailureKind, ReportedFailure]>([
    ['auth', { message: 'no', status: 401 }],
    ['auth', { message: 'no', status: 403 }],
    ['auth', { message: 'Not logged in · Please run /login', code: 'authentication_failed' }],
    ['auth', { message: 'Missing environment variable: `FAKE_API_KEY`.' }],
    ['quota', { message: 'You exceeded your current quota.', status: 429 }],
    ['quota', { message: 'Credit balance is too low', code: 'billing_error', status: 400 }],
    ['quota', { message: 'Quota exceeded. Check your plan and billing details.' }],
    ['rate-limited', { message: 'no', status: 429 }],
    ['rate-limited', { message: 'rate limit exceeded: slow down' }],
    ['overloaded', { message: 'no', status: 529 }],
    ['overloaded', { message: 'API Error', code: 'server_error' }],
    ['overloaded', { message: 'We’re currently experiencing high demand, which may cause temporary errors.' }],
    ['network', { message: 'API Error: Connection dropped (ECONNRESET).', code: 'server_error' }],
    ['network', { message: 'Cannot connect to API: gone' }],
    ['network', { message: 'Connection reset by server' }],
    ['network', { message: 'Provider response headers timed out after 3000ms' }],
    ['network', { message: 'Reconnecting... waiting for network (Connection failed: dns)' }],
    ['model-unknown', { message: 'no', status: 404 }],
    ['model-unknown', { message: 'The model does not exist' }],
    ['context-full', { message: 'no', code: 'ContextOverflowError' }],
    ['context-full', { message: 'no', code: 'prompt_too_long', status: 400 }],
    ['unknown', { message: 'Unexpected server error. Check server logs for details.', code: 'UnknownError' }],
    ['unknown', { message: 'no', code: 'constructor' }],
  ])('%s: %o', (kind, failure) => {
    expect(kindOf({ exitCode: 1, reading: saying(failure) })).toBe(kind);
  });

  it('counts in attach mode too, where the exit code is 0 all the same', () => {
    expect(kindOf({ attached: true, reading: saying({ message: 'no', status: 401 }) })).toBe('auth');
  });

  it('explains the silence of an agent that went on trying', () => {
    expect(kindOf({ stopReason: 'silent', reading: saying({ message: 'overloaded', status: 529 }) })).toBe(
      'overloaded',
    );
    expect(kindOf({ stopReason: 'silent', reading: saying({ message: 'who knows' }) })).toBe('silent');
    expect(kindOf({ stopReason: 'timeout', reading: saying({ message: 'no', status: 529 }) })).toBe('timeout');
  });

  it('explains it on standard error too, as long as the agent has done nothing since', () => {
    const stderrTail = 'Attempt 3 failed with status 429. Retrying with backoff…';
    expect(kindOf({ stopReason: 'silent', reading: emptyReading, stderrTail })).toBe('rate-limited');
    expect(kindOf({ stopReason: 'silent', reading: { ...emptyReading, progress: 1 }, stderrTail })).toBe('silent');
  });

  it('is what a turn that was ended for it has failed of', () => {
    expect(kindOf({ stopReason: 'certain', reading: saying({ message: 'no', status: 401 }) })).toBe('auth');
  });
});

describe('what a CLI says on standard error only', () => {
  it.each<[FailureKind, string]>([
    ['session-gone', '\u001b[91m\u001b[1mError: \u001b[0mSession not found\n'],
    ['session-gone', 'No conversation found with session ID: x'],
    ['session-in-use', 'Error: Session ID 1-2-3 is already in use.'],
    [
      'permission-denied',
      '--dangerously-skip-permissions cannot be used with root/sudo privileges for security reasons',
    ],
    ['permission-denied', 'Not inside a trusted directory and --skip-git-repo-check was not specified.'],
    ['state-locked', 'Failed query: CREATE TABLE workspace (\n  id text\n)'],
    ['rate-limited', 'Attempt 1 failed with status 429. Retrying with backoff…'],
    ['crashed', 'TypeError: undefined is not a function\n    at x\n'],
    ['crashed', 'Rates are limited to what the author allows'],
    ['crashed', ''],
  ])('%s: %s', (kind, stderrTail) => {
    expect(kindOf({ exitCode: 1, reading: emptyReading, stderrTail })).toBe(kind);
  });

  it('is reported as one line without colours', () => {
    const stderrTail = '\u001b[31mfirst\u001b[0m\n\u001b[31mIt is   over\u001b[0m\n\n';
    expect(classify({ ...base, exitCode: 1, reading: emptyReading, stderrTail })).toEqual({
      kind: 'failed',
      failure: { kind: 'crashed', detail: 'It is over' },
    });
  });

  it('is best told by the last line that speaks of an error, and by no frame of a stack', () => {
    const stderrTail = 'Error loading it:\n  in the file\n   |   ^\n    at load (file.js:1:2)\n';
    expect(classify({ ...base, exitCode: 1, reading: emptyReading, stderrTail })).toMatchObject({
      failure: { kind: 'crashed', detail: 'Error loading it:' },
    });
  });

  it('is not held against an agent that did its work', () => {
    expect(classify({ ...base, stderrTail: 'Attempt 1 failed with status 429. Retrying' }).kind).toBe('answered');
  });

  it('tells a run that stopped at a permission from one that was broken off', () => {
    const reading = { ...emptyReading, session: 's', progress: 3 };
    const stderrTail = '! permission requested: external_directory (/etc/*); auto-rejecting';
    expect(kindOf({ reading, stderrTail })).toBe('permission-denied');
  });
});

describe('an attached CLI', () => {
  const notFound = { attached: true, exitCode: 1, reading: emptyReading, stderrTail: 'Error: Session not found' };

  it('says "Session not found" of a server that is not there', () => {
    expect(kindOf(notFound)).toBe('attach-unreachable');
    expect(kindOf({ ...notFound, resumed: 's' })).toBe('session-gone');
    expect(kindOf({ ...notFound, stderrTail: 'ECONNREFUSED' })).toBe('attach-unreachable');
  });

  it('has reached its server when it names a session, whatever the provider did', () => {
    const reading = saying({ message: 'Cannot connect to API: gone' });
    expect(kindOf({ ...notFound, stderrTail: '', reading })).toBe('network');
  });

  it('has brought nothing when it exits well without a line', () => {
    expect(kindOf({ attached: true, reading: emptyReading })).toBe('no-output');
  });
});

it('never judges by the agent’s own words', () => {
  const reading = { ...well, message: 'The API said: 401 Unauthorized, Session not found, rate limit exceeded.' };
  expect(classify({ ...base, reading }).kind).toBe('answered');
  expect(kindOf({ exitCode: 1, reading })).toBe('crashed');
  expect(kindOf({ exitCode: 1, reading: { ...reading, finished: false } })).toBe('crashed');
  expect(kindOf({ reading: { ...reading, finished: false } })).toBe('no-final-message');
});

function kindOf(evidence: Partial<TurnEvidence>): string {
  const ending = classify({ ...base, ...evidence });
  return ending.kind === 'failed' ? ending.failure.kind : ending.kind;
}
