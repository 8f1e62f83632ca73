/** A running `opencode serve`. */
export interface OpencodeServer {
  /** Without a slash at the end. */
  readonly url: string;
  /** For a server that was started with OPENCODE_SERVER_PASSWORD. */
  readonly password?: string;
  /** `opencode` when left out, as the CLI has it. */
  readonly username?: string;
}

/** What a server answered. `detail` is one line. */
export type Reply =
  | { readonly kind: 'reply'; readonly status: number; readonly body: string }
  | { readonly kind: 'no-reply'; readonly detail: string };

/** Asks a server for a path, within `limitMs`. Never rejects. */
export async function ask(
  { url, password, username = 'opencode' }: OpencodeServer,
  { method, path }: { readonly method: 'GET' | 'POST'; readonly path: string },
  limitMs: number,
): Promise<Reply> {
  const credentials = Buffer.from(`${username}:${password ?? ''}`).toString('base64');
  try {
    const response = await fetch(`${url}${path}`, {
      method,
      headers: password === undefined ? {} : { authorization: `Basic ${credentials}` },
      redirect: 'manual',
      signal: AbortSignal.timeout(limitMs),
    });
    return { kind: 'reply', status: response.status, body: await response.text() };
  } catch (error) {
    return { kind: 'no-reply', detail: `${url} does not answer: ${reason(error, limitMs)}` };
  }
}

/**
 * What the CLI needs in its environment to attach to a server; to be laid over all else. The password is not for its
 * arguments, which everybody on the machine can read. Seen with opencode 1.18.33: it sends requests to 127.0.0.1 to a proxy, too.
 */
export function clientEnvironment(
  { url, password, username }: OpencodeServer,
  env: Readonly<Record<string, string>>,
): Record<string, string> {
  const { hostname } = new URL(url);
  const { NO_PROXY: upper, no_proxy: lower } = env;
  const direct = [lower ?? upper, hostname].filter((each) => each !== undefined && each !== '').join(',');
  return {
    ...(password === undefined ? {} : { OPENCODE_SERVER_PASSWORD: password }),
    ...(username === undefined ? {} : { OPENCODE_SERVER_USERNAME: username }),
    ...(isLoopback(hostname) ? { NO_PROXY: direct, no_proxy: direct } : {}),
  };
}

function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || hostname.startsWith('127.');
}

/** fetch says only that it failed; what it was stands in the cause. */
function reason(error: unknown, limitMs: number): string {
  if (!(error instanceof Error)) return String(error);
  if (error.name === 'TimeoutError') return `nothing came within ${String(limitMs / 1000)} s`;
  const { code, message } = (error.cause ?? {}) as { readonly code?: unknown; readonly message?: unknown };
  if (typeof code === 'string') return code;
  return typeof message === 'string' ? message : error.message;
}
