import type { Config } from '../../config/schema.ts';
import { keepsCredentials, seenCredentials } from '../../harness/credentials.ts';
import { agentEnvironment } from '../../harness/environment.ts';
import type { Probe } from '../../harness/probe.ts';
import type { AttachAddress } from '../../harness/serve/attach.ts';
import { checkServer } from '../../harness/serve/health.ts';
import { probeVersion } from '../../harness/probe.ts';
import { findHarness } from '../../harness/registry.ts';
import type { Check } from '../../ui/doctor.ts';
import { spokenTime } from '../../ui/text.ts';
import { locateBinary, missingHarnesses, userServer, usersOf } from '../harness-check.ts';

/** Where CLIs are looked at. */
export interface HarnessSurroundings {
  readonly env: NodeJS.ProcessEnv;
  readonly workspace: string;
  /** Whether oompa runs as root. */
  readonly root: boolean;
  /** Milliseconds that a CLI may take to say its version. */
  readonly limitMs: number;
  /** Whether every agent is asked for a word as well: then nobody has to guess whether it is logged in. */
  readonly isAsked?: boolean;
}

/** Every CLI that the config uses, side by side: is it there, does it answer, does it seem to be logged in. No model is called. */
export async function harnessChecks(config: Config, surroundings: HarnessSurroundings): Promise<Check[]> {
  const missing = missingHarnesses(config, surroundings.env, surroundings.workspace);
  const checks = [...usersOf(config).keys()].map((name): Promise<Check[]> => {
    const found = missing.find(({ harness }) => harness === name);
    if (found === undefined) return presentHarness(config, name, surroundings);
    const hint = `${found.remedy}, or remove what needs it`;
    return Promise.resolve([{ status: 'fail', text: `${name}: ${found.cause}, ${found.need}`, hint }]);
  });
  return (await Promise.all(checks)).flat();
}

async function presentHarness(config: Config, name: string, surroundings: HarnessSurroundings): Promise<Check[]> {
  const harness = findHarness(name, config.harnesses);
  const binary = locateBinary(config, name, surroundings);
  if (harness === undefined || binary === undefined) throw new Error(`internal error: ${name} was found before`);
  const settings = config.harnesses[name];
  const { env, workspace, limitMs, root, isAsked = false } = surroundings;
  // Nobody knows how it tells its version, and calling it in any other way may set it to work.
  if (settings?.kind === 'declared') return [{ status: 'ok', text: `${name}: found at ${binary}` }];
  const probe = await probeVersion(harness, { binary, env: settings?.env ?? {} }, { env, limitMs });
  if (probe.kind !== 'answers') return [silentHarness(name, binary, probe)];
  const seen = agentEnvironment(env, { configEnv: settings?.env ?? {}, own: {} });
  const address = userServer(config, name, seen);
  const credentials = await seenCredentials(name, { env: seen, workspace });
  const subject = `${name} ${probe.version}`;
  const concerns = [
    ...(address === undefined ? [] : await attachConcern(subject, address)),
    ...(root && name === 'claude' ? [rootConcern(subject)] : []),
    ...(!isAsked && address === undefined && keepsCredentials(name) && credentials === undefined
      ? [loginConcern(subject)]
      : []),
  ];
  if (concerns.length > 0) return concerns;
  const login = credentials === undefined ? '' : ` · credentials in ${credentials}`;
  return [{ status: 'ok', text: `${subject} · answered in ${spokenTime(probe.ms)}${login}` }];
}

function silentHarness(name: string, binary: string, probe: Exclude<Probe, { kind: 'answers' }>): Check {
  const detail = probe.kind === 'broken' ? probe.detail : `${binary} has gone`;
  return { status: 'fail', text: `${name}: ${detail}`, hint: `see for yourself: ${binary} --version` };
}

function rootConcern(subject: string): Check {
  return {
    status: 'warn',
    text: `${subject} · running as root: its bypass needs IS_SANDBOX=1, which oompa sets`,
  };
}

function loginConcern(subject: string): Check {
  return { status: 'warn', text: `${subject} · no credentials seen; is it logged in?` };
}

const attachLimitMs = 5000;

/** Whether the server that opencode is to work through, by the config or a variable, would take it. */
async function attachConcern(subject: string, address: AttachAddress): Promise<Check[]> {
  const hint = `start it with: opencode serve, or do without ${address.source}`;
  if (address.kind === 'bad-address') return [{ status: 'fail', text: `${subject} · ${address.detail}`, hint }];
  const health = await checkServer(address.server, attachLimitMs);
  if (health.kind === 'healthy') return [];
  return [{ status: 'fail', text: `${subject} · ${health.detail}`, hint }];
}
