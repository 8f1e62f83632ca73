import type { ServerResponse } from 'node:http';
import { unreachable } from '../../core/unreachable.ts';
import type { Route } from './route.ts';
import type { Answer, ModelReply, ModelRequest } from './script.ts';

/** What a reply is an answer to. */
export interface Asked {
  readonly route: Route;
  readonly request: ModelRequest;
  /** Whether the answer goes out as a stream. */
  readonly streams: boolean;
}

/** Does to the response what the script decided. */
export function reply(response: ServerResponse, decided: ModelReply, asked: Asked): void {
  switch (decided.kind) {
    case 'say':
    case 'use':
    case 'empty':
      answer(response, decided, asked);
      return;
    case 'status':
      sendJson(response, decided.status, decided.body ?? asked.route.problem(decided.status), decided.headers);
      return;
    case 'reset':
      response.socket?.resetAndDestroy();
      return;
    case 'hang':
      return;
    case 'stall':
      stream(response, events(asked).slice(0, 1));
      return;
    case 'break':
      stream(response, events(asked).slice(0, 1));
      // At once it would overtake what was sent before.
      setTimeout(() => response.socket?.resetAndDestroy(), 200).unref();
      return;
    case 'cut':
      stream(response, events(asked).slice(0, -1));
      response.end();
      return;
    default:
      unreachable(decided);
  }
}

/** Sends a whole JSON body. */
export function sendJson(
  response: ServerResponse,
  status: number,
  body: string,
  headers: Readonly<Record<string, string>> = {},
): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(body);
}

function answer(response: ServerResponse, decided: Answer, { route, request, streams }: Asked): void {
  if (!streams && route.whole !== undefined) {
    sendJson(response, 200, route.whole(decided, request));
    return;
  }
  stream(response, route.events(decided, request));
  response.end();
}

function events({ route, request }: Asked): readonly string[] {
  return route.events({ kind: 'say', text: 'This answer is never finished.' }, request);
}

function stream(response: ServerResponse, pieces: readonly string[]): void {
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-cache' });
  for (const piece of pieces) response.write(piece);
}
