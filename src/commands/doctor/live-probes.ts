import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Semaphore } from 'async-mutex';
import type { Agent } from '../../config/schema-agents.ts';
import type { Config } from '../../config/schema.ts';
import type { Failure } from '../../core/failure.ts';
import { redactor, secretValues } from '../../core/redact.ts';
import { workingAlone, type Prepared } from '../../harness/alone.ts';
import { agentEnvironment } from '../../harness/environment.ts';
import type { Harness } from '../../harness/harness.ts';
import { calledFrom, probeLive } from '../../harness/live-probe.ts';
import { findHarness } from '../../harness/registry.ts';
import { attached, type AttachAddress } from '../../harness/serve/attach.ts';
import { checkServer } from '../../harness/serve/health.ts';
import type { OpencodeServer } from '../../harness/serve/server.ts';
import type { Turn } from '../../harness/turn.ts';
import { openProcessNotes } from '../../system/process-notes.ts';
import type { ProbedAgent } from '../../ui/probes.ts';
import { locateBinary, userServer } from '../harness-check.ts';
import { agentsOf } from './agents.ts';
import { withProbeFolder, type ProbePlace } from './probe-folder.ts';

/** Where agents are asked. */
export interface ProbeSurroundings {
  readonly env: NodeJS.ProcessEnv;
  readonly workspace: string;
  /** Whether oompa runs as root. */
  readonly root: boolean;
  /** Milliseconds for each agent. */
  readonly limitMs: number;
  /** bubblewrap, when agents are to work in a sandbox. */
  readonly bwrap: string | undefined;
  /** Ends all of them at once. */
  readonly signal: AbortSignal;
}

/** The agents of the config whose CLI is there; what is missing has been said already. */
export function agentsToProbe(
  config: Config,
  { env, workspace }: Pick<ProbeSurroundings, 'env' | 'workspace'>,
): Agent[] {
  return agentsOf(config).filter(({ harness }) => locateBinary(config, harness, { env, workspace }) !== undefined);
}

/** Asks them for one word each, side by side; in the order of `agents`. */
export async function probeAgents(
  agents: readonly Agent[],
  config: Config,
  surroundings: ProbeSurroundings,
): Promise<ProbedAgent[]> {
  const places = new Semaphore(mostAtATime);
  return Promise.all(agents.map((agent) => places.runExclusive(() => probeAgent(agent, config, surroundings))));
}

/** CLIs take up to 600 MB each. */
const mostAtATime = 4;

async function probeAgent(agent: Agent, config: Config, surroundings: ProbeSurroundings): Promise<ProbedAgent> {
  const { env, workspace, signal } = surroundings;
  if (signal.aborted) return { ...agent, result: { kind: 'stopped' } };
  const harness = findHarness(agent.harness, config.harnesses);
  const binary = locateBinary(config, agent.harness, { env, workspace });
  if (harness === undefined || binary === undefined)
    throw new Error(`internal error: ${agent.harness} was found before`);
  const settings = config.harnesses[agent.harness];
  const configEnv = settings?.env ?? {};
  const note = existsSync(join(workspace, '.oompa')) ? { note: noterOf(workspace) } : {};
  return withProbeFolder(workspace, async (place) => {
    const notAsked = (failure: Failure) => ({ ...agent, result: { kind: 'failed' as const, failure, ms: 0 } });
    if (place.kind === 'failed') {
      return notAsked({ kind: 'spawn-failed', detail: `no folder for it could be made: ${place.why}` });
    }
    const seen = agentEnvironment(env, { configEnv, own: { TMPDIR: place.temporary } });
    const called = calledFrom(workspace, { harness, binary });
    const prepared = await prepare({ harness: called, binary, env: seen, configEnv }, place, { config, surroundings });
    if (prepared.kind === 'failed') return notAsked(prepared.failure);
    const ask = () =>
      probeLive({
        ...agent,
        ...note,
        ...prepared.equipment,
        ...{ worktree: place.worktree, temporary: place.temporary, signal },
        root: surroundings.root,
        limitMs: surroundings.limitMs,
        redact: redactor([env, configEnv].flatMap(secretValues)),
      });
    const turn = await ask();
    // opencode 1.18.33, started for the first time and twice at once: the other one has made its database by now.
    return { ...agent, result: resultOf(isLocked(turn) ? await ask() : turn) };
  });
}

interface Called {
  readonly harness: Harness;
  /** Absolute path of its program. */
  readonly binary: string;
  readonly env: Readonly<Record<string, string>>;
  readonly configEnv: Readonly<Record<string, string>>;
}

/**
 * As in a run: opencode works through a server of the user's, if there is to be one, and everything in the sandbox if there is
 * to be one, where no server is. A CLI that has a state of its own for each worker leaves nothing in the user's.
 */
async function prepare(
  { harness, binary, env, configEnv }: Called,
  { state, worktree, admin, commonDir, branch }: ProbePlace,
  { config, surroundings }: { readonly config: Config; readonly surroundings: ProbeSurroundings },
): Promise<Prepared> {
  const setting = config.harnesses[harness.name];
  const { bwrap, workspace, root } = surroundings;
  const { network } = config.sandbox;
  const server = await healthyServer(userServer(config, harness.name, env));
  if (typeof server === 'string') return { kind: 'failed', failure: { kind: 'attach-unreachable', detail: server } };
  const prepared = await workingAlone({
    ...{ harness, env, configEnv, state, resumes: false },
    settings: { ...setting, binary },
    stateSetting: setting?.kind === 'built-in' ? setting.state : undefined,
    sandbox: bwrap === undefined ? undefined : { bwrap, workspace, worktree, admin, commonDir, branch, network, root },
  });
  if (server === undefined || prepared.kind === 'failed') return prepared;
  return { kind: 'ready', equipment: attached(prepared.equipment, server) };
}

/** The server, or why it can't be worked through, in one line. */
async function healthyServer(address: AttachAddress | undefined): Promise<OpencodeServer | string | undefined> {
  if (address === undefined) return undefined;
  if (address.kind === 'bad-address') return address.detail;
  const health = await checkServer(address.server, serverLimitMs);
  return health.kind === 'healthy' ? address.server : health.detail;
}

/** Milliseconds for one question to a server of the user's. */
const serverLimitMs = 5000;

/** The next start of a run ends what a killed probe has left. */
function noterOf(workspace: string) {
  return openProcessNotes(workspace, 'probe').as('oompa doctor --probe');
}

function isLocked({ ending }: Turn): boolean {
  return ending.kind === 'failed' && ending.failure.kind === 'state-locked';
}

function resultOf({ ending, usage, durationMs }: Turn): ProbedAgent['result'] {
  const ms = Math.round(durationMs);
  if (ending.kind === 'answered') return { kind: 'answered', said: ending.message, ms, usage };
  if (ending.failure.kind === 'stopped') return { kind: 'stopped' };
  return { kind: 'failed', failure: ending.failure, ms };
}
