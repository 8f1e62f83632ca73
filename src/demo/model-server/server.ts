import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { chatCompletions } from './chat.ts';
import { conversation } from './conversation.ts';
import { reply, sendJson } from './reply.ts';
import type { Call, Route } from './route.ts';
import type { ModelReply, ModelRequest, Script } from './script.ts';

export interface ModelServerOptions {
  readonly script: Script;
  /** Default 0: any free port. */
  readonly port?: number;
  /** Hears every request before the script does, and is awaited: a test can hold a reply back with it. */
  readonly onRequest?: (request: ModelRequest) => void | Promise<void>;
  /** The wire formats that are served. Default: chat completions only. */
  readonly routes?: readonly Route[];
}

export interface ModelServer {
  /** Without a slash at the end: http://127.0.0.1:<port> */
  readonly url: string;
  /** Every request that the script was asked about, in order. It grows. */
  readonly requests: readonly ModelRequest[];
  /** Ends the server and every connection, also those that hang on purpose. */
  readonly close: () => Promise<void>;
}

/** Starts a scripted model on 127.0.0.1. Rejects if the port is taken. */
export async function startModelServer(options: ModelServerOptions): Promise<ModelServer> {
  const requests: ModelRequest[] = [];
  const answering = { routes: [chatCompletions], onRequest: () => undefined, ...options, requests };
  const server = createServer((request, response) => {
    void answer(request, response, answering);
  });
  // A CLI reuses its connections; the default of 5 s would close one under a request that is just being sent.
  server.keepAliveTimeout = 0;
  const port = await new Promise<number>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port ?? 0, '127.0.0.1', () => {
      const address = server.address();
      resolve(typeof address === 'object' && address !== null ? address.port : 0);
    });
  });
  const close = () =>
    new Promise<void>((resolve) => {
      server.close(() => {
        resolve();
      });
      server.closeAllConnections();
    });
  return { url: `http://127.0.0.1:${String(port)}`, requests, close };
}

interface Answering {
  readonly script: Script;
  readonly routes: readonly Route[];
  readonly onRequest: (request: ModelRequest) => void | Promise<void>;
  readonly requests: ModelRequest[];
}

async function answer(incoming: IncomingMessage, response: ServerResponse, answering: Answering): Promise<void> {
  const path = (incoming.url ?? '').replace(/\?.*/s, '');
  const route = answering.routes.find(({ serves }) => serves(path));
  const body = await bodyOf(incoming);
  if (body.kind === 'gone') return;
  if (route === undefined || incoming.method !== 'POST') {
    sendJson(response, 404, JSON.stringify({ error: { message: `no such path: ${path}` } }));
    return;
  }
  if (body.kind === 'not-json') {
    sendJson(response, 400, JSON.stringify({ error: { message: 'the body is not JSON' } }));
    return;
  }
  const call: Call = { path, headers: incoming.headers, body: body.value };
  const request = conversation(route.read(call));
  const scripted = route.aside?.(request) ?? (await consult(request, answering));
  reply(response, scripted, { route, request, streams: route.streams(call) });
}

/** A script that throws is answered with a status that no CLI retries, so that its message is seen at once. */
async function consult(request: ModelRequest, answering: Answering): Promise<ModelReply> {
  answering.requests.push(request);
  try {
    await answering.onRequest(request);
    return answering.script(request);
  } catch (error) {
    return {
      kind: 'status',
      status: 400,
      body: JSON.stringify({ error: { message: `script threw: ${String(error)}` } }),
    };
  }
}

type Body =
  { readonly kind: 'json'; readonly value: unknown } | { readonly kind: 'not-json' } | { readonly kind: 'gone' };

async function bodyOf(incoming: IncomingMessage): Promise<Body> {
  const chunks: Buffer[] = [];
  try {
    for await (const chunk of incoming as AsyncIterable<Buffer>) chunks.push(chunk);
  } catch {
    return { kind: 'gone' };
  }
  try {
    return { kind: 'json', value: JSON.parse(Buffer.concat(chunks).toString('utf8')) };
  } catch {
    return { kind: 'not-json' };
  }
}
