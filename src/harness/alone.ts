import type { Failure } from '../core/failure.ts';
import type { Harness, HarnessSettings } from './harness.ts';
import { planSandbox, type SandboxOrder } from './sandbox/plan.ts';
import { inSandbox } from './sandbox/sandboxed.ts';
import { slotState, stateMode, type StateMode } from './state/state.ts';

/** What a turn runs with. */
export interface Equipment {
  readonly harness: Harness;
  readonly settings: HarnessSettings;
  /** All that the agent sees of the surroundings. */
  readonly env: Readonly<Record<string, string>>;
}

/** What became of preparing a turn. */
export type Prepared =
  { readonly kind: 'ready'; readonly equipment: Equipment } | { readonly kind: 'failed'; readonly failure: Failure };

/** A turn whose CLI is to work in a process of its own. */
export interface AloneOrder extends Equipment {
  /** `harnesses.<name>.env` of the config. */
  readonly configEnv: Readonly<Record<string, string>>;
  /** `harnesses.<name>.state` of the config. */
  readonly stateSetting: StateMode | undefined;
  /** Absolute path of the slot's state, which only one turn at a time may use. */
  readonly state: string;
  /** The turn goes on with a session. */
  readonly resumes: boolean;
  /** Undefined: in no sandbox. */
  readonly sandbox: Confines | undefined;
}

/** What a turn in a sandbox is about (see `SandboxOrder`). */
export type Confines = Pick<
  SandboxOrder,
  'bwrap' | 'workspace' | 'worktree' | 'admin' | 'commonDir' | 'branch' | 'network' | 'root'
>;

/** Prepares the slot's own state for the CLI, and the sandbox. What can't be had is the turn's failure. */
export async function workingAlone(order: AloneOrder): Promise<Prepared> {
  const { harness, settings, env, configEnv, stateSetting, state: folder, resumes, sandbox } = order;
  const mode = stateMode(harness.name, { setting: stateSetting, sandboxed: sandbox !== undefined });
  const state = await slotState(harness.name, { mode, folder, env, configEnv, resumes });
  if (state.kind === 'failed') return notStarted(state.detail);
  // Attached it would work in a server, outside of any sandbox.
  const { attach: _server, ...own } = settings;
  const equipment = { harness, settings: own, env: { ...env, ...state.env } };
  if (sandbox === undefined) return { kind: 'ready', equipment };
  const planned = await planSandbox({
    ...sandbox,
    program: settings.binary ?? harness.binary,
    state: folder,
    writable: state.writable,
    env: equipment.env,
    configEnv,
  });
  if (planned.kind === 'failed') return notStarted(planned.detail);
  return { kind: 'ready', equipment: { ...equipment, harness: inSandbox(harness, planned.plan) } };
}

/** `detail` is one line. */
export function notStarted(detail: string): Prepared {
  return { kind: 'failed', failure: { kind: 'spawn-failed', detail } };
}
