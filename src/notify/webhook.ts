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
 * did: a word of our own, since what fetch (Node 20) says of a bad header or address quotes it.
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

async function tryPost({ url, headers, body }: Post, signal: AbortSignal): Promise<Failure | undefined> {
  try {
    const answer = await fetch(url, {
      method: 'POST',
      headers: { 'user-agent': 'oompa', 'content-type': 'application/json', ...headers },
      body,
      redirect: 'manual',
      signal,
    });
    // Nobody reads it; left alone it would hold the connection.
    await answer.body?.cancel().catch(() => undefined);
    if (answer.ok) return undefined;
    const isRedirect = answer.status >= 300 && answer.status < 400;
    const why = `it answered ${String(answer.status)}${isRedirect ? ', and redirects are not followed' : ''}`;
    return { why, isPassing: answer.status >= 500 };
  } catch (error) {
    if (signal.aborted) return { why: '', isPassing: true };
    return { why: `it was not reached (${codeOf(error)})`, isPassing: true };
  }
}

/** `ECONNREFUSED`, `ENOTFOUND` …: fetch puts the cause below an error of its own. */
function codeOf(error: unknown): string {
  const cause = error instanceof Error ? (error.cause ?? error) : undefined;
  if (!(cause instanceof Error)) return 'unknown error';
  return 'code' in cause ? String(cause.code) : cause.name;
}
