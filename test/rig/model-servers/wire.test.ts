import { expect, onTestFinished, test } from 'vitest';
import { conversation } from '../../../src/demo/model-server/conversation.ts';
import type { Route } from '../../../src/demo/model-server/route.ts';
import type { ModelRequest, ToolUse } from '../../../src/demo/model-server/script.ts';
import { startModelServer } from '../../../src/demo/model-server/server.ts';
import { anthropicMessages } from './anthropic-messages.ts';
import { geminiContent } from './gemini-content.ts';
import { openaiResponses } from './openai-responses.ts';

const path = '/v1beta/models/gemini-2.5-flash:streamGenerateContent';
const expected = {
  prompt: 'Go on',
  replies: 1,
  turns: 2,
  messages: [
    { role: 'user', text: 'Go' },
    { role: 'assistant', text: 'Done.' },
    { role: 'user', text: 'Go on' },
    { role: 'assistant', text: 'I look.' },
    { role: 'tool', text: 'seen', toolName: 'look' },
  ],
};

test('claude: reminders and the description of the surroundings are no messages of the user', () => {
  const request = read(anthropicMessages, {
    system: [{ type: 'text', text: 'Be good.' }],
    tools: [{ name: 'look' }],
    messages: [
      { role: 'user', content: [text('<system-reminder>\nx\n</system-reminder>\n'), text('Go')] },
      { role: 'system', content: '# Environment' },
      { role: 'assistant', content: [text('Done.')] },
      { role: 'user', content: 'Go on' },
      { role: 'assistant', content: [text('I look.'), { type: 'tool_use', id: 't1', name: 'look', input: {} }] },
      {
        role: 'user',
        content: [
          { type: 'tool_result', tool_use_id: 't1', content: [text('seen')] },
          text('<system-reminder>y</system-reminder>'),
        ],
      },
    ],
  });
  expect(request).toMatchObject({ ...expected, system: 'Be good.\n# Environment', tools: ['look'] });
});

test('codex: its context is no message of the user, and the items of one reply are one message', () => {
  const item = (role: string, said: string) => ({
    type: 'message',
    role,
    content: [{ type: 'input_text', text: said }],
  });
  const request = read(openaiResponses, {
    instructions: 'Be good.',
    tools: [{ name: 'look' }, { type: 'web_search' }],
    input: [
      item('developer', '<permissions>'),
      item('user', '<environment_context>x</environment_context>'),
      item('user', 'Go'),
      { type: 'reasoning' },
      item('assistant', 'Done.'),
      item('user', 'Go on'),
      item('assistant', 'I look.'),
      { type: 'function_call', name: 'look', call_id: 'c1', arguments: '{}' },
      { type: 'function_call_output', call_id: 'c1', output: 'seen' },
    ],
  });
  expect(request).toMatchObject({ ...expected, tools: ['look'] });
  expect(request.system).toContain('<environment_context>');
});

test('gemini: its context is no message of the user, and results that come twice count once', () => {
  const result = { functionResponse: { id: 'f1', name: 'look', response: { output: 'seen' } } };
  const request = read(geminiContent, {
    systemInstruction: { parts: [{ text: 'Be good.' }] },
    tools: [{ functionDeclarations: [{ name: 'look' }] }],
    contents: [
      { role: 'user', parts: [{ text: '<session_context>x</session_context>' }, { text: 'Go' }] },
      { role: 'model', parts: [{ text: 'Done.' }] },
      { role: 'user', parts: [{ text: 'Go on' }] },
      { role: 'model', parts: [{ text: 'I look.' }, { functionCall: { id: 'f1', name: 'look', args: {} } }] },
      { role: 'user', parts: [result, result] },
    ],
  });
  expect(request).toMatchObject({ ...expected, model: 'gemini-2.5-flash', system: 'Be good.', tools: ['look'] });
});

test('only the last piece of an answer says that it is finished', () => {
  const finishes: [Route, RegExp][] = [
    [anthropicMessages, /message_stop/],
    [openaiResponses, /response\.completed/],
    [geminiContent, /finishReason/],
  ];
  for (const [route, finish] of finishes) {
    const pieces = route.events({ kind: 'say', text: 'Hello.' }, read(route, {}));
    expect(pieces.map((piece) => finish.test(piece))).toEqual([...pieces.slice(1).map(() => false), true]);
    expect(pieces.slice(0, -1).join('')).toContain('Hello.');
  }
});

test('a stream that breaks has begun, and is never finished', async () => {
  const server = await startModelServer({ script: () => ({ kind: 'break' }), routes: [anthropicMessages] });
  onTestFinished(server.close);
  const body = JSON.stringify({ stream: true });
  const response = await fetch(`${server.url}/v1/messages`, { method: 'POST', body });
  expect(response.status).toBe(200);
  await expect(response.text()).rejects.toThrow('terminated');
});

test('claude and gemini can have an answer without a stream', () => {
  for (const route of [anthropicMessages, geminiContent]) {
    expect(route.streams({ path: path.replace('streamG', 'g'), headers: {}, body: {} })).toBe(false);
    expect(route.whole?.({ kind: 'say', text: 'Hello.' }, read(route, {}))).toContain('Hello.');
  }
});

test('codex writes a file through its shell, whatever the quotes in it', () => {
  const tool: ToolUse = { kind: 'write', path: "it's.txt", content: `'$x"` };
  const events = openaiResponses.events(
    { kind: 'use', tool },
    read(openaiResponses, { tools: [{ name: 'exec_command' }] }),
  );
  expect(events.join('')).toContain(
    JSON.stringify(JSON.stringify(`printf %s ''\\''$x"' > 'it'\\''s.txt'`)).slice(3, -3),
  );
});

test('codex gets JavaScript where it offers no plain tool', () => {
  const events = openaiResponses.events(
    { kind: 'use', tool: { kind: 'bash', command: 'ls' } },
    read(openaiResponses, {}),
  );
  expect(events.join('')).toContain('tools.exec_command({\\"cmd\\":\\"ls\\"})');
});

function read(route: Route, body: object): ModelRequest {
  return conversation(route.read({ path, headers: {}, body }));
}

function text(said: string) {
  return { type: 'text', text: said };
}
