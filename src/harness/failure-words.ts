import type { Failure, FailureKind } from '../core/failure.ts';
import type { ReportedFailure } from './harness.ts';

/**
 * The failure that a CLI's own report, or else its standard error, is known to mean; undefined when nothing is known.
 * The words were seen in opencode 1.18.33, claude 2.1.329, codex 0.169.0 and gemini 0.61.0.
 */
export function recognise(reported: ReportedFailure | undefined, stderr: string): Failure | undefined {
  const kind = reported === undefined ? undefined : kindOf(reported);
  const own = kind === undefined ? wordsOf(stderr) : { kind, detail: '' };
  return own === undefined ? undefined : { kind: own.kind, detail: reported?.message ?? own.detail };
}

function wordsOf(stderr: string): Failure | undefined {
  for (const line of withoutColours(stderr).split('\n').reverse()) {
    const kind = kindOfWords(line);
    if (kind !== undefined) return { kind, detail: line.trim() };
  }
  return undefined;
}

/** Text without terminal colours and other control sequences. */
export function withoutColours(text: string): string {
  return text.replace(controlSequence, '');
}

const escape = String.fromCharCode(27);
const controlSequence = new RegExp(
  `${escape}(?:\\[[0-9;?]*[ -/]*[@-~]|\\][^${escape}\\x07]*(?:\\x07|${escape}\\\\)?)`,
  'g',
);

/** Codes first, for they are exact; then words, which tell a quota from a rate limit; then the status and what is vague. */
function kindOf({ message, code = '', status }: ReportedFailure): FailureKind | undefined {
  return exactCodes.get(code) ?? kindOfWords(message) ?? kindOfStatus(status) ?? vagueCodes.get(code);
}

const exactCodes: ReadonlyMap<string, FailureKind> = new Map<string, FailureKind>([
  ['ContextOverflowError', 'context-full'],
  ['prompt_too_long', 'context-full'],
  ['authentication_failed', 'auth'],
  ['ProviderAuthError', 'auth'],
  ['billing_error', 'quota'],
  ['budget_exhausted', 'quota'],
  ['rate_limit', 'rate-limited'],
  ['overloaded', 'overloaded'],
  ['model_not_found', 'model-unknown'],
  ['ProviderModelNotFoundError', 'model-unknown'],
]);

/** claude says `server_error` of a lost connection, too. */
const vagueCodes: ReadonlyMap<string, FailureKind> = new Map<string, FailureKind>([
  ['server_error', 'overloaded'],
  ['unknown-finish', 'network'],
]);

function kindOfWords(text: string): FailureKind | undefined {
  return words.find(([, pattern]) => pattern.test(text))?.[0];
}

/** First match wins: what is particular stands above what is general. */
const words: readonly (readonly [FailureKind, RegExp])[] = [
  ['session-in-use', /Session ID \S+ is already in use/],
  [
    'session-gone',
    /No conversation found with session ID|Session not found|no rollout found for thread|Error resuming session/,
  ],
  ['permission-denied', /cannot be used with root\/sudo|auto-rejecting|Not inside a trusted directory/],
  ['state-locked', /Failed query: CREATE TABLE|database is locked|SQLITE_BUSY/],
  [
    'context-full',
    /ran out of room in the model's context|prompt is too long|maximum context length|exceeds the maximum number of tokens|context_length_exceeded/i,
  ],
  ['quota', /insufficient_quota|quota exceeded|exceeded your current quota|credit balance is too low|usage limit/i],
  [
    'auth',
    /Not logged in|(?:invalid|incorrect|missing) api key|api key not (?:valid|found)|Missing environment variable|Failed to authenticate|Invalid auth method|set an Auth method|unexpected status 40[13]\b|authentication_error|\bunauthorized\b/i,
  ],
  ['no-final-message', /returned an empty response/],
  [
    'model-unknown',
    /model\b.{0,120}\b(?:not found|does not exist|is not supported)|ModelNotFoundError|model_not_found/i,
  ],
  [
    'rate-limited',
    /rate.?limit|too many requests|last status: 429|failed with status 429|wait and try again later\. To increase your limits|rejected \(429\)/i,
  ],
  ['overloaded', /overloaded|high demand|unexpected status 5\d\d\b|failed with status 5\d\d\b|internal server error/i],
  [
    'network',
    /ECONNRESET|ECONNREFUSED|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|EPIPE|cannot connect to api|unable to connect|connection (?:reset|refused|dropped|lost|failed|error)|ended without a finish reason|stream disconnected|stream closed|error sending request|error decoding response|fetch failed|waiting for network|request timed out|(?:headers|SSE read) timed out/i,
  ],
];

function kindOfStatus(status: number | undefined): FailureKind | undefined {
  switch (status) {
    case undefined:
      return undefined;
    case 401:
    case 403:
      return 'auth';
    case 402:
      return 'quota';
    case 404:
      return 'model-unknown';
    case 408:
      return 'network';
    case 429:
      return 'rate-limited';
    default:
      return status >= 500 ? 'overloaded' : undefined;
  }
}
