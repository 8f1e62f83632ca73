import { request as plainRequest } from 'node:http';
import { request as secureRequest } from 'node:https';
import { setTimeout as pause } from 'node:timers/promises';

/** A notice to be posted. */
export interface Post {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** JSON. */
  readonly body: string;
  /** For both tries together. */
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/**
 * Posts a notice; once more when the server was not reached or answers 5xx. Gives why it did not arrive, undefined when it
 * did: a word of our own, since what Node 20 says of a bad header or address quotes it.
 */
export async function post(order: Post): Promise<string | undefined> {
  const timeout = AbortSignal.timeout(Math.min(order.timeoutMs, 2 ** 31 - 1));
  const signal = AbortSignal.any([order.signal, timeout]);
  const late = () => (timeout.aborted ? `no answer within ${String(order.timeoutMs / 1000)} s` : 'it was stopped');
  const first = await tryPost(order, signal);
  if (!first?.isPassing) return first?.why;
  await pause(retryAfterMs, undefined, { signal }).catch(() => undefined);
  const second = signal.aborted ? first : await tryPost(order, signal);
  if (second === undefined) return undefined;
  // What the first try met tells more than the time that ran out in the second.
  if (signal.aborted) return first.why === '' ? late() : first.why;
  return `${second.why} (tried twice)`;
}

const retryAfterMs = 500;

interface Failure {
  /** Empty when the signal ended it. */
  readonly why: string;
  readonly isPassing: boolean;
}

async function tryPost(order: Post, signal: AbortSignal): Promise<Failure | undefined> {
  try {
    const status = await statusOfAnswer(order, signal);
    if (status >= 200 && status < 300) return undefined;
    const isRedirect = status >= 300 && status < 400;
    const why = `it answered ${String(status)}${isRedirect ? ', and redirects are not followed' : ''}`;
    return { why, isPassing: status >= 500 };
  } catch (error) {
    if (signal.aborted) return { why: '', isPassing: true };
    return { why: `it was not reached (${codeOf(error)})`, isPassing: true };
  }
}

/** Not by `fetch`: where it is still connecting when it is told to stop, it keeps the process for ten seconds (Node 20). */
function statusOfAnswer({ url, headers, body }: Post, signal: AbortSignal): Promise<number> {
  return new Promise((resolve, reject) => {
    const request = new URL(url).protocol === 'https:' ? secureRequest : plainRequest;
    const own = { 'user-agent': 'oompa', 'content-type': 'application/json' };
    const sent = request(url, { method: 'POST', headers: { ...own, ...headers }, signal });
    sent.once('response', (answer) => {
      resolve(answer.statusCode ?? 0);
      // Nobody reads it; left alone it would hold the connection.
      answer.destroy();
    });
    sent.on('error', reject);
    sent.once('close', () => reject(new Error('closed')));
    sent.end(body);
  });
}

/** `ECONNREFUSED`, `ENOTFOUND` … */
function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown error';
  return 'code' in error ? String(error.code) : error.name;
}
