import { errorLine, opencodeAnswer, stepFinish, stepStart, toolLine } from '../rig/opencode-lines.ts';
import type { Fate } from './fates.ts';
import { maxTokens } from './swarm-config.ts';

/** What a CLI prints before it ends by itself. */
export interface Said {
  readonly out?: readonly string[];
  readonly err?: string;
  readonly exit: number;
}

/** How one CLI talks; `SESSION` in a line stands for the session's id. */
export interface Voice {
  /** A whole turn that ends well. */
  says(text: string): readonly string[];
  /** The beginning of a turn, as far as it shows some work. */
  readonly begun: readonly string[];
  /** One more line of work. */
  readonly busy: string;
  /** Whether it has a line that says that its turn is over. */
  readonly hasEnd: boolean;
  /** Failures that are told in words of its own. */
  readonly fails: Partial<Readonly<Record<Fate, Said>>>;
}

/** As the CLIs of these names were seen to talk: opencode 1.18.33, claude 2.1.329, codex 0.169.0, gemini 0.61.0. */
export const voices: Readonly<Record<string, Voice>> = {
  opencode: opencode(),
  claude: claude(),
  codex: codex(),
  gemini: gemini(),
  'my-agent': plain(),
  vanishing: plain(),
  locked: plain(),
};

function opencode(): Voice {
  const fails = (status: number, message: string, headers = {}): Said => ({
    out: [errorLine('SESSION', status, message, headers)],
    exit: 1,
  });
  const named = (name: string, message: string) =>
    json({ type: 'error', sessionID: 'SESSION', error: { name, data: { message } } });
  const overflow = named('ContextOverflowError', 'prompt is too long: 250000 tokens > 200000 maximum');
  return {
    says: (text) => opencodeAnswer('SESSION', text),
    begun: [stepStart('SESSION'), toolLine('SESSION', 'ls'), stepFinish('SESSION', 'tool-calls')],
    busy: toolLine('SESSION', 'npm test'),
    hasEnd: true,
    fails: {
      'model-unknown': fails(404, 'The model does not exist'),
      quota: fails(429, 'You exceeded your current quota', { 'retry-after-ms': '300' }),
      'rate-limited': fails(429, 'Rate limit reached for requests', { 'retry-after-ms': '200' }),
      overloaded: fails(529, 'Overloaded', { 'retry-after-ms': '200' }),
      'bare-rate-limit': fails(429, 'Rate limit reached for requests'),
      'bare-overload': fails(503, 'Service unavailable: overloaded'),
      network: {
        out: [named('APIError', 'Cannot connect to API: Unable to connect. Is the computer able to access the url?')],
        exit: 1,
      },
      'context-full': { out: [overflow, overflow], exit: 1 },
      'session-gone': { err: 'Error: Session not found\n', exit: 1 },
      'permission-denied': {
        out: [stepStart('SESSION'), stepFinish('SESSION', 'tool-calls')],
        err: '! permission requested: external_directory (/etc/*); auto-rejecting\n',
        exit: 0,
      },
      'state-locked': { err: 'Error: Failed query: CREATE TABLE workspace (id text)\n', exit: 1 },
      'no-final-message': { out: [stepStart('SESSION'), stepFinish('SESSION', 'stop')], exit: 0 },
      unknown: { out: [named('UnknownError', 'the wheel has come off')], exit: 1 },
      'over-budget': { out: [stepStart('SESSION'), stepFinish('SESSION', 'tool-calls', 2 * maxTokens)], exit: 1 },
    },
  };
}

function claude(): Voice {
  const of = { session_id: 'SESSION' };
  const init = json({ type: 'system', subtype: 'init', ...of });
  const message = (block: object) =>
    json({ type: 'assistant', message: { id: 'msg_1', role: 'assistant', content: [block] }, ...of });
  const result = (fields: object) =>
    json({ ...of, usage: { input_tokens: 100, output_tokens: 20 }, subtype: 'success', ...fields, type: 'result' });
  const retry = (attempt: number, error_status: number | null, error: string, retry_delay_ms = 534) =>
    json({
      type: 'system',
      subtype: 'api_retry',
      attempt,
      max_retries: 10,
      retry_delay_ms,
      error_status,
      error,
      ...of,
    });
  const gaveUp = (api_error_status: number | null, text: string, terminal_reason = 'api_error') =>
    result({ is_error: true, api_error_status, result: text, terminal_reason });
  const tool = { type: 'tool_use', id: 'toolu_1', name: 'Bash', input: { command: 'npm test' } };
  return {
    says: (text) => [init, message({ type: 'text', text }), result({ is_error: false, result: text })],
    begun: [init, message(tool)],
    busy: message(tool),
    hasEnd: true,
    fails: {
      'bare-quota': { out: [init, gaveUp(400, 'Credit balance is too low')], exit: 1 },
      'rate-limited': {
        out: [init, retry(1, 429, 'rate_limit', 1200), gaveUp(429, 'API Error: Request rejected (429) · slow down')],
        exit: 1,
      },
      'bare-rate-limit': {
        out: [init, retry(1, 429, 'rate_limit'), gaveUp(429, 'API Error: Request rejected (429) · slow down')],
        exit: 1,
      },
      'bare-overload': {
        out: [init, retry(1, 529, 'overloaded'), gaveUp(529, 'API Error: 529 Overloaded')],
        exit: 1,
      },
      network: {
        out: [
          init,
          retry(1, null, 'server_error'),
          gaveUp(null, 'API Error: Connection dropped (ECONNRESET) while reading the response'),
        ],
        exit: 1,
      },
      'context-full': { out: [init, gaveUp(400, 'Prompt is too long', 'prompt_too_long')], exit: 1 },
      'session-gone': {
        out: [
          result({
            subtype: 'error_during_execution',
            is_error: true,
            errors: ['No conversation found with session ID: SESSION'],
          }),
        ],
        err: 'No conversation found with session ID: SESSION\n',
        exit: 1,
      },
      'session-in-use': { err: 'Error: Session ID SESSION is already in use.\n', exit: 1 },
      'mcp-handshake': { err: 'Error: Invalid MCP configuration:\nmcpServers.files: does not exist\n', exit: 1 },
      'no-final-message': { out: [init, result({ is_error: false, result: '' })], exit: 0 },
      unknown: { out: [init, gaveUp(null, 'the wheel has come off')], exit: 1 },
      // It would go on for minutes: after the second refusal it need not be waited for.
      auth: { out: [init, retry(1, 401, 'authentication_failed'), retry(2, 401, 'authentication_failed')], exit: 1 },
    },
  };
}

function codex(): Voice {
  const begun = [json({ type: 'thread.started', thread_id: 'SESSION' }), json({ type: 'turn.started' })];
  const item = (type: string, fields: object) => json({ type, item: { id: 'item_1', ...fields } });
  const done = json({ type: 'turn.completed', usage: { input_tokens: 100, output_tokens: 20 } });
  const failed = (message: string): Said => ({
    out: [...begun, json({ type: 'error', message }), json({ type: 'turn.failed', error: { message } })],
    exit: 1,
  });
  const command = { type: 'command_execution', command: 'npm test', status: 'in_progress' };
  return {
    says: (text) => [...begun, item('item.completed', { type: 'agent_message', text }), done],
    begun: [...begun, item('item.started', command)],
    busy: item('item.started', command),
    hasEnd: true,
    fails: {
      'bare-quota': failed('Quota exceeded. Check your plan and billing details.'),
      'rate-limited': failed('rate limit exceeded: Rate limit reached. Please try again in 0.3s.'),
      overloaded: failed('We’re currently experiencing high demand. Please try again in 0.3s.'),
      'bare-rate-limit': failed('exceeded retry limit, last status: 429 Too Many Requests'),
      'bare-overload': failed('unexpected status 503 Service Unavailable'),
      network: failed('stream disconnected before completion: error sending request'),
      'context-full': failed("Codex ran out of room in the model's context window. Start a new thread."),
      'session-gone': {
        err: 'Error: thread/resume: thread/resume failed: no rollout found for thread id SESSION (code -32600)\n',
        exit: 1,
      },
      'mcp-handshake': {
        err: 'Error: required MCP servers failed to initialize: files: handshaking with MCP server failed\n',
        exit: 1,
      },
      'no-final-message': { out: [...begun, done], exit: 0 },
      unknown: failed('the wheel has come off'),
    },
  };
}

function gemini(): Voice {
  const init = json({ type: 'init', session_id: 'SESSION', model: 'soak' });
  const tool = json({ type: 'tool_use', tool_name: 'run_shell_command', parameters: { command: 'npm test' } });
  const result = (fields: object) =>
    json({ type: 'result', stats: { input_tokens: 100, output_tokens: 20 }, ...fields });
  const failed = (message: string, exit = 1): Said => ({
    out: [init, result({ status: 'error', error: { type: 'unknown', message } })],
    exit,
  });
  const answered = (code: number, message: string) =>
    failed(`[API Error: ${json({ error: { code, message } })}]`, code % 256);
  return {
    says: (text) => [
      init,
      json({ type: 'message', role: 'assistant', content: text, delta: true }),
      result({ status: 'success' }),
    ],
    begun: [init, tool],
    busy: tool,
    hasEnd: true,
    fails: {
      'rate-limited': answered(429, 'Too many requests. Please retry in 0.3s.'),
      'bare-rate-limit': answered(429, 'Too many requests'),
      'bare-overload': answered(503, 'The model is overloaded'),
      network: failed('[API Error: fetch failed]'),
      'context-full': answered(400, 'The input token count (1250000) exceeds the maximum number of tokens allowed.'),
      'session-gone': { err: 'Error resuming session: Invalid session identifier "SESSION".\n', exit: 42 },
      'state-corrupt': {
        err: 'Error in: settings.json\nPlease fix the configuration file(s) and try again.\n',
        exit: 52,
      },
      'no-final-message': { out: [init, result({ status: 'success' })], exit: 0 },
      unknown: failed('the wheel has come off'),
    },
  };
}

/** Any other CLI: plain text, and what it says on standard error. */
function plain(): Voice {
  const complains = (err: string): Said => ({ err: `${err}\n`, exit: 1 });
  return {
    says: (text) => text.split('\n'),
    begun: ['I look around.'],
    busy: 'I look further.',
    hasEnd: false,
    fails: {
      'rate-limited': complains('Rate limit reached. Please try again in 0.3s.'),
      'bare-overload': complains('The server is overloaded'),
      network: complains('fetch failed'),
      'context-full': complains('This model has a maximum context length of 200000 tokens'),
      'state-locked': complains('Error: database is locked'),
      'no-final-message': { out: [''], exit: 0 },
    },
  };
}

function json(value: object): string {
  return JSON.stringify(value);
}
