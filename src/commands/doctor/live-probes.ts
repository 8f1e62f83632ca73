import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Semaphore } from 'async-mutex';
import type { Agent } from '../../config/schema-agents.ts';
import type { Config } from '../../config/schema.ts';
import { redactor, secretValues } from '../../core/redact.ts';
import { agentEnvironment } from '../../harness/environment.ts';
import { probeLive } from '../../harness/live-probe.ts';
import type { HarnessSettings } from '../../harness/harness.ts';
import { findHarness } from '../../harness/registry.ts';
import { attachAddress } from '../../harness/serve/attach.ts';
import { checkServer } from '../../harness/serve/health.ts';
import { clientEnvironment } from '../../harness/serve/server.ts';
import { slotState, stateMode } from '../../harness/state/state.ts';
import type { SlotState, StateOrder } from '../../harness/state/state.ts';
import type { Turn } from '../../harness/turn.ts';
import { openProcessNotes } from '../../system/process-notes.ts';
import type { ProbedAgent } from '../../ui/probes.ts';
import { locateBinary } from '../harness-check.ts';
import { agentsOf } from './agents.ts';
import { withProbeFolder } from './probe-folder.ts';

/** Where agents are asked. */
export interface ProbeSurroundings {
  readonly env: NodeJS.ProcessEnv;
  readonly workspace: string;
  /** Whether oompa runs as root. */
  readonly root: boolean;
  /** Milliseconds for each agent. */
  readonly limitMs: number;
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
  return withProbeFolder(workspace, async (made) => {
    if (made.kind === 'failed') {
      const failure = { kind: 'spawn-failed' as const, detail: `no folder for it could be made: ${made.why}` };
      return { ...agent, result: { kind: 'failed', failure, ms: 0 } };
    }
    const seen = agentEnvironment(env, { configEnv, own: {} });
    const way = await wayOf(config, agent.harness, seen);
    if (way.kind === 'unreachable') {
      const failure = { kind: 'attach-unreachable' as const, detail: way.detail };
      return { ...agent, result: { kind: 'failed', failure, ms: 0 } };
    }
    const state = await stateFor(config, agent.harness, { folder: join(made.folder, 'state'), env: seen, configEnv });
    if (state.kind === 'failed') {
      const failure = { kind: 'spawn-failed' as const, detail: state.detail };
      return { ...agent, result: { kind: 'failed', failure, ms: 0 } };
    }
    const ask = () =>
      probeLive({
        ...agent,
        ...note,
        ...{ harness, binary, settings: way.settings, folder: made.folder, workspace, signal },
        env: { ...seen, ...state.env, ...way.env },
        root: surroundings.root,
        limitMs: surroundings.limitMs,
        redact: redactor([env, configEnv].flatMap(secretValues)),
      });
    const turn = await ask();
    // opencode 1.18.33, started for the first time and twice at once: the other one has made its database by now.
    return { ...agent, result: resultOf(isLocked(turn) ? await ask() : turn) };
  });
}

type ProbeWay =
  | { readonly kind: 'ready'; readonly settings: HarnessSettings; readonly env: Readonly<Record<string, string>> }
  /** `detail` is one line. */
  | { readonly kind: 'unreachable'; readonly detail: string };

/** As in a run: opencode works through a server of the user's, if there is to be one, unless it is to be in a sandbox. */
async function wayOf(config: Config, harness: string, env: Readonly<Record<string, string>>): Promise<ProbeWay> {
  const { attach, ...settings }: HarnessSettings = config.harnesses[harness] ?? {};
  const isAlone = harness !== 'opencode' || config.sandbox.use === 'bwrap';
  const address = isAlone ? undefined : attachAddress(attach === undefined ? {} : { attach }, env);
  if (address === undefined) return { kind: 'ready', settings, env: {} };
  if (address.kind === 'bad-address') return { kind: 'unreachable', detail: address.detail };
  const { server } = address;
  const health = await checkServer(server, serverLimitMs);
  if (health.kind !== 'healthy') return { kind: 'unreachable', detail: health.detail };
  return { kind: 'ready', settings: { ...settings, attach: server.url }, env: clientEnvironment(server, env) };
}

/** Milliseconds for one question to a server of the user's. */
const serverLimitMs = 5000;

/** As in a run, but thrown away: a CLI that has a state of its own for each worker leaves nothing in the user's. */
function stateFor(config: Config, name: string, order: Omit<StateOrder, 'mode' | 'resumes'>): Promise<SlotState> {
  const settings = config.harnesses[name];
  const setting = settings?.kind === 'built-in' ? settings.state : undefined;
  return slotState(name, { ...order, mode: stateMode(name, { setting, sandboxed: false }), resumes: false });
}

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
