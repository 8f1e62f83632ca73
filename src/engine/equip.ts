import { join } from 'node:path';
import type { Agent } from '../config/schema-agents.ts';
import type { Failure } from '../core/failure.ts';
import { noUsage } from '../core/usage.ts';
import { adminOf } from '../git/admin.ts';
import { notStarted, workingAlone, type AloneOrder, type Equipment, type Prepared } from '../harness/alone.ts';
import { agentEnvironment } from '../harness/environment.ts';
import type { Turn } from '../harness/turn.ts';
import type { SwarmContext } from './context.ts';
import type { Place } from './place.ts';
import { throughServer } from './warm.ts';

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

/** A process of its own for the turn. */
async function onItsOwn(
  context: SwarmContext,
  place: Place,
  turn: Omit<AloneOrder, 'stateSetting' | 'state' | 'sandbox'>,
): Promise<Prepared> {
  const { bwrap, config, repository } = context;
  const { root: workspace, commonDir } = repository;
  const setting = config.harnesses[turn.harness.name];
  const order = {
    ...turn,
    stateSetting: setting?.kind === 'built-in' ? setting.state : undefined,
    state: join(workspace, '.oompa', 'state', place.slot.name),
  };
  if (bwrap === undefined) return workingAlone({ ...order, sandbox: undefined });
  const admin = await adminOf(place.folder, commonDir);
  if (admin === undefined) return notStarted('git does not know the worktree any more');
  return workingAlone({
    ...order,
    sandbox: {
      ...{ bwrap, workspace, worktree: place.folder, admin, commonDir, branch: place.branch },
      network: config.sandbox.network,
      root: process.getuid?.() === 0,
    },
  });
}
