import { asObject, parseObject, textAt } from '../json.ts';
import { ask, type OpencodeServer } from './server.ts';

/** Whether all work in a folder was stopped. `detail` is one line. */
export type Aborted = { readonly kind: 'aborted' } | { readonly kind: 'not-aborted'; readonly detail: string };

/**
 * Stops what a server still does for any session in `folder`, an absolute path, with `limitMs` for each request: it goes on
 * when its client is ended, and with it the command that the agent has begun. That command is gone when this comes back; what
 * it has put into the background is not (opencode 1.18.33).
 */
export async function abortSessions(server: OpencodeServer, folder: string, limitMs: number): Promise<Aborted> {
  const path = `/session/status?directory=${encodeURIComponent(folder)}`;
  const status = await ask(server, { method: 'GET', path }, limitMs);
  if (status.kind === 'no-reply') return { kind: 'not-aborted', detail: status.detail };
  const sessions = status.status === 200 ? parseObject(status.body) : undefined;
  if (sessions === undefined) return refused(server, status.status);
  const busy = Object.keys(sessions).filter((id) => textAt(asObject(sessions[id]) ?? {}, 'type') !== 'idle');
  const replies = await Promise.all(busy.map((id) => abort(server, id, limitMs)));
  return replies.find((reply) => reply.kind === 'not-aborted') ?? { kind: 'aborted' };
}

/** A session that is idle or unknown counts as aborted, as the server has it. */
async function abort(server: OpencodeServer, session: string, limitMs: number): Promise<Aborted> {
  const reply = await ask(server, { method: 'POST', path: `/session/${encodeURIComponent(session)}/abort` }, limitMs);
  if (reply.kind === 'no-reply') return { kind: 'not-aborted', detail: reply.detail };
  return reply.status === 200 ? { kind: 'aborted' } : refused(server, reply.status);
}

function refused({ url }: OpencodeServer, status: number): Aborted {
  return { kind: 'not-aborted', detail: `${url} answers with status ${String(status)}` };
}
