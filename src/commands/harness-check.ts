import { resolve } from 'node:path';
import type { Config } from '../config/schema.ts';
import { reviewerOf } from '../config/schema.ts';
import { agentEnvironment } from '../harness/environment.ts';
import { findBinary } from '../harness/probe.ts';
import { findHarness } from '../harness/registry.ts';
import { attachAddress, type AttachAddress } from '../harness/serve/attach.ts';

/** A CLI that the config needs and that is not there. */
export interface MissingHarness {
  readonly harness: string;
  /** What is missing: `not on PATH`. */
  readonly cause: string;
  /** Who needs it: ``pool `fast` and the reviewer need it``. */
  readonly need: string;
  /** What to do. */
  readonly remedy: string;
  /** All of it in one line for people. */
  readonly line: string;
}

/**
 * The CLIs that cannot be found, each once. A missing one that has a fallback is missing all the same: say it early.
 * `workspace` is what relative paths of programs start from: agents run in worktrees, which hold the same files.
 */
export function missingHarnesses(config: Config, env: NodeJS.ProcessEnv, workspace = process.cwd()): MissingHarness[] {
  const missing: MissingHarness[] = [];
  for (const [name, users] of usersOf(config)) {
    const binary = binaryOf(config, name);
    if (locateBinary(config, name, { env, workspace }) !== undefined) continue;
    const cause = binary.includes('/') ? `\`${binary}\` is not a program` : `\`${binary}\` is not on PATH`;
    const need = `${users.join(' and ')} need${users.length === 1 ? 's' : ''} it`;
    const remedy = remedyOf(config, name, binary);
    missing.push({ harness: name, cause, need, remedy, line: `${name}: ${cause}, and ${need}: ${remedy}` });
  }
  return missing;
}

/** Where the program of a harness lies, as the agents' own PATH has it; undefined when there is none. */
export function locateBinary(
  config: Config,
  name: string,
  { env, workspace }: { readonly env: NodeJS.ProcessEnv; readonly workspace: string },
): string | undefined {
  const binary = binaryOf(config, name);
  // Nobody expands `~` when an agent is started, so it is the name of a folder here too.
  const place = binary.includes('/') ? resolve(workspace, binary) : binary;
  const seen = agentEnvironment(env, { configEnv: config.harnesses[name]?.env ?? {}, own: {} });
  return findBinary(place, seen['PATH'] ?? '');
}

/** What is wrong with the address of the server that opencode is to work through; undefined when nothing is, or none is to be used. */
export function attachProblem(config: Config, env: NodeJS.ProcessEnv): string | undefined {
  if (!usersOf(config).has('opencode')) return undefined;
  const seen = agentEnvironment(env, { configEnv: config.harnesses['opencode']?.env ?? {}, own: {} });
  const address = userServer(config, 'opencode', seen);
  return address?.kind === 'bad-address' ? `opencode: ${address.detail}` : undefined;
}

/** The server of the user's that turns of a CLI would go through; `env` is what its agents see. */
export function userServer(
  config: Config,
  harness: string,
  env: Readonly<Record<string, string>>,
): AttachAddress | undefined {
  // A server works outside of the sandbox, where no turn is taken through one.
  if (harness !== 'opencode' || config.sandbox.use === 'bwrap') return undefined;
  const settings = config.harnesses[harness];
  return attachAddress(settings?.kind === 'built-in' ? settings : {}, env);
}

/** Which harness is used by whom: pools, their reviewers, the planner. */
export function usersOf(config: Config): Map<string, string[]> {
  const users = new Map<string, string[]>();
  const add = (harness: string, user: string) => {
    const list = users.get(harness) ?? [];
    if (!list.includes(user)) users.set(harness, [...list, user]);
  };
  for (const pool of config.workers) {
    for (const agent of [pool, ...pool.fallback]) add(agent.harness, `pool \`${pool.name}\``);
    const reviewer = reviewerOf(config, pool);
    if (reviewer === undefined) continue;
    for (const agent of [reviewer, ...reviewer.fallback]) add(agent.harness, 'the reviewer');
  }
  if (config.planner !== undefined) {
    for (const agent of [config.planner, ...config.planner.fallback]) add(agent.harness, 'the planner');
  }
  return users;
}

function binaryOf(config: Config, name: string): string {
  return binarySetting(config, name) ?? findHarness(name, config.harnesses)?.binary ?? name;
}

function binarySetting(config: Config, name: string): string | undefined {
  const settings = config.harnesses[name];
  return settings?.kind === 'built-in' ? settings.binary : undefined;
}

function remedyOf(config: Config, name: string, binary: string): string {
  const setting = config.harnesses[name]?.kind === 'declared' ? 'command' : 'binary';
  if (binary.startsWith('~/')) return `write the whole path instead of \`~\` in harnesses.${name}.${setting}`;
  if (binarySetting(config, name) !== undefined) return `correct harnesses.${name}.binary, or install it there`;
  if (binary.includes('/')) return `correct harnesses.${name}.command, or make it executable`;
  return findHarness(name, config.harnesses)?.install ?? `install ${binary}`;
}
