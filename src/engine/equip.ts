import { join } from 'node:path';
import type { Agent } from '../config/schema-agents.ts';
import type { Failure } from '../core/failure.ts';
import { noUsage } from '../core/usage.ts';
import { adminOf } from '../git/admin.ts';
import { agentEnvironment } from '../harness/environment.ts';
import type { Harness, HarnessSettings } from '../harness/harness.ts';
import { planSandbox } from '../harness/sandbox/plan.ts';
import { inSandbox } from '../harness/sandbox/sandboxed.ts';
import { slotState, stateMode } from '../harness/state/state.ts';
import type { Turn } from '../harness/turn.ts';
import type { SwarmContext } from './context.ts';
import type { Place } from './place.ts';
import { throughServer } from './warm.ts';

/** What a turn runs with. */
export interface Equipment {
  readonly harness: Harness;
  readonly settings: HarnessSettings;
  /** All that the agent sees of the surroundings. */
  readonly env: Readonly<Record<string, string>>;
}

/**
 * Takes a turn with everything that its agent needs around it: a server where there is one, else the slot's own state for the
 * CLI, and the sandbox. What can't be had is the turn's failure, and no process is started.
 */
export async function equipped(
  context: SwarmContext,
  { agent, place, resumes }: { readonly agent: Agent; readonly place: Place; readonly resumes: boolean },
  take: (equipment: Equipment) => Promise<Turn>,
): Promise<Turn> {
  const settings = context.config.harnesses[agent.harness];
  const configEnv = settings?.env ?? {};
  const env = agentEnvironment(context.env, { configEnv, own: place.env });
  const plain = { harness: context.harness(agent.harness), settings: settings ?? {}, env };
  const alone = async (how: (equipment: Equipment) => Promise<Turn>) => {
    const own = await onItsOwn(context, place, { ...plain, configEnv, resumes });
    return own.kind === 'ready' ? how(own.equipment) : notTaken(own.failure);
  };
  return throughServer(context, { ...plain, folder: place.folder }, take, alone);
}

/** A turn that failed before there was a process. */
export function notTaken(failure: Failure): Turn {
  return { ending: { kind: 'failed', failure }, usage: noUsage, tools: 0, durationMs: 0 };
}

type Prepared =
  { readonly kind: 'ready'; readonly equipment: Equipment } | { readonly kind: 'failed'; readonly failure: Failure };

interface Alone extends Equipment {
  /** `harnesses.<name>.env` of the config. */
  readonly configEnv: Readonly<Record<string, string>>;
  /** The turn goes on with a session. */
  readonly resumes: boolean;
}

/** A process of its own for the turn. */
async function onItsOwn(
  context: SwarmContext,
  place: Place,
  { harness, settings, env, configEnv, resumes }: Alone,
): Promise<Prepared> {
  const { sandbox, harnesses } = context.config;
  const setting = harnesses[harness.name];
  const mode = stateMode(harness.name, {
    setting: setting?.kind === 'built-in' ? setting.state : undefined,
    sandboxed: sandbox.use === 'bwrap',
  });
  const folder = join(context.repository.root, '.oompa', 'state', place.slot.name);
  const state = await slotState(harness.name, { mode, folder, env, configEnv, resumes });
  if (state.kind === 'failed') return failed(state.detail);
  // Attached it would work in a server, outside of any sandbox.
  const { attach: _server, ...own } = settings;
  const equipment = { harness, settings: own, env: { ...env, ...state.env } };
  if (context.bwrap === undefined) return { kind: 'ready', equipment };
  const { root, commonDir } = context.repository;
  const admin = await adminOf(place.folder, commonDir);
  if (admin === undefined) return failed('git does not know the worktree any more');
  const planned = await planSandbox({
    bwrap: context.bwrap,
    program: settings.binary ?? harness.binary,
    workspace: root,
    worktree: place.folder,
    ...{ admin, commonDir },
    branch: place.branch,
    state: folder,
    writable: state.writable,
    env: equipment.env,
    configEnv,
    network: sandbox.network,
    root: process.getuid?.() === 0,
  });
  if (planned.kind === 'failed') return failed(planned.detail);
  return { kind: 'ready', equipment: { ...equipment, harness: inSandbox(harness, planned.plan) } };
}

function failed(detail: string): Prepared {
  return { kind: 'failed', failure: { kind: 'spawn-failed', detail } };
}
