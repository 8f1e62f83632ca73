import { list, member, optionalString, string, textOf } from '../../../src/demo/model-server/json.ts';
import { serverSent, type Route } from '../../../src/demo/model-server/route.ts';
import {
  usageOf,
  type Answer,
  type ModelMessage,
  type ModelRequest,
  type ToolUse,
} from '../../../src/demo/model-server/script.ts';

/** OpenAI responses, as codex speaks them (seen with codex 0.169.0). */
export const openaiResponses: Route = {
  serves: (path) => path === '/v1/responses',
  streams: () => true,
  read: ({ body, headers }) => {
    const input = list(member(body, 'input'));
    return {
      model: string(member(body, 'model')),
      system: [string(member(body, 'instructions')), ...input.filter(isContext).map(content)].join('\n'),
      messages: withRepliesMerged(input.filter((item) => !isContext(item)).flatMap(readItem)),
      tools: [body, ...input]
        .flatMap((holder) => list(member(holder, 'tools')))
        .map((tool) => string(member(tool, 'name')))
        .filter((name) => name !== ''),
      sessionHint: optionalString(headers['session-id'] ?? headers['session_id']),
    };
  },
  events: (answer, request) => {
    const id = `resp_${String(request.messages.length)}`;
    const completed = { id, object: 'response', status: 'completed', usage: usage(answer, request) };
    return [
      event('response.created', { response: { id, object: 'response', status: 'in_progress' } }),
      ...items(answer, request).map((item, output_index) => event('response.output_item.done', { output_index, item })),
      event('response.completed', { response: completed }),
    ];
  },
  problem: (status) =>
    JSON.stringify({ error: { message: `scripted failure ${String(status)}`, type: 'scripted', code: null } }),
};

function event(type: string, data: object): string {
  return serverSent({ type, ...data }, type);
}

/** codex sends its own context as items of a developer, or as messages of the user that start with a tag or a fixed heading. */
function isContext(item: unknown): boolean {
  const role = member(item, 'role');
  if (role === 'developer' || role === 'system') return true;
  return role === 'user' && /^\s*(<[a-z_]+>|# AGENTS\.md instructions)/.test(content(item));
}

function content(item: unknown): string {
  return textOf(member(item, 'content'));
}

function readItem(item: unknown, _index: number, all: readonly unknown[]): ModelMessage[] {
  switch (member(item, 'type')) {
    case 'message':
      return [{ role: member(item, 'role') === 'assistant' ? 'assistant' : 'user', text: content(item) }];
    case 'function_call':
    case 'custom_tool_call':
      return [{ role: 'assistant', text: '' }];
    case 'function_call_output':
    case 'custom_tool_call_output': {
      const call = all.find(
        (candidate) => candidate !== item && member(candidate, 'call_id') === member(item, 'call_id'),
      );
      return [{ role: 'tool', text: textOf(member(item, 'output')), toolName: string(member(call, 'name')) }];
    }
    default:
      return [];
  }
}

/** The text and the tool call of one reply are two items. */
function withRepliesMerged(messages: readonly ModelMessage[]): ModelMessage[] {
  const merged: ModelMessage[] = [];
  for (const message of messages) {
    const last = merged.at(-1);
    if (last?.role === 'assistant' && message.role === 'assistant') {
      const text = [last.text, message.text].filter((part) => part !== '').join('\n');
      merged[merged.length - 1] = { ...last, text };
    } else {
      merged.push(message);
    }
  }
  return merged;
}

function items(answer: Answer, request: ModelRequest): object[] {
  if (answer.kind === 'empty') return [];
  const number = String(request.messages.length);
  const said =
    answer.text === undefined
      ? []
      : [
          {
            type: 'message',
            id: `msg_${number}`,
            role: 'assistant',
            status: 'completed',
            content: [{ type: 'output_text', text: answer.text, annotations: [] }],
          },
        ];
  if (answer.kind === 'say') return said;
  return [
    ...said,
    {
      id: `item_${number}`,
      call_id: `call_${number}`,
      status: 'completed',
      ...toolOfCodex(answer.tool, request.tools),
    },
  ];
}

/** Which tools codex offers hangs on the name of the model: its own models get one that runs JavaScript, unknown ones get plain tools. */
function toolOfCodex(tool: ToolUse, offered: readonly string[]): object {
  const cmd = tool.kind === 'bash' ? tool.command : shellWrite(tool.path, tool.content);
  return offered.includes('exec_command')
    ? { type: 'function_call', name: 'exec_command', arguments: JSON.stringify({ cmd }) }
    : { type: 'custom_tool_call', name: 'exec', input: `text(await tools.exec_command(${JSON.stringify({ cmd })}));` };
}

function shellWrite(path: string, text: string): string {
  const target = quoted(path);
  return `mkdir -p "$(dirname ${target})" && printf %s ${quoted(text)} > ${target}`;
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

function usage(answer: Answer, request: ModelRequest) {
  const { input, output } = usageOf(answer, request);
  return {
    input_tokens: input,
    input_tokens_details: { cached_tokens: 0 },
    output_tokens: output,
    output_tokens_details: { reasoning_tokens: 0 },
    total_tokens: input + output,
  };
}
