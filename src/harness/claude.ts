import { usageFrom } from '../core/usage.ts';
import {
  activityOf,
  failureText,
  gaveUp,
  inSession,
  progressed,
  retried,
  subjectOf,
  unspoken,
  usedTools,
} from './fold.ts';
import type { AgentCommand, Harness, Reading, ReportedFailure, TurnRequest } from './harness.ts';
import { asObject, countAt, listAt, numberAt, objectAt, parseObject, textAt, type JsonObject } from './json.ts';
import { believed } from './retry-after.ts';
import { tellClaude } from './tell/claude.ts';
import { telling } from './tell/entries.ts';

/** Claude Code (seen: 2.1.329). Its cost is a running total of the session, its tokens are those of the run. */
export const claude: Harness = {
  name: 'claude',
  binary: 'claude',
  install: 'npm install -g @anthropic-ai/claude-code',
  cumulative: { tokens: false, cost: true },
  reportsCost: true,
  retry: { also: [], whenNothingCame: false },
  command,
  read,
  end: (reading) => reading,
  tell: telling(read, tellClaude),
};

function command({ prompt, model, effort, session, newSessionId, root, settings }: TurnRequest): AgentCommand {
  return {
    binary: settings.binary ?? 'claude',
    args: [
      ...['-p', '--output-format', 'stream-json', '--verbose'],
      ...(session === undefined ? ['--session-id', newSessionId] : ['--resume', session.id]),
      '--dangerously-skip-permissions',
      ...(model === undefined ? [] : ['--model', model]),
      ...(effort === undefined ? [] : ['--effort', effort]),
      ...(settings.args ?? []),
    ],
    stdin: prompt,
    env: {
      CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
      DISABLE_AUTOUPDATER: '1',
      // As root it refuses to skip permissions unless this is exactly 1.
      ...(root ? { IS_SANDBOX: '1' } : {}),
    },
  };
}

function read(before: Reading, line: string): Reading {
  const event = parseObject(line);
  if (event === undefined) return before;
  const reading = inSession(before, textAt(event, 'session_id'));
  switch (textAt(event, 'type') ?? '') {
    case 'system':
      return system(reading, event);
    case 'assistant':
      return assistant(reading, event);
    case 'user':
      return progressed(reading);
    case 'result':
      return result(reading, event);
    default:
      return reading;
  }
}

function system(reading: Reading, event: JsonObject): Reading {
  switch (textAt(event, 'subtype') ?? '') {
    case 'api_retry':
      return retried(reading, retryOf(event));
    case 'permission_denied':
      // The agent is told and may go on, which takes this back.
      return { ...reading, failure: denied(textAt(event, 'tool_name')) };
    default:
      return reading;
  }
}

function denied(tool: string | undefined): ReportedFailure {
  return { message: `${tool ?? 'a tool'} was denied`, code: 'permission_denied' };
}

/** Each block of a message is a line of its own, with the message's id; a subagent's lines name the tool call that they serve. */
function assistant(reading: Reading, event: JsonObject): Reading {
  const message = objectAt(event, 'message');
  if (textAt(message, 'model') === '<synthetic>') {
    const code = textAt(event, 'error');
    // An error in the CLI's own words, dressed as the model's: the result line follows, and lacks this code.
    return code === undefined
      ? reading
      : gaveUp(reading, { message: textOf(message) ?? code, code, ...waitOf(reading.failure) });
  }
  const tools = listAt(message, 'content')
    .map(asObject)
    .filter((block) => block?.['type'] === 'tool_use');
  const [tool] = tools;
  const text = textOf(message);
  const activity =
    tool === undefined
      ? activityOf(text ?? 'thinking')
      : activityOf(textAt(tool, 'name') ?? 'tool', subjectOf(objectAt(tool, 'input')));
  const next = usedTools(progressed(reading, activity), tools.length);
  if (textAt(event, 'parent_tool_use_id') !== undefined) return next;
  const messageId = textAt(message, 'id');
  const fresh = messageId === undefined || messageId !== reading.messageId ? unspoken(next) : next;
  const said = [fresh.message, text].filter((part) => part !== undefined).join('\n');
  return { ...fresh, ...(messageId === undefined ? {} : { messageId }), ...(said === '' ? {} : { message: said }) };
}

/** `subtype: success` also comes with errors: only `is_error` decides. */
function result(reading: Reading, event: JsonObject): Reading {
  const counted = { ...unspoken(reading), usage: usageOf(event) };
  if (event['is_error'] !== false) return gaveUp(counted, resultFailure(reading, event));
  const message = textAt(event, 'result');
  const [denial] = listAt(event, 'permission_denials').map(asObject);
  if (message === undefined && denial !== undefined) return gaveUp(counted, denied(textAt(denial, 'tool_name')));
  return { ...progressed(counted), finished: true, ...(message === undefined ? {} : { message }) };
}

function resultFailure(reading: Reading, event: JsonObject): ReportedFailure {
  const [first] = listAt(event, 'errors');
  const status = numberAt(event, 'api_error_status');
  const reason = textAt(event, 'terminal_reason') ?? textAt(event, 'startup_failure_reason');
  const code =
    reason === undefined || reason === 'api_error'
      ? (reading.failure?.code ?? reason ?? textAt(event, 'subtype'))
      : reason;
  return {
    message: textAt(event, 'result') ?? failureText(first, textAt(event, 'subtype') ?? 'an error without a message'),
    ...(status === undefined ? {} : { status }),
    ...(code === undefined ? {} : { code }),
    ...waitOf(reading.failure),
  };
}

/** Only the lines that tell of another try name a wait. */
function waitOf(failure: ReportedFailure | undefined): Pick<ReportedFailure, 'retryAfterMs'> {
  return failure?.retryAfterMs === undefined ? {} : { retryAfterMs: failure.retryAfterMs };
}

function retryOf(event: JsonObject): ReportedFailure {
  const status = numberAt(event, 'error_status');
  const code = textAt(event, 'error');
  const attempt = countAt(event, 'attempt');
  const delay = believed(numberAt(event, 'retry_delay_ms'));
  return {
    message: `${code ?? 'connection failed'}, attempt ${String(attempt)}`,
    ...(status === undefined ? {} : { status }),
    ...(code === undefined ? {} : { code }),
    ...(delay !== undefined && delay > 2 * ownDelayMs(attempt) ? { retryAfterMs: delay } : {}),
  };
}

/** Its own back-off: seen 0.5 to 0.6 s, 1.0, 2.3 s, …; what is far above it was asked for by the provider (seen: 8.6 s for 7 s). */
function ownDelayMs(attempt: number): number {
  return Math.min(32_000, 500 * 2 ** Math.max(0, attempt - 1));
}

function usageOf(event: JsonObject): Reading['usage'] {
  const usage = objectAt(event, 'usage');
  const cached = countAt(usage, 'cache_read_input_tokens');
  return usageFrom({
    input: countAt(usage, 'input_tokens') + cached + countAt(usage, 'cache_creation_input_tokens'),
    cached,
    output: countAt(usage, 'output_tokens'),
    costUsd: numberAt(event, 'total_cost_usd'),
  });
}

function textOf(message: JsonObject): string | undefined {
  const text = listAt(message, 'content')
    .map(asObject)
    .flatMap((block) => (block?.['type'] === 'text' ? [textAt(block, 'text') ?? ''] : []))
    .join('\n');
  return text === '' ? undefined : text;
}
