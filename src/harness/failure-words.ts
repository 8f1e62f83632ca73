import type { Failure, FailureKind } from '../core/failure.ts';
import type { ReportedFailure } from './harness.ts';
import { waitInWords } from './retry-after.ts';

/**
 * The failure that a CLI's own report, or else its standard error, is known to mean; undefined when nothing is known.
 * `nowMs` is when that was said; without it, times of day are not understood.
 * The words were seen in opencode 1.18.33, claude 2.1.329, codex 0.169.0 and gemini 0.61.0.
 */
export function recognise(reported: ReportedFailure | undefined, stderr: string, nowMs?: number): Failure | undefined {
  const kind = reported === undefined ? undefined : kindOf(reported);
  if (reported === undefined || kind === undefined) return lastRecognised(stderr, nowMs);
  return withWait({ kind, detail: reported.message }, reported.retryAfterMs, nowMs);
}

/** The failure that one line of standard error is known to mean; undefined when nothing is known. */
export function recogniseLine(line: string, nowMs?: number): Failure | undefined {
  const detail = line.startsWith('timestamp=') ? saidInLog(line) : line.trim();
  const kind = kindOfWords(detail);
  return kind === undefined ? undefined : withWait({ kind, detail }, undefined, nowMs);
}

/** opencode's log tells of everything, its tools too. Only an unknown model and what its model calls came to is to be known from it. */
function saidInLog(line: string): string {
  const [, answer] = modelCallFailed.exec(line) ?? [];
  return answer ?? /ProviderModelNotFoundError: [^"]*/.exec(line)?.[0] ?? '';
}

/** A call for the agent itself (`small` ones name the session); opencode logs each, and goes on trying without a word. */
export const modelCallFailed = / message="stream error" .*\bsmall=false .*\berror\.error="(?:AI_\w+: )?([^"]*)"/;

function lastRecognised(stderr: string, nowMs: number | undefined): Failure | undefined {
  for (const line of withoutColours(stderr).split('\n').reverse()) {
    const failure = recogniseLine(line, nowMs);
    if (failure !== undefined) return failure;
  }
  return undefined;
}

/** A quota of which there is more within minutes is a rate limit, whatever the provider calls it. */
function withWait(failure: Failure, headerMs: number | undefined, nowMs: number | undefined): Failure {
  if (!waitableKinds.has(failure.kind)) return failure;
  const saidMs = waitInWords(failure.detail, nowMs);
  const kind =
    failure.kind === 'quota' && saidMs !== undefined && saidMs <= shortWaitMs ? 'rate-limited' : failure.kind;
  const retryAfterMs = headerMs ?? saidMs;
  return { ...failure, kind, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) };
}

const waitableKinds: ReadonlySet<FailureKind> = new Set<FailureKind>(['quota', 'rate-limited', 'overloaded']);
const shortWaitMs = 5 * 60_000;

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
  ['length', 'no-final-message'],
  ['max_output_tokens', 'no-final-message'],
  // Limits that the user gave the CLI for one turn: the task is too large for them, and would be again.
  ['max_turns', 'no-final-message'],
  ['error_max_turns', 'no-final-message'],
  ['budget_exhausted', 'no-final-message'],
  ['error_max_budget_usd', 'no-final-message'],
  ['permission_denied', 'permission-denied'],
  ['config_file_invalid', 'state-corrupt'],
  ['aborted_tools', 'crashed'],
  // No kind of its own: the provider refused to answer this prompt.
  ['ContentFilterError', 'unknown'],
  ['authentication_failed', 'auth'],
  ['ProviderAuthError', 'auth'],
  ['billing_error', 'quota'],
  ['overloaded', 'overloaded'],
  ['model_not_found', 'model-unknown'],
  ['ProviderModelNotFoundError', 'model-unknown'],
]);

/** claude says `server_error` of a lost connection too, and `rate_limit` of a subscription that is used up. */
const vagueCodes: ReadonlyMap<string, FailureKind> = new Map<string, FailureKind>([
  ['rate_limit', 'rate-limited'],
  ['server_error', 'overloaded'],
  ['unknown-finish', 'network'],
]);

function kindOfWords(text: string): FailureKind | undefined {
  return words.find(([, pattern]) => pattern.test(text))?.[0];
}

/** First match wins: what is particular stands above what is general. */
const words: readonly (readonly [FailureKind, RegExp])[] = [
  // bubblewrap 0.8.0, in whose sandbox the CLI could not be started.
  ['not-installed', /^bwrap: execvp .*: No such file/],
  ['spawn-failed', /^bwrap: /],
  ['session-in-use', /Session ID \S+ is already in use/],
  [
    'session-gone',
    /No conversation found with session ID|Session not found|no rollout found for thread|Error resuming session|Invalid session ID/,
  ],
  ['permission-denied', /cannot be used with root\/sudo|auto-rejecting|Not inside a trusted directory/],
  // opencode prints a failed query over several lines, or on one.
  ['state-locked', /(?:^|Failed query: )CREATE TABLE |database is locked|SQLITE_BUSY/],
  [
    'state-corrupt',
    /file is not a database|database disk image is malformed|database integrity check failed|configuration file at .* is corrupted|Configuration error in |Configuration is invalid|Error loading config\.toml|fix the configuration file|Error finding codex home/,
  ],
  [
    'mcp-handshake',
    /MCP servers? failed to initialize|handshaking with MCP server failed|MCP startup failed|Invalid MCP configuration/,
  ],
  ['unknown', /reason: content_filter|blocked due to safety settings|safeguards flagged|^Invalid prompt:/],
  [
    'context-full',
    /ran out of room in the model's context|exceeds the context window|prompt is too long|maximum context length|exceeds the maximum number of tokens|context_length_exceeded/i,
  ],
  [
    'quota',
    /insufficient_quota|quota exceeded|exceeded your current quota|exhausted your (?:\w+ )?quota|credit balance is too low|out of credits|usage limit|spend limit|hit your (?:[\w-]+ ){0,2}limit/i,
  ],
  [
    'auth',
    /Not logged in|(?:invalid|incorrect|missing) api key|api key not (?:valid|found)|Missing environment variable|Failed to authenticate|must specify the \w+ environment variable|access token could not be refreshed|Invalid auth method|set an Auth method|unexpected status 40[13]\b|authentication_error|\bunauthorized\b/i,
  ],
  ['no-final-message', /returned an empty response|output token maximum|reason: max_output_tokens/],
  [
    'model-unknown',
    /issue with the selected model|model\b.{0,120}\b(?:not found|does not exist|is not supported)|ModelNotFoundError|model_not_found/i,
  ],
  [
    'rate-limited',
    /rate.?limit|too many requests|last status: 429|failed with status 429|wait and try again later\. To increase your limits|rejected \(429\)/i,
  ],
  [
    'overloaded',
    /overloaded|high demand|model is at capacity|unexpected status 5\d\d\b|failed with status 5\d\d\b|internal server error/i,
  ],
  [
    'network',
    /empty or malformed response|JSON parsing failed|ECONNRESET|ECONNREFUSED|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|EPIPE|cannot connect to api|unable to connect|connection (?:reset|refused|dropped|lost|failed|error)|ended without a finish reason|stream disconnected|stream closed|error sending request|error decoding response|API Error: terminated|fetch failed|waiting for network|request timed out|(?:headers|SSE read) timed out/i,
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
