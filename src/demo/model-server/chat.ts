import { list, member, optionalString, string, textOf } from './json.ts';
import { serverSent, type Call, type Route } from './route.ts';
import { usageOf, type Answer, type ModelMessage, type ModelRequest, type ToolUse } from './script.ts';

/** OpenAI chat completions, as opencode speaks them (seen with opencode 1.18.33). */
export const chatCompletions: Route = {
  serves: (path) => path === '/v1/chat/completions',
  streams: () => true,
  read: ({ body, headers }: Call) => {
    const messages = list(member(body, 'messages'));
    return {
      model: string(member(body, 'model')),
      system: messages.filter(isSystem).map(content).join('\n'),
      messages: messages.filter((message) => !isSystem(message)).map(readMessage),
      tools: list(member(body, 'tools')).map((tool) => string(member(member(tool, 'function'), 'name'))),
      sessionHint: optionalString(headers['x-session-id']),
    };
  },
  events: (answer, request) => {
    const chunk = (delta: object, finish: string | null = null) =>
      serverSent({ ...frame(request), choices: [{ index: 0, delta, finish_reason: finish }] });
    return [
      chunk({ role: 'assistant', content: '' }),
      ...deltas(answer, request).map((delta) => chunk(delta)),
      [
        chunk({}, answer.kind === 'use' ? 'tool_calls' : 'stop'),
        serverSent({ ...frame(request), choices: [], usage: usage(answer, request) }),
        serverSent('[DONE]'),
      ].join(''),
    ];
  },
  problem: (status) =>
    JSON.stringify({ error: { message: `scripted failure ${String(status)}`, type: 'scripted', code: null } }),
  aside: ({ system }) => (system.includes('title generator') ? { kind: 'say', text: 'Scripted session' } : undefined),
};

function isSystem(message: unknown): boolean {
  const role = member(message, 'role');
  return role === 'system' || role === 'developer';
}

function readMessage(message: unknown, _index: number, all: readonly unknown[]): ModelMessage {
  const text = content(message);
  const role = member(message, 'role');
  if (role !== 'tool') return { role: role === 'assistant' ? 'assistant' : 'user', text };
  const toolName = nameOfCall(member(message, 'tool_call_id'), all);
  return { role: 'tool', text, ...(toolName === undefined ? {} : { toolName }) };
}

function nameOfCall(id: unknown, messages: readonly unknown[]): string | undefined {
  const calls = messages.flatMap((message) => list(member(message, 'tool_calls')));
  const call = calls.find((candidate) => member(candidate, 'id') === id);
  return optionalString(member(member(call, 'function'), 'name'));
}

function content(message: unknown): string {
  return textOf(member(message, 'content'));
}

function frame(request: ModelRequest) {
  return {
    id: `chatcmpl_${String(request.messages.length)}`,
    object: 'chat.completion.chunk',
    created: 0,
    model: request.model,
  };
}

function deltas(answer: Answer, request: ModelRequest): object[] {
  if (answer.kind === 'empty') return [];
  const said = answer.text === undefined ? [] : [{ content: answer.text }];
  if (answer.kind === 'say') return said;
  const { name, input } = toolOfOpencode(answer.tool);
  const call = {
    index: 0,
    id: `call_${String(request.messages.length)}`,
    type: 'function',
    function: { name, arguments: JSON.stringify(input) },
  };
  return [...said, { tool_calls: [call] }];
}

function toolOfOpencode(tool: ToolUse): { name: string; input: object } {
  return tool.kind === 'bash'
    ? { name: 'bash', input: { command: tool.command, description: 'scripted step' } }
    : { name: 'write', input: { filePath: tool.path, content: tool.content } };
}

function usage(answer: Answer, request: ModelRequest) {
  const { input, output } = usageOf(answer, request);
  return { prompt_tokens: input, completion_tokens: output, total_tokens: input + output };
}
