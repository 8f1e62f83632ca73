import { list, member, optionalString, string, textOf } from '../../../src/demo/model-server/json.ts';
import { serverSent, type Route } from '../../../src/demo/model-server/route.ts';
import {
  usageOf,
  type Answer,
  type ModelMessage,
  type ModelRequest,
  type ToolUse,
} from '../../../src/demo/model-server/script.ts';

/** Anthropic messages, as claude speaks them (seen with claude-code 2.1.329). */
export const anthropicMessages: Route = {
  serves: (path) => path === '/v1/messages',
  streams: ({ body }) => member(body, 'stream') === true,
  read: ({ body, headers }) => ({
    model: string(member(body, 'model')),
    system: [textOf(member(body, 'system')), ...list(member(body, 'messages')).filter(isSystem).map(content)].join(
      '\n',
    ),
    messages: list(member(body, 'messages'))
      .filter((message) => !isSystem(message))
      .flatMap(readMessage),
    tools: list(member(body, 'tools')).map((tool) => string(member(tool, 'name'))),
    sessionHint: optionalString(headers['x-claude-code-session-id']),
  }),
  events: (answer, request) => {
    const { input_tokens, output_tokens } = usage(answer, request);
    const message = { ...envelope(request), content: [], stop_reason: null, usage: { input_tokens, output_tokens: 0 } };
    return [
      event('message_start', { message }),
      ...blocks(answer, request).map((block, index) => blockEvents(block, index)),
      event('message_delta', {
        delta: { stop_reason: stopReason(answer), stop_sequence: null },
        usage: { output_tokens },
      }) + event('message_stop', {}),
    ];
  },
  whole: (answer, request) =>
    JSON.stringify({
      ...envelope(request),
      content: blocks(answer, request),
      stop_reason: stopReason(answer),
      usage: usage(answer, request),
    }),
  problem: (status) =>
    JSON.stringify({
      type: 'error',
      error: { type: problemType(status), message: `scripted failure ${String(status)}` },
    }),
};

/** claude describes its surroundings in a message of the system, in the middle of the conversation. */
function isSystem(message: unknown): boolean {
  return member(message, 'role') === 'system';
}

function content(message: unknown): string {
  return textOf(member(message, 'content'));
}

function readMessage(message: unknown, _index: number, all: readonly unknown[]): ModelMessage[] {
  if (member(message, 'role') === 'assistant') return [{ role: 'assistant', text: content(message) }];
  const results = list(member(message, 'content')).filter((block) => member(block, 'type') === 'tool_result');
  const text = withoutReminders(content(message));
  return [
    ...results.map((result) => readResult(result, all)),
    ...(text === '' ? [] : [{ role: 'user' as const, text }]),
  ];
}

function readResult(result: unknown, messages: readonly unknown[]): ModelMessage {
  const blocks = messages.flatMap((message) => list(member(message, 'content')));
  const use = blocks.find((block) => member(block, 'id') === member(result, 'tool_use_id'));
  return { role: 'tool', text: textOf(member(result, 'content')), toolName: string(member(use, 'name')) };
}

/** claude puts reminders of its own into the messages of the user. */
function withoutReminders(text: string): string {
  return text.replaceAll(/<system-reminder>.*?<\/system-reminder>\s*/gs, '').trim();
}

type Block =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'tool_use'; readonly id: string; readonly name: string; readonly input: object };

function blocks(answer: Answer, request: ModelRequest): Block[] {
  if (answer.kind === 'empty') return [];
  const said: Block[] = answer.text === undefined ? [] : [{ type: 'text', text: answer.text }];
  if (answer.kind === 'say') return said;
  return [...said, { type: 'tool_use', id: `toolu_${String(request.messages.length)}`, ...toolOfClaude(answer.tool) }];
}

function toolOfClaude(tool: ToolUse): { name: string; input: object } {
  return tool.kind === 'bash'
    ? { name: 'Bash', input: { command: tool.command, description: 'scripted step' } }
    : { name: 'Write', input: { file_path: tool.path, content: tool.content } };
}

function event(type: string, data: object): string {
  return serverSent({ type, ...data }, type);
}

function blockEvents(block: Block, index: number): string {
  const [start, delta] =
    block.type === 'text'
      ? [
          { ...block, text: '' },
          { type: 'text_delta', text: block.text },
        ]
      : [
          { ...block, input: {} },
          { type: 'input_json_delta', partial_json: JSON.stringify(block.input) },
        ];
  return [
    event('content_block_start', { index, content_block: start }),
    event('content_block_delta', { index, delta }),
    event('content_block_stop', { index }),
  ].join('');
}

function envelope(request: ModelRequest) {
  return { id: `msg_${String(request.messages.length)}`, type: 'message', role: 'assistant', model: request.model };
}

function stopReason(answer: Answer): string {
  return answer.kind === 'use' ? 'tool_use' : 'end_turn';
}

function usage(answer: Answer, request: ModelRequest) {
  const { input, output } = usageOf(answer, request);
  return { input_tokens: input, output_tokens: output };
}

function problemType(status: number): string {
  if (status === 401) return 'authentication_error';
  if (status === 403) return 'permission_error';
  if (status === 404) return 'not_found_error';
  if (status === 429) return 'rate_limit_error';
  if (status === 529) return 'overloaded_error';
  return status < 500 ? 'invalid_request_error' : 'api_error';
}
