import { createServer } from 'node:http';
import { afterEach, expect, test } from 'vitest';
import type { ModelRequest, Script } from '../../../src/demo/model-server/script.ts';
import { startModelServer, type ModelServer, type ModelServerOptions } from '../../../src/demo/model-server/server.ts';

const servers: ModelServer[] = [];

afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

test('an answer is streamed with its text, a finish, the usage and a last line', async () => {
  const server = await serving(() => ({ kind: 'say', text: 'Hello.', usage: { input: 7, output: 2 } }));
  const body = await (await ask(server)).text();
  const chunks = chunksOf(body);
  expect(chunks.map(({ choices }) => choices[0]?.delta.content ?? '').join('')).toBe('Hello.');
  expect(chunks.flatMap(({ choices }) => choices[0]?.finish_reason ?? [])).toEqual(['stop']);
  expect(chunks.at(-1)?.usage).toEqual({ prompt_tokens: 7, completion_tokens: 2, total_tokens: 9 });
  expect(body).toMatch(/data: \[DONE\]\n\n$/);
});

test('a tool call comes with the name and the arguments that opencode knows', async () => {
  const server = await serving(() => ({ kind: 'use', tool: { kind: 'write', path: 'a.txt', content: 'x' } }));
  const calls = chunksOf(await (await ask(server)).text()).flatMap(({ choices }) => choices[0]?.delta.tool_calls ?? []);
  expect(calls.map((call) => call.function)).toEqual([
    { name: 'write', arguments: '{"filePath":"a.txt","content":"x"}' },
  ]);
});

test('the script sees the conversation, and every request is recorded', async () => {
  const server = await serving(({ prompt, replies }) => ({ kind: 'say', text: `${prompt} ${String(replies)}` }));
  const messages = [
    { role: 'system', content: 'Be good.' },
    { role: 'user', content: [{ type: 'text', text: 'Go' }] },
    { role: 'assistant', content: '', tool_calls: [{ id: 'c1', function: { name: 'bash', arguments: '{}' } }] },
    { role: 'tool', tool_call_id: 'c1', content: 'done' },
  ];
  const body = await (await ask(server, { messages, tools: [{ function: { name: 'bash' } }] })).text();
  expect(body).toContain('Go 1');
  expect(server.requests).toEqual([
    {
      ...{ model: 'm', system: 'Be good.', tools: ['bash'], prompt: 'Go', replies: 1, turns: 1, sessionHint: 'ses_1' },
      messages: [
        { role: 'user', text: 'Go' },
        { role: 'assistant', text: '' },
        { role: 'tool', text: 'done', toolName: 'bash' },
      ],
    },
  ]);
});

test('a request for a title is answered without the script', async () => {
  const server = await serving(() => ({ kind: 'status', status: 500 }));
  const messages = [{ role: 'system', content: 'You are a title generator.' }];
  expect((await ask(server, { messages })).status).toBe(200);
  expect(server.requests).toEqual([]);
});

test('a status comes with its headers, and with a body of its own or the usual one', async () => {
  const headers = { 'retry-after': '3' };
  const server = await serving(({ prompt }) =>
    prompt === 'own' ? { kind: 'status', status: 402, body: 'pay' } : { kind: 'status', status: 429, headers },
  );
  const usual = await ask(server);
  expect([usual.status, usual.headers.get('retry-after')]).toEqual([429, '3']);
  expect(await usual.json()).toMatchObject({ error: { message: 'scripted failure 429' } });
  expect(await (await ask(server, { messages: [{ role: 'user', content: 'own' }] })).text()).toBe('pay');
});

test('a reset gives no answer at all', async () => {
  const server = await serving(() => ({ kind: 'reset' }));
  await expect(ask(server)).rejects.toMatchObject({ cause: { code: 'ECONNRESET' } });
});

test('a cut stream ends in good order, without a finish', async () => {
  const server = await serving(() => ({ kind: 'cut' }));
  const body = await (await ask(server)).text();
  expect(body).toContain('never finished');
  expect(body).not.toMatch(/"finish_reason":"|\[DONE\]/);
});

test('a hanging request is never answered, and closing the server ends it', async () => {
  const asked = gate();
  const server = await serving(() => ({ kind: 'hang' }), { onRequest: asked.open });
  const answer = ask(server).then(
    () => 'answered',
    () => 'ended',
  );
  await asked.opened;
  await server.close();
  expect(await answer).toBe('ended');
});

test('a stalled stream has headers and first bytes, and closing the server ends it', async () => {
  const server = await serving(() => ({ kind: 'stall' }));
  const response = await ask(server);
  const reader = response.body?.getReader();
  expect(response.status).toBe(200);
  expect(Buffer.from((await reader?.read())?.value ?? []).toString()).toContain('"role":"assistant"');
  const rest = reader?.read().then(
    () => 'more',
    () => 'ended',
  );
  await server.close();
  expect(await rest).toBe('ended');
});

test('a reply can be held back while others are answered', async () => {
  const answered: string[] = [];
  const [asked, allowed] = [gate(), gate()];
  const hold = ({ prompt }: ModelRequest) => {
    if (prompt !== 'held') return undefined;
    asked.open();
    return allowed.opened;
  };
  const server = await serving(() => ({ kind: 'empty' }), { onRequest: hold });
  const answer = async (content: string) => {
    await (await ask(server, { messages: [{ role: 'user', content }] })).text();
    answered.push(content);
  };
  const held = answer('held');
  await asked.opened;
  await answer('other');
  allowed.open();
  await held;
  expect(answered).toEqual(['other', 'held']);
});

test('a script that throws is reported to the CLI as a status that is not retried', async () => {
  const server = await serving(() => {
    throw new Error('no such scene');
  });
  const response = await ask(server);
  expect(response.status).toBe(400);
  expect(await response.text()).toContain('no such scene');
});

test('what is not JSON, and what no wire format serves, is refused', async () => {
  const server = await serving(() => ({ kind: 'empty' }));
  const post = (path: string, body: string) => fetch(`${server.url}${path}`, { method: 'POST', body });
  expect((await post('/v1/chat/completions', '{')).status).toBe(400);
  expect((await post('/v1/elsewhere', '{}')).status).toBe(404);
  expect((await fetch(`${server.url}/v1/chat/completions`)).status).toBe(404);
});

test('a port that is taken is refused at the start', async () => {
  const other = createServer();
  const port = await new Promise<number>((resolve) => {
    other.listen(0, '127.0.0.1', () => {
      const address = other.address();
      resolve(typeof address === 'object' && address !== null ? address.port : 0);
    });
  });
  await expect(startModelServer({ script: () => ({ kind: 'empty' }), port })).rejects.toThrow('EADDRINUSE');
  await new Promise((resolve) => other.close(resolve));
});

async function serving(script: Script, options: Partial<ModelServerOptions> = {}): Promise<ModelServer> {
  const server = await startModelServer({ script, ...options });
  servers.push(server);
  return server;
}

function ask(server: ModelServer, body: object = {}): Promise<Response> {
  return fetch(`${server.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'x-session-id': 'ses_1' },
    body: JSON.stringify({ model: 'm', messages: [{ role: 'user', content: 'Go' }], ...body }),
  });
}

function gate() {
  let open: () => void = () => undefined;
  const opened = new Promise<void>((resolve) => (open = resolve));
  return {
    opened,
    open: () => {
      open();
    },
  };
}

interface Chunk {
  readonly choices: readonly {
    readonly delta: { readonly content?: string; readonly tool_calls?: readonly { readonly function: unknown }[] };
    readonly finish_reason: string | null;
  }[];
  readonly usage?: unknown;
}

function chunksOf(body: string): Chunk[] {
  return [...body.matchAll(/^data: (\{.*)$/gm)].map(([, json]) => JSON.parse(json ?? '') as Chunk);
}
