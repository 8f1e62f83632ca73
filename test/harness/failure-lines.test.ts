import { describe, expect, it } from 'vitest';
import type { FailureKind } from '../../src/core/failure.ts';
import { customHarness } from '../../src/harness/custom.ts';
import { classify, isCertain, type TurnEvidence } from '../../src/harness/failure.ts';
import { emptyReading, type Harness, type Reading } from '../../src/harness/harness.ts';
import { findHarness } from '../../src/harness/registry.ts';
import { errorLine, stepFinish, stepStart, textLine, toolLine } from '../rig/opencode-lines.ts';

/** What a CLI was seen to print as it failed; trimmed to what counts. */
interface Seen {
  readonly out?: readonly (object | string)[];
  readonly err?: string;
  readonly exit?: number;
}

type Row = readonly [why: string, kind: FailureKind | 'answered', seen: Seen];

const nowMs = Date.UTC(2026, 10, 21, 11, 30);

/** opencode 1.18.33. */
const opencodeError = (name: string, data: object) => ({ type: 'error', sessionID: 's', error: { name, data } });
const opencodeLog = (text: string) => `timestamp=2026-11-21T11:45:21.636Z level=ERROR run=dc887497 ${text}\n`;
const streamError = (text: string, isTitle = false) =>
  opencodeLog(
    `message="stream error" providerID=fake session.id=s small=${String(isTitle)} agent=build error.error="AI_APICallError: ${text}"`,
  );
const serverError = opencodeError('UnknownError', {
  message: 'Unexpected server error. Check server logs for details.',
  ref: 'err_d2ba8cfb',
});
const step = [stepStart('s'), toolLine('s', 'ls')];
const opencodeRows: readonly Row[] = [
  ['401', 'auth', { out: [errorLine('s', 401, 'Incorrect API key provided: fake')], exit: 1 }],
  ['401, attached', 'auth', { out: [errorLine('s', 401, 'Incorrect API key provided: fake')], exit: 0 }],
  ['unknown model', 'model-unknown', { out: [serverError], err: unknownModelLog(), exit: 1 }],
  ['unknown model, attached', 'unknown', { out: [serverError], exit: 1 }],
  ['quota', 'quota', { out: [errorLine('s', 429, 'You exceeded your current quota.')], exit: 1 }],
  [
    'malformed stream',
    'network',
    { out: [opencodeError('UnknownError', { message: 'JSON parsing failed' })], exit: 1 },
  ],
  ['reset', 'network', { out: [opencodeError('APIError', { message: 'Cannot connect to API: closed' })], exit: 1 }],
  ['answer cut off', 'no-final-message', { out: [stepStart('s'), textLine('s', 'hi'), stepFinish('s', 'length')] }],
  [
    'filtered answer',
    'unknown',
    {
      out: [
        ...[stepStart('s'), textLine('s', 'hi'), stepFinish('s', 'content-filter')],
        opencodeError('ContentFilterError', { message: 'The response was blocked by the provider’s content filter' }),
      ],
      exit: 1,
    },
  ],
  [
    'permission that nobody gives',
    'permission-denied',
    {
      out: [...step, stepFinish('s', 'tool-calls')],
      err: '\u001b[93m\u001b[1m! \u001b[0mpermission requested: external_directory (/etc/*); auto-rejecting\n',
    },
  ],
  ['no line, attached', 'no-output', { exit: 0 }],
  ['broken database', 'state-corrupt', { err: 'Error: Unexpected error\n\nfile is not a database\n', exit: 1 }],
  ['locked database', 'state-locked', { err: 'Failed query: CREATE TABLE workspace (\n', exit: 1 }],
  [
    'database that several clients of a server make at once',
    'state-locked',
    {
      err: 'Error: Unexpected error\n\nFailed query: \n        CREATE TABLE `workspace` (\n          `id` text\n',
      exit: 1,
    },
  ],
  ['broken settings', 'state-corrupt', { err: 'Error: Configuration is invalid at OPENCODE_CONFIG\n', exit: 1 }],
  ['log of a tool’s troubles', 'crashed', { err: opencodeLog('message="webfetch: 401 Unauthorized"'), exit: 1 }],
  ['log of an unnamed session', 'crashed', { err: streamError('rate limit', true), exit: 1 }],
  ['log of its model', 'rate-limited', { err: streamError('Rate limit reached for requests'), exit: 1 }],
];

function unknownModelLog(): string {
  return (
    opencodeLog(
      'message="share subscriber failed" cause="Fail(ProviderModelNotFoundError: Model not found: fake/nope.)"',
    ) + opencodeLog('message=failed ref=err_d2ba8cfb error="ProviderModelNotFoundError: Model not found: fake/nope."')
  );
}

/** claude 2.1.329. */
const result = (more: object) => ({ type: 'result', is_error: true, session_id: 's', usage: {}, ...more });
const apiError = (text: string, status: number | null, error: string) => [
  { type: 'assistant', message: { model: '<synthetic>', content: [{ type: 'text', text }] }, error, session_id: 's' },
  result({ subtype: 'success', terminal_reason: 'api_error', api_error_status: status, result: text }),
];
const denial = { type: 'system', subtype: 'permission_denied', tool_name: 'Bash', session_id: 's' };
const told = { type: 'user', message: { role: 'user', content: [{ type: 'tool_result' }] }, session_id: 's' };
const claudeRetry = (attempt: number, status: number | null, error: string, delay = 500) => ({
  ...{ type: 'system', subtype: 'api_retry', attempt, max_retries: 10, retry_delay_ms: delay },
  ...{ error_status: status, error, session_id: 's' },
});
const claudeRows: readonly Row[] = [
  ['no key', 'auth', { out: apiError('Not logged in · Please run /login', null, 'authentication_failed'), exit: 1 }],
  ['401', 'auth', { out: apiError('Invalid API key · Fix external API key', 401, 'authentication_failed'), exit: 1 }],
  [
    '403',
    'auth',
    { out: apiError('Failed to authenticate. API Error: 403 no', 403, 'authentication_failed'), exit: 1 },
  ],
  ['400', 'unknown', { out: apiError('API Error: 400 no', 400, 'invalid_request'), exit: 1 }],
  ['404', 'model-unknown', { out: apiError("There's an issue with it", 404, 'model_not_found'), exit: 1 }],
  ['429', 'rate-limited', { out: apiError('API Error: Request rejected (429) · slow', 429, 'rate_limit'), exit: 1 }],
  ['used up', 'quota', { out: apiError("You've hit your limit · resets 12:40pm (UTC)", 429, 'rate_limit'), exit: 1 }],
  ['529', 'overloaded', { out: apiError('API Error: 529 Overloaded.', 529, 'overloaded'), exit: 1 }],
  ['reset', 'network', { out: apiError('API Error: Connection dropped (ECONNRESET).', null, 'server_error'), exit: 1 }],
  ['hang', 'network', { out: apiError('Request timed out.', null, 'unknown'), exit: 1 }],
  [
    'HTML',
    'network',
    { out: apiError('API Error: API returned an empty or malformed response (HTTP 200)', null, 'unknown'), exit: 1 },
  ],
  ['no credit', 'quota', { out: apiError('Credit balance is too low', 400, 'billing_error'), exit: 1 }],
  [
    'cut off',
    'no-final-message',
    {
      out: apiError(
        "API Error: Claude's response exceeded the 128000 output token maximum.",
        null,
        'max_output_tokens',
      ),
    },
  ],
  [
    'refusal',
    'unknown',
    { out: apiError('API Error: safeguards flagged this message', null, 'invalid_request'), exit: 1 },
  ],
  [
    'its own limit of turns',
    'no-final-message',
    { out: [result({ subtype: 'error_max_turns', errors: ['Reached maximum number of turns (1)'] })], exit: 1 },
  ],
  [
    'its own budget',
    'no-final-message',
    { out: [result({ subtype: 'error_max_budget_usd', errors: ['Reached maximum budget ($1e-7)'] })], exit: 1 },
  ],
  [
    'interrupted',
    'crashed',
    { out: [result({ subtype: 'error_during_execution', terminal_reason: 'aborted_tools' })] },
  ],
  ['denied, and no result', 'permission-denied', { out: [denial] }],
  [
    'denied, and nothing to say',
    'permission-denied',
    { out: [denial, told, result({ is_error: false, result: '', permission_denials: [{ tool_name: 'Bash' }] })] },
  ],
  ['denied, and went on', 'answered', { out: [denial, told, result({ is_error: false, result: 'done' })] }],
  ['empty', 'no-final-message', { out: [told, result({ is_error: false, result: '', permission_denials: [] })] }],
  [
    'broken state',
    'state-corrupt',
    {
      out: [
        result({
          subtype: 'error_during_execution',
          errors: ["Configuration error in /c/.claude.json: JSON Parse error: Expected '}'"],
          startup_failure_reason: 'config_file_invalid',
        }),
      ],
      exit: 1,
    },
  ],
  [
    'tool servers',
    'mcp-handshake',
    { err: 'Error: Invalid MCP configuration:\nMCP config file not found: /x\n', exit: 1 },
  ],
  ['id in use', 'session-in-use', { err: 'Error: Session ID 1-2 is already in use.\n', exit: 1 }],
  ['no UUID', 'session-gone', { err: 'Error: Invalid session ID. Must be a valid UUID.\n', exit: 1 }],
];

/** codex 0.169.0. */
const started = { type: 'thread.started', thread_id: 's' };
const failed = (message: string) => [started, { type: 'error', message }, { type: 'turn.failed', error: { message } }];
const reconnecting = (attempt: number, why: string) => ({
  type: 'error',
  message: `Reconnecting... ${String(attempt)}/5 (${why})`,
});
const codexRows: readonly Row[] = [
  ['no key', 'auth', { out: failed('Missing environment variable: `FAKE_API_KEY`.'), exit: 1 }],
  ['401', 'auth', { out: failed('unexpected status 401 Unauthorized: x, url: http://x'), exit: 1 }],
  ['403', 'auth', { out: failed('unexpected status 403 Forbidden: x, url: http://x'), exit: 1 }],
  ['revoked', 'auth', { out: failed('Your access token could not be refreshed because it was revoked.'), exit: 1 }],
  ['404', 'model-unknown', { out: failed('unexpected status 404 Not Found: x, url: http://x'), exit: 1 }],
  ['unknown model', 'model-unknown', { out: failed('The requested model gpt-x does not exist'), exit: 1 }],
  [
    'model of another plan',
    'model-unknown',
    {
      out: failed('{"detail":"The \'gpt-9\' model is not supported when using Codex with a ChatGPT account."}'),
      exit: 1,
    },
  ],
  ['429', 'rate-limited', { out: failed('exceeded retry limit, last status: 429 Too Many Requests'), exit: 1 }],
  ['rate', 'rate-limited', { out: failed('rate limit exceeded: Please try again in 2.054s.'), exit: 1 }],
  ['quota', 'quota', { out: failed('Quota exceeded. Check your plan and billing details.'), exit: 1 }],
  ['used up', 'quota', { out: failed('You’ve hit your usage limit. Try again at Nov 26th, 2026 2:38 AM.'), exit: 1 }],
  ['500', 'overloaded', { out: failed('We’re currently experiencing high demand, which may cause …'), exit: 1 }],
  ['busy', 'overloaded', { out: failed('Selected model is at capacity. Please try a different model.'), exit: 1 }],
  ['context', 'context-full', { out: failed("Codex ran out of room in the model's context window."), exit: 1 }],
  ['reset', 'network', { out: failed('stream disconnected before completion: error sending request'), exit: 1 }],
  ['cut', 'network', { out: failed('stream closed before response.completed'), exit: 1 }],
  ['cut off', 'no-final-message', { out: failed('Incomplete response returned, reason: max_output_tokens'), exit: 1 }],
  [
    'filtered',
    'unknown',
    { out: failed('stream disconnected before completion: Incomplete response returned, reason: content_filter') },
  ],
  ['flagged', 'unknown', { out: failed('Invalid prompt: flagged'), exit: 1 }],
  ['refused write, and no word of it', 'no-final-message', { out: [started, { type: 'turn.completed', usage: {} }] }],
  [
    'tool servers',
    'mcp-handshake',
    {
      err: 'Error: thread/start: required MCP servers failed to initialize: x: handshaking with MCP server failed: 401\n',
    },
  ],
  [
    'broken settings',
    'state-corrupt',
    { err: 'Error loading config.toml:\n/c/config.toml:1:8: extra `=`\n  |   ^\n', exit: 1 },
  ],
  ['no folder', 'state-corrupt', { err: 'Error finding codex home: CODEX_HOME points to "/x"\n', exit: 1 }],
  [
    'unknown thread',
    'session-gone',
    { err: 'Error: thread/resume failed: no rollout found for thread id x\n', exit: 1 },
  ],
  ['outside of git', 'permission-denied', { err: 'Not inside a trusted directory and …\n', exit: 1 }],
  ['unknown tool', 'crashed', { err: 'ERROR codex_core::tools::router: error=unsupported call: x\n', exit: 1 }],
];

/** gemini 0.61.0. */
const geminiFailed = (message: string) => [
  { type: 'init', session_id: 's' },
  { type: 'result', status: 'error', error: { type: 'unknown', message }, stats: {} },
];
const remarked = (message: string) => [
  { type: 'error', severity: 'error', message },
  { type: 'result', status: 'error', stats: {} },
];
const increase = '\nPlease wait and try again later. To increase your limits, request a quota increase';
const geminiRows: readonly Row[] = [
  ['401', 'auth', { out: geminiFailed('[API Error: no]'), exit: 145 }],
  [
    'bad key',
    'auth',
    { out: geminiFailed('[API Error: {"error":{"code":400,"message":"API key not valid."}}]'), exit: 144 },
  ],
  [
    'no key',
    'auth',
    { err: 'you must specify the GEMINI_API_KEY environment variable.\nUpdate your environment', exit: 41 },
  ],
  ['429', 'rate-limited', { out: geminiFailed(`[API Error: no]${increase}`), exit: 173 }],
  [
    'quota of a minute',
    'rate-limited',
    { out: geminiFailed(`[API Error: Quota exceeded for metric: x. Please retry in 3.5s.]${increase}`), exit: 173 },
  ],
  [
    'quota of a day',
    'quota',
    { out: geminiFailed(`[API Error: You have exhausted your daily quota on this model.]${increase}`), exit: 173 },
  ],
  ['reset in the stream', 'network', { out: geminiFailed('[API Error: terminated]'), exit: 1 }],
  ['empty', 'no-final-message', { out: remarked('The model returned an empty response with no text or thoughts.') }],
  ['blocked', 'unknown', { out: remarked('The model response was blocked due to safety settings.') }],
  [
    'broken settings',
    'state-corrupt',
    { err: 'Error in /s.json: x\nPlease fix the configuration file(s)\n', exit: 52 },
  ],
  ['unknown session', 'session-gone', { err: 'Error resuming session: x\n', exit: 42 }],
];

describe.each([
  ['opencode', opencodeRows],
  ['claude', claudeRows],
  ['codex', codexRows],
  ['gemini', geminiRows],
])('%s', (name, rows) => {
  it.each(rows)('%s: %s', (_why, kind, seen) => {
    expect(kindOf(findHarness(name, {})!, seen)).toBe(kind);
  });
});

describe('an agent that speaks of failures', () => {
  const words = 'rate limit exceeded, 401 Unauthorized, quota exceeded, Session not found, auto-rejecting';
  const working: readonly (readonly [string, Harness, readonly (object | string)[], readonly (object | string)[]])[] = [
    [
      'opencode',
      findHarness('opencode', {})!,
      [stepStart('s'), toolLine('s', `echo ${words}`), textLine('s', words)],
      [stepFinish('s', 'stop')],
    ],
    [
      'claude',
      findHarness('claude', {})!,
      [{ type: 'assistant', message: { id: '1', content: [{ type: 'text', text: words }] } }, told],
      [result({ is_error: false, result: words })],
    ],
    [
      'codex',
      findHarness('codex', {})!,
      [
        { type: 'item.completed', item: { type: 'command_execution', aggregated_output: words, exit_code: 1 } },
        { type: 'item.completed', item: { type: 'agent_message', text: words } },
      ],
      [{ type: 'turn.completed', usage: {} }],
    ],
    [
      'gemini',
      findHarness('gemini', {})!,
      [
        { type: 'tool_result', status: 'error', output: words },
        { type: 'message', role: 'assistant', content: words, delta: true },
      ],
      [{ type: 'result', status: 'success', stats: {} }],
    ],
    ['a CLI with plain text', customHarness('x', { command: ['x'], prompt: 'stdin', output: 'text' }), [words], []],
  ];

  it.each(working)('is not taken at its word: %s', (_name, harness, work, end) => {
    expect(kindOf(harness, { out: [...work, ...end] })).toBe('answered');
    expect(kindOf(harness, { out: [...work, ...end], exit: 1 })).toBe('crashed');
    expect(kindOf(harness, { out: work, exit: 1 })).toBe('crashed');
    expect(isCertain(readAll(harness, work), '')).toBeUndefined();
  });

  it('is not, in plain text, but what it writes to standard error is', () => {
    const [, harness] = working.at(-1)!;
    expect(kindOf(harness, { out: ['fine'], err: 'Error: rate limit exceeded\n', exit: 1 })).toBe('rate-limited');
  });
});

describe('the wait that a provider asked for', () => {
  it.each<[string, string, Seen, number | undefined]>([
    [
      'opencode’s headers',
      'opencode',
      { out: [opencodeError('APIError', { message: 'no', statusCode: 429, responseHeaders: { 'retry-after': '7' } })] },
      7000,
    ],
    [
      'claude’s delay, when it is not its own',
      'claude',
      {
        out: [
          claudeRetry(1, 429, 'rate_limit', 8594),
          ...apiError('API Error: Request rejected (429)', 429, 'rate_limit'),
        ],
      },
      8594,
    ],
    [
      'nothing, when it is',
      'claude',
      {
        out: [
          claudeRetry(3, 429, 'rate_limit', 2306),
          ...apiError('API Error: Request rejected (429)', 429, 'rate_limit'),
        ],
      },
      undefined,
    ],
    [
      'the time of day that claude says',
      'claude',
      { out: apiError("You've hit your limit · resets 12:40pm (UTC)", 429, 'rate_limit') },
      71 * 60_000,
    ],
    ['codex’s words', 'codex', { out: failed('rate limit exceeded: Please try again in 2.054s.') }, 2054],
    ['gemini’s words', 'gemini', { out: geminiFailed('[API Error: Quota exceeded. Please retry in 3.5s.]') }, 3500],
    ['nothing, of a login', 'codex', { out: failed('unexpected status 401: try again in 7s') }, undefined],
  ])('is read from %s', (_what, name, seen, expected) => {
    const ending = ended(findHarness(name, {})!, { exit: 1, ...seen });
    expect(ending.kind === 'failed' ? ending.failure.retryAfterMs : 'answered').toBe(expected);
  });
});

describe('a failure that is certain while the CLI goes on trying', () => {
  const unauthorised = 'unexpected status 401 Unauthorized: x';
  const quota = 'You exceeded your current quota.';
  it.each<[string, FailureKind | undefined, string, readonly (object | string)[], string?]>([
    ['one 401 of claude, which may heal it', undefined, 'claude', [claudeRetry(1, 401, 'authentication_failed')]],
    [
      'another first 401, after a new token',
      undefined,
      'claude',
      [claudeRetry(1, 401, 'authentication_failed'), claudeRetry(1, 401, 'authentication_failed')],
    ],
    [
      'a second 401 of claude',
      'auth',
      'claude',
      [claudeRetry(1, 401, 'authentication_failed'), claudeRetry(2, 401, 'authentication_failed')],
    ],
    [
      'a 401 after which it went on',
      undefined,
      'claude',
      [claudeRetry(1, 401, 'authentication_failed'), claudeRetry(2, 401, 'authentication_failed'), told],
    ],
    ['ten rate limits', undefined, 'claude', [claudeRetry(10, 429, 'rate_limit')]],
    ['ten lost connections', undefined, 'claude', [claudeRetry(10, null, 'server_error')]],
    ['what it says as it gives up', undefined, 'claude', apiError('Invalid API key', 401, 'authentication_failed')],
    ['a tool that was denied', undefined, 'claude', [denial]],
    ['one 401 of codex', undefined, 'codex', [reconnecting(1, unauthorised)]],
    ['a second 401 of codex', 'auth', 'codex', [reconnecting(1, unauthorised), reconnecting(2, unauthorised)]],
    ['a second 404 of codex', 'model-unknown', 'codex', [reconnecting(2, 'unexpected status 404 Not Found: x')]],
    ['no network', undefined, 'codex', [reconnecting(5, 'stream disconnected')]],
    ['a quota in opencode’s log', 'quota', 'opencode', [], streamError(quota)],
    ['a quota in the log, after work', undefined, 'opencode', step, streamError(quota)],
    ['a rate limit in opencode’s log', undefined, 'opencode', [], streamError('Rate limit reached')],
    ['a quota of gemini’s', 'quota', 'gemini', [], `Attempt 1 failed with status 429. Retrying… ${quota}\n`],
    ['a quota of a minute', undefined, 'gemini', [], `Attempt 1 failed: ${quota} Please retry in 3.5s. Retrying…\n`],
    ['a tool server’s 401', undefined, 'codex', [], 'ERROR rmcp: 401 Unauthorized\n'],
  ])('%s: %s', (_why, kind, name, lines, stderr = '') => {
    expect(isCertain(readAll(findHarness(name, {})!, lines), stderr)?.kind).toBe(kind);
  });
});

function kindOf(harness: Harness, seen: Seen): FailureKind | 'answered' {
  const ending = ended(harness, seen);
  return ending.kind === 'failed' ? ending.failure.kind : ending.kind;
}

function ended(harness: Harness, { out = [], err = '', exit = 0 }: Seen): ReturnType<typeof classify> {
  const evidence: Omit<TurnEvidence, 'reading'> = {
    ...{ exitCode: exit, stderrTail: err, binary: harness.binary, attached: false, nowMs },
  };
  return classify({ ...evidence, reading: harness.end(readAll(harness, out), exit) });
}

function readAll(harness: Harness, lines: readonly (object | string)[]): Reading {
  return lines.reduce<Reading>(
    (reading, line) => harness.read(reading, typeof line === 'string' ? line : JSON.stringify(line)),
    emptyReading,
  );
}
