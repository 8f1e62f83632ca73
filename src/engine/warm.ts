import type { Failure } from '../core/failure.ts';
import type { Equipment } from '../harness/alone.ts';
import { abortSessions } from '../harness/serve/abort.ts';
import { attachAddress, attached } from '../harness/serve/attach.ts';
import { checkServer } from '../harness/serve/health.ts';
import type { Turn } from '../harness/turn.ts';
import type { SwarmContext } from './context.ts';
import { tell } from './context.ts';
import { notTaken } from './equip.ts';

/** Milliseconds for one question to a server of the user's. */
const serverLimitMs = 5000;

/**
 * Takes a turn of opencode through a running server, where there is one: the user's own, or the one that oompa runs. Any other
 * turn is taken `alone`, with the slot's own state. A server is asked how it is before anything is spawned, and whatever it still
 * does in the worktree when the turn has ended is stopped.
 *
 * The client of a server opens a database too, and makes it first where there is none: several that do so in one folder break
 * each other (opencode 1.18.33). So it gets the state of our own server, who has made it, or else that of its slot.
 */
export async function throughServer(
  context: SwarmContext,
  { folder, ...plain }: Equipment & { readonly folder: string },
  take: (equipment: Equipment) => Promise<Turn>,
  alone: (take: (equipment: Equipment) => Promise<Turn>) => Promise<Turn>,
): Promise<Turn> {
  // A server works outside of the sandbox that its turns would be in.
  if (plain.harness.name !== 'opencode' || context.bwrap !== undefined) return alone(take);
  const address = attachAddress(plain.settings, plain.env);
  if (address?.kind === 'bad-address') return notTaken(unreachable(address.detail));
  if (address !== undefined) {
    const { server } = address;
    const health = await checkServer(server, serverLimitMs);
    if (health.kind !== 'healthy') return notTaken(unreachable(health.detail));
    try {
      return await alone((own) => take(attached(own, server)));
    } finally {
      const aborted = await abortSessions(server, folder, serverLimitMs);
      if (aborted.kind === 'not-aborted') {
        const message = `the server of opencode may still be at work in ${folder}: ${aborted.detail}`;
        tell(context, { type: 'problem:seen', message });
      }
    }
  }
  const { server } = context;
  if (server === undefined) return alone(take);
  const beside = { ...plain, env: { ...plain.env, ...server.state } };
  return server.managed.during(folder, (way) => take(way.kind === 'server' ? attached(beside, way.server) : beside));
}

function unreachable(detail: string): Failure {
  return { kind: 'attach-unreachable', detail };
}
