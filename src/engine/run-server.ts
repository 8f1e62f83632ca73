import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Config } from '../config/schema.ts';
import { agentEnvironment } from '../harness/environment.ts';
import { opencodeVariables } from '../harness/opencode.ts';
import { openManagedServer } from '../harness/serve/managed-server.ts';
import type { ManagedServer } from '../harness/serve/managed-server.ts';
import { slotState } from '../harness/state/state.ts';
import type { RunLog } from '../runs/run-log.ts';
import type { Noter } from '../system/process-notes.ts';

/** The server that oompa runs for opencode during a run. */
export interface RunServer {
  readonly managed: ManagedServer;
  /** Variables that lead a CLI to the server's state: turns that have to do without the server find their sessions there. */
  readonly state: Readonly<Record<string, string>>;
}

/** Its folder below `.oompa/tmp` and `.oompa/state`, beside those of the workers' slots. */
export const serverFolder = 'opencode-serve';

/** What opening it needs of a run. */
export interface RunServerOrder {
  readonly root: string;
  readonly config: Config;
  readonly log: RunLog;
  readonly env: NodeJS.ProcessEnv;
  /** Random, one for each run, and known to `redact`. */
  readonly password: string;
  readonly note: Noter;
}

/**
 * The server of the run, where the config has `harnesses.opencode.serve: managed`: it is started with the first turn that wants
 * it. Undefined where it has not, where agents work in a sandbox (which holds for one worktree only), or, with a line in the
 * log, where its state can't be prepared.
 */
export async function openRunServer(order: RunServerOrder): Promise<RunServer | undefined> {
  const { config, root, log } = order;
  const settings = config.harnesses['opencode'];
  if (settings?.kind !== 'built-in' || settings.serve === undefined || config.sandbox.use === 'bwrap') return undefined;
  const own = join(root, '.oompa');
  const temporary = join(own, 'tmp', serverFolder);
  const seen = agentEnvironment(order.env, {
    configEnv: settings.env,
    own: { OOMPA_RUN: log.id, TMPDIR: temporary },
  });
  const folder = join(own, 'state', serverFolder);
  const state = await slotState('opencode', {
    mode: 'slot',
    folder,
    env: seen,
    configEnv: settings.env,
    resumes: false,
  });
  if (state.kind === 'failed') {
    log.append({ type: 'problem:seen', message: `opencode runs without a server: ${state.detail}` });
    return undefined;
  }
  await mkdir(temporary, { recursive: true });
  const managed = openManagedServer({
    binary: settings.binary ?? 'opencode',
    cwd: root,
    env: { ...opencodeVariables, ...seen, ...state.env },
    password: order.password,
    note: order.note,
    onEvent: (event) => {
      const why = event.kind === 'ready' ? '' : event.why;
      const now = event.kind === 'gave-up' ? 'given-up' : event.kind;
      log.append({ type: 'server:changed', harness: 'opencode', now, why });
    },
  });
  return { managed, state: state.env };
}
