import { parseObject, textAt } from '../json.ts';
import { ask, type OpencodeServer } from './server.ts';

/** Whether a server can be worked with. `detail` is one line that names the server. */
export type Health =
  | { readonly kind: 'healthy'; readonly version: string | undefined }
  /** Nothing answers there, or not in time. */
  | { readonly kind: 'unreachable'; readonly detail: string }
  /** Something answers, but will not serve us: a password is missing or wrong, or it is no opencode server. */
  | { readonly kind: 'refused'; readonly detail: string };

/** Asks a server how it is, within `limitMs`. Costs no model call. */
export async function checkServer(server: OpencodeServer, limitMs: number): Promise<Health> {
  const reply = await ask(server, { method: 'GET', path: '/global/health' }, limitMs);
  if (reply.kind === 'no-reply') return { kind: 'unreachable', detail: reply.detail };
  if (reply.status === 401 || reply.status === 403) {
    const why = server.password === undefined ? 'wants a password; set' : 'does not take the one in';
    return { kind: 'refused', detail: `${server.url} ${why} OPENCODE_SERVER_PASSWORD` };
  }
  // To a path that it does not know, opencode 1.18.33 answers with status 200 and the page for browsers.
  const said = reply.status === 200 ? parseObject(reply.body) : undefined;
  if (said?.['healthy'] === true) return { kind: 'healthy', version: textAt(said, 'version') };
  const what = said === undefined ? 'is no opencode server, or too old a one' : 'says that it is not well';
  return { kind: 'refused', detail: `${server.url} ${what} (status ${String(reply.status)})` };
}
