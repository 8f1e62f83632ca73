import type { Config } from '../../config/schema.ts';
import { agentEnvironment } from '../../harness/environment.ts';
import type { Probe } from '../../harness/probe.ts';
import { probeVersion } from '../../harness/probe.ts';
import { findHarness } from '../../harness/registry.ts';
import type { Check } from '../../ui/doctor.ts';
import { spokenTime } from '../../ui/text.ts';
import { locateBinary, missingHarnesses, usersOf } from '../harness-check.ts';
import { keepsCredentials, seenCredentials } from './credentials.ts';

/** Where CLIs are looked at. */
export interface HarnessSurroundings {
  readonly env: NodeJS.ProcessEnv;
  readonly workspace: string;
  /** Whether oompa runs as root. */
  readonly root: boolean;
  /** Milliseconds that a CLI may take to say its version. */
  readonly limitMs: number;
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
  const { env, workspace, limitMs, root } = surroundings;
  const probe = await probeVersion(harness, { binary, env: settings?.env ?? {} }, { env, limitMs });
  if (probe.kind !== 'answers') return [silentHarness(name, binary, { probe, known: settings?.kind !== 'declared' })];
  const seen = agentEnvironment(env, { configEnv: settings?.env ?? {}, own: {} });
  const attach = settings?.kind === 'built-in' ? settings.attach : undefined;
  const credentials = await seenCredentials(name, { env: seen, workspace });
  const subject = `${name} ${probe.version}`;
  const concerns = [
    ...(attach === undefined ? [] : await attachConcern(subject, attach)),
    ...(root && name === 'claude' ? [rootConcern(subject)] : []),
    ...(attach === undefined && keepsCredentials(name) && credentials === undefined ? [loginConcern(subject)] : []),
  ];
  if (concerns.length > 0) return concerns;
  const login = credentials === undefined ? '' : ` · credentials in ${credentials}`;
  return [{ status: 'ok', text: `${subject} · answered in ${spokenTime(probe.ms)}${login}` }];
}

/** A CLI that oompa does not know need not have `--version`. */
function silentHarness(
  name: string,
  binary: string,
  { probe, known }: { readonly probe: Exclude<Probe, { kind: 'answers' }>; readonly known: boolean },
): Check {
  const detail = probe.kind === 'broken' ? probe.detail : `${binary} has gone`;
  if (!known) return { status: 'warn', text: `${name}: does not tell its version: ${detail}` };
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

/** Any answer will do: only whether a server is there can be told from outside. */
async function attachConcern(subject: string, address: string): Promise<Check[]> {
  try {
    const response = await fetch(address, { signal: AbortSignal.timeout(attachLimitMs), redirect: 'manual' });
    await response.body?.cancel();
    return [];
  } catch {
    const text = `${subject} · the server at ${address} does not answer`;
    return [{ status: 'fail', text, hint: 'start it with: opencode serve, or remove `attach`' }];
  }
}
