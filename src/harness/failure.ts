import type { Failure, FailureKind } from '../core/failure.ts';
import { recognise, withoutColours } from './failure-words.ts';
import type { Reading } from './harness.ts';
import type { TurnEnding } from './turn.ts';

/** Why oompa itself ended a turn. */
export type StopReason = 'timeout' | 'silent' | 'output-too-large' | 'stopped';

/** All that is known of a turn when its process is gone. Never the prompt, and of the agent's prose only whether there is any. */
export interface TurnEvidence {
  readonly reading: Reading;
  readonly exitCode?: number;
  readonly signal?: string;
  /** The last few kilobytes of standard error, colours included. */
  readonly stderrTail: string;
  /** Set when no process could be started. */
  readonly spawnError?: { readonly code: string; readonly message: string };
  readonly stopReason?: StopReason;
  /** The worktree was not there when the turn started or failed to. */
  readonly cwdMissing?: boolean;
  /** The program that was to be started. */
  readonly binary: string;
  /** The session that the CLI was told to resume. */
  readonly resumed?: string;
  /** True when the CLI was to work through a server that is running already. */
  readonly attached: boolean;
}

/** How a turn ended. Exit 0 alone is never success. */
export function classify(evidence: TurnEvidence): TurnEnding {
  const failure = failureOf(evidence);
  if (failure !== undefined) return { kind: 'failed', failure: { ...failure, detail: oneLine(failure.detail) } };
  return { kind: 'answered', message: evidence.reading.message ?? '' };
}

function failureOf(evidence: TurnEvidence): Failure | undefined {
  return (
    notStarted(evidence) ??
    stoppedByUs(evidence) ??
    endedFromOutside(evidence) ??
    otherSession(evidence) ??
    reported(evidence) ??
    endedByItself(evidence)
  );
}

function notStarted({ spawnError, cwdMissing, binary }: TurnEvidence): Failure | undefined {
  if (cwdMissing === true) return { kind: 'spawn-failed', detail: 'the worktree is gone' };
  if (spawnError === undefined) return undefined;
  switch (spawnError.code) {
    case 'ENOENT':
      return { kind: 'not-installed', detail: `${binary} was not found` };
    case 'EACCES':
      return { kind: 'spawn-failed', detail: `${binary} may not be executed` };
    case 'E2BIG':
      return { kind: 'spawn-failed', detail: `the prompt is too long for an argument of ${binary}; use prompt: stdin` };
    default:
      return { kind: 'spawn-failed', detail: spawnError.message };
  }
}

function stoppedByUs({ stopReason, reading, stderrTail }: TurnEvidence): Failure | undefined {
  if (stopReason === undefined) return undefined;
  switch (stopReason) {
    case 'stopped':
      return { kind: 'stopped', detail: 'oompa ended it' };
    case 'timeout':
      return { kind: 'timeout', detail: because('it reached the time limit', reading) };
    case 'output-too-large':
      return { kind: 'output-too-large', detail: 'it printed more than the output limit' };
    case 'silent': {
      // An agent that was silent because it went on retrying has said what is wrong.
      const known = recognise(reading.failure, stderrTail);
      const kind = known !== undefined && retriedKinds.has(known.kind) ? known.kind : 'silent';
      return { kind, detail: because('it made no progress', reading) };
    }
  }
}

const retriedKinds: ReadonlySet<FailureKind> = new Set(['auth', 'quota', 'rate-limited', 'overloaded', 'network']);

function because(what: string, { failure }: Reading): string {
  return failure === undefined ? what : `${what}; last: ${failure.message}`;
}

/** Somebody else's signal: the kernel's when memory ran out, a crash in native code. */
function endedFromOutside({ signal }: TurnEvidence): Failure | undefined {
  return signal === undefined ? undefined : { kind: 'crashed', detail: `ended by ${signal}` };
}

/** codex answers an unknown name with a new thread, and says nothing. */
function otherSession({ resumed, reading }: TurnEvidence): Failure | undefined {
  if (resumed === undefined || reading.session === undefined || reading.session === resumed) return undefined;
  return { kind: 'session-gone', detail: `it began session ${reading.session} instead of resuming ${resumed}` };
}

/** A failure in the CLI's own structured words; without any, what it wrote to standard error before it gave up. */
function reported({ reading, exitCode, stderrTail, attached, resumed }: TurnEvidence): Failure | undefined {
  if (reading.failure === undefined && exitCode === 0 && reading.finished) return undefined;
  const known = recognise(reading.failure, stderrTail);
  if (known === undefined) {
    return reading.failure === undefined ? undefined : { kind: 'unknown', detail: reading.failure.message };
  }
  const unreachable =
    attached && (known.kind === 'network' || (known.kind === 'session-gone' && resumed === undefined));
  return unreachable && reading.progress === 0 ? { ...known, kind: 'attach-unreachable' } : known;
}

function endedByItself({ reading, exitCode, stderrTail }: TurnEvidence): Failure | undefined {
  if (exitCode !== 0) {
    return { kind: 'crashed', detail: lastLine(stderrTail) ?? `exit code ${exitCode ?? 'unknown'}, without a word` };
  }
  if (reading.finished && reading.message !== undefined && reading.message.trim() !== '') return undefined;
  if (reading.progress === 0 && reading.message === undefined) {
    return { kind: 'no-output', detail: lastLine(stderrTail) ?? 'it ended well and printed nothing' };
  }
  return {
    kind: 'no-final-message',
    detail: reading.finished ? 'its final message is blank' : 'it ended without its closing event',
  };
}

function lastLine(stderr: string): string | undefined {
  return withoutColours(stderr)
    .split('\n')
    .map((line) => line.trim())
    .findLast((line) => line !== '');
}

function oneLine(text: string): string {
  const line = withoutColours(text).replace(/\s+/gu, ' ').trim();
  return line.length > 300 ? `${line.slice(0, 299)}…` : line;
}
