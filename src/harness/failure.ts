import type { Failure, FailureKind } from '../core/failure.ts';
import { modelCallFailed, recognise, recogniseLine, withoutColours } from './failure-words.ts';
import type { Reading } from './harness.ts';
import type { TurnEnding } from './turn.ts';

/** Why oompa itself ended a turn; `certain` = `isCertain` knew how it would end. */
export type StopReason = 'timeout' | 'silent' | 'output-too-large' | 'over-budget' | 'certain' | 'stopped';

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
  /** When the turn ended, in milliseconds since 1970: CLIs name times of day. */
  readonly nowMs: number;
}

/**
 * The failure of a turn that is still running and in which waiting can't help any more; undefined otherwise.
 * The CLI must have said itself that it is trying again, in its structured output (or, before the agent did anything, on standard
 * error), and why. A login and a model must have been refused twice in a row: claude renews its token after a first 401, and
 * a gateway that starts up may know no model yet (claude 2.1.329 goes on for 176 s, codex 0.169.0 for 10 s). A rate limit is
 * never certain. What a CLI says as it gives up isn't either: it ends by itself, and may have more to tell.
 */
export function isCertain({ failure, progress }: Reading, stderrTail: string): Failure | undefined {
  if (failure !== undefined) return certain(recognise(failure, ''), failure.message);
  if (progress > 0) return undefined;
  const lines = withoutColours(stderrTail).split('\n');
  return lines.map((line) => certain(recogniseLine(line), line)).find((found) => found !== undefined);
}

function certain(failure: Failure | undefined, said: string): Failure | undefined {
  const [, attempt = modelCallFailed.test(said) ? 1 : 0] = /(?:\battempt |Reconnecting\.\.\. )(\d+)/i.exec(said) ?? [];
  const needed = failure === undefined ? undefined : triesToBeCertain.get(failure.kind);
  return needed !== undefined && Number(attempt) >= needed ? failure : undefined;
}

const triesToBeCertain: ReadonlyMap<FailureKind, number> = new Map<FailureKind, number>([
  ['auth', 2],
  ['model-unknown', 2],
  ['quota', 1],
  ['state-corrupt', 1],
]);

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

function stoppedByUs({ stopReason, reading, stderrTail, nowMs }: TurnEvidence): Failure | undefined {
  if (stopReason === undefined) return undefined;
  switch (stopReason) {
    case 'stopped':
      return { kind: 'stopped', detail: 'oompa ended it' };
    case 'timeout':
      return { kind: 'timeout', detail: because('it reached the time limit', reading) };
    case 'output-too-large':
      return { kind: 'output-too-large', detail: 'it printed more than the output limit' };
    case 'over-budget':
      return { kind: 'over-budget', detail: 'it reached the budget' };
    case 'certain':
      // It can have got over it in the very moment that it was ended.
      return recognise(reading.failure, stderrTail, nowMs) ?? { kind: 'unknown', detail: 'oompa ended it too early' };
    case 'silent': {
      // One that was silent because it went on trying has said what is wrong; on standard error that may be long over.
      const known = recognise(reading.failure, reading.progress === 0 ? stderrTail : '', nowMs);
      const what = 'it made no progress';
      return known !== undefined && retriedKinds.has(known.kind)
        ? { ...known, detail: `${what}; last: ${known.detail}` }
        : { kind: 'silent', detail: because(what, reading) };
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
function reported(evidence: TurnEvidence): Failure | undefined {
  const { reading, exitCode, stderrTail, attached, resumed, nowMs } = evidence;
  if (reading.failure === undefined && exitCode === 0 && reading.finished) return undefined;
  const known = recognise(reading.failure, stderrTail, nowMs);
  if (known === undefined) {
    return reading.failure === undefined ? undefined : { kind: 'unknown', detail: reading.failure.message };
  }
  const isUnreachable = known.kind === 'network' || (known.kind === 'session-gone' && resumed === undefined);
  // Whatever the server says names a session.
  return attached && isUnreachable && reading.session === undefined ? { ...known, kind: 'attach-unreachable' } : known;
}

function endedByItself({ reading, exitCode, stderrTail }: TurnEvidence): Failure | undefined {
  if (exitCode !== 0) {
    return { kind: 'crashed', detail: lastWords(stderrTail) ?? `exit code ${exitCode ?? 'unknown'}, without a word` };
  }
  if (reading.finished && reading.message !== undefined && reading.message.trim() !== '') return undefined;
  if (reading.progress === 0 && reading.message === undefined) {
    return { kind: 'no-output', detail: lastWords(stderrTail) ?? 'it ended well and printed nothing' };
  }
  return {
    kind: 'no-final-message',
    detail: reading.finished ? 'its final message is blank' : 'it ended without its closing event',
  };
}

/** The last line that speaks of an error, or else the last one with a word in it; frames of a stack are neither. */
function lastWords(stderr: string): string | undefined {
  const lines = withoutColours(stderr)
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => /\p{L}/u.test(line) && !line.startsWith('at '));
  return lines.findLast((line) => /error\b/i.test(line)) ?? lines.at(-1);
}

function oneLine(text: string): string {
  const line = withoutColours(text).replace(/\s+/gu, ' ').trim();
  return line.length > 300 ? `${line.slice(0, 299)}…` : line;
}
