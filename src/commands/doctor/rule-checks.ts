import type { Config } from '../../config/schema.ts';
import { oversizedTurns } from '../../core/budget.ts';
import { unpricedAgents, unpricedWords } from '../../core/prices.ts';
import { agentName } from '../../core/run-state.ts';
import { findHarness } from '../../harness/registry.ts';
import { findBwrap } from '../../harness/sandbox/bwrap.ts';
import { permissionSummary } from '../../harness/sandbox/permissions.ts';
import { stateMode } from '../../harness/state/state.ts';
import type { Check } from '../../ui/doctor.ts';
import type { ProbedAgent } from '../../ui/probes.ts';
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

/** The same for agents that have answered now without a cost, though their CLI tells one of models that it knows. */
export function uncountedChecks(config: Config, probes: readonly ProbedAgent[]): Check[] {
  const silent = probes.filter(({ result }) => result.kind === 'answered' && result.usage.costUsd === undefined);
  const names = silent.map((probe) => agentName(probe));
  const told = unpricedLines(config);
  return unpricedAgents(config, () => false)
    .filter((agent) => names.includes(agentName(agent)))
    .map((agent) => unpricedWords(agent))
    .filter((line) => !told.includes(line))
    .map((text) => ({ status: 'warn', text }));
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
  const tooLarge = oversizedTurns(config).map(({ turn, of }): Check => ({
    status: 'fail',
    text: `\`${turn}\` is more than \`${of}\`: no turn could begin`,
    hint: `lower \`${turn}\`, or set \`hard: true\` beside \`${of}\``,
  }));
  return [...tooLarge, ...unpricedLines(config).map((text): Check => ({ status: 'warn', text }))];
}
