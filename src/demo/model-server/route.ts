import type { IncomingHttpHeaders } from 'node:http';
import type { WireRequest } from './conversation.ts';
import type { Answer, ModelRequest } from './script.ts';

/** One wire format: which requests it serves, how to read them, and how to write an answer. */
export interface Route {
  readonly serves: (path: string) => boolean;
  readonly read: (call: Call) => WireRequest;
  /** Whether the caller wants the answer as a stream. */
  readonly streams: (call: Call) => boolean;
  /** The answer as server-sent events, in pieces; only the last piece says how the answer finished. */
  readonly events: (answer: Answer, request: ModelRequest) => readonly string[];
  /** The answer as one JSON text, for callers that want no stream. */
  readonly whole?: (answer: Answer, request: ModelRequest) => string;
  /** The body of a failure in this format. */
  readonly problem: (status: number) => string;
  /** Answers what a CLI asks for its own housekeeping (a title, say), so that no script has to; undefined for real work. */
  readonly aside?: (request: ModelRequest) => Answer | undefined;
}

/** An HTTP POST with a JSON body. */
export interface Call {
  /** Path without the query. */
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: unknown;
}

/** One server-sent event; `event` where the format names them. */
export function serverSent(data: unknown, event?: string): string {
  const name = event === undefined ? '' : `event: ${event}\n`;
  return `${name}data: ${typeof data === 'string' ? data : JSON.stringify(data)}\n\n`;
}
