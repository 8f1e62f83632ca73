import type { Config } from '../../config/schema.ts';
import { unpricedAgents, unpricedWords } from '../../core/prices.ts';
import { findHarness } from '../../harness/registry.ts';
import { findBwrap } from '../../harness/sandbox/bwrap.ts';
import { permissionSummary } from '../../harness/sandbox/permissions.ts';
import { stateMode } from '../../harness/state/state.ts';
import type { Check } from '../../ui/doctor.ts';
import { usersOf } from '../harness-check.ts';
import type { HarnessSurroundings } from './harness-checks.ts';

/** What holds agents: what each CLI may do and where it keeps its state, the sandbox, and budgets that can't be counted. */
export async function ruleChecks(config: Config, surroundings: HarnessSurroundings): Promise<Check[]> {
  const permissions = [...usersOf(config).keys()].map((name): Check => ({
    status: 'ok',
    text: permissionsOf(config, name, surroundings),
  }));
  return [...permissions, ...(await sandboxChecks(config, surroundings)), ...budgetChecks(config)];
}

/** One line for each agent whose cost a budget of money would have to count, and can't. */
export function unpricedLines(config: Config): string[] {
  const reportsCost = (harness: string) => findHarness(harness, config.harnesses)?.reportsCost === true;
  return unpricedAgents(config, reportsCost).map((agent) => unpricedWords(agent));
}

function permissionsOf({ harnesses, sandbox }: Config, name: string, { root }: HarnessSurroundings): string {
  const settings = harnesses[name];
  const setting = settings?.kind === 'built-in' ? settings.state : undefined;
  return permissionSummary(name, {
    root,
    sandbox,
    state: stateMode(name, { setting, sandboxed: sandbox.use === 'bwrap' }),
  });
}

async function sandboxChecks({ sandbox, harnesses }: Config, { env, root }: HarnessSurroundings): Promise<Check[]> {
  if (sandbox.use === 'none') return [];
  const found = await findBwrap(env, root);
  if (found.kind === 'missing')
    return [{ status: 'fail', text: 'sandbox: `bwrap` is not on PATH', hint: found.remedy }];
  if (found.kind === 'refused') {
    return [{ status: 'fail', text: `sandbox: bubblewrap does not work here: ${found.detail}`, hint: found.remedy }];
  }
  const opencode = harnesses['opencode'];
  const isServed = opencode?.kind === 'built-in' && (opencode.serve !== undefined || opencode.attach !== undefined);
  const text = 'sandbox: turns of opencode run without the server, which would work outside of it';
  return isServed ? [{ status: 'warn', text }] : [];
}

function budgetChecks(config: Config): Check[] {
  return unpricedLines(config).map((text) => ({ status: 'warn', text }));
}
