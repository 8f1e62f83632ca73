import { relative, resolve } from 'node:path';
import { loadConfig } from '../config/load.ts';
import type { LoadedConfig } from '../config/load.ts';
import { configFile } from '../config/schema.ts';
import { openRepository } from '../git/repository.ts';
import type { Repository } from '../git/repository.ts';
import { builtInHarnesses } from '../harness/registry.ts';
import { findBwrap } from '../harness/sandbox/bwrap.ts';
import { duration } from '../config/values.ts';
import type { Config } from '../config/schema.ts';
import { renderDoctor } from '../ui/doctor.ts';
import type { Check, Diagnosis } from '../ui/doctor.ts';
import { probeNotice } from '../ui/probes.ts';
import type { ProbedAgent } from '../ui/probes.ts';
import type { ReconcileItem } from '../ui/reconcile.ts';
import { configCheck } from './doctor/config-check.ts';
import { diskCheck } from './doctor/disk-check.ts';
import { gitCheck, identityChecks, noWorkspaceChecks, workspaceChecks } from './doctor/git-checks.ts';
import { harnessChecks } from './doctor/harness-checks.ts';
import { agentsToProbe, probeAgents } from './doctor/live-probes.ts';
import { notifyChecks } from './doctor/notify-checks.ts';
import { taskChecks } from './doctor/queue-checks.ts';
import { ruleChecks, uncountedChecks } from './doctor/rule-checks.ts';
import { failureChecks, fixWorkspace, reconcileChecks } from './doctor/reconcile.ts';
import type { ExitCode, Io } from './io.ts';
import { readQueue } from './read-queue.ts';

/** `oompa doctor`. */
export interface DoctorOptions {
  readonly json?: boolean;
  /** Another config file than the workspace's own. */
  readonly config?: string;
  /** First puts right what ended runs have left. */
  readonly fix?: boolean;
  /** With `fix`: says what would be done, and changes nothing. */
  readonly dryRun?: boolean;
  /** Also asks every agent of the config for one word, which costs money. */
  readonly probe?: boolean;
  /** With `probe`: how long each agent may take, such as `90s`; a minute when left out. */
  readonly timeout?: string;
}

/**
 * Looks at everything that a run needs; without `fix` it changes nothing. 1 when something would fail or could not be put
 * right, 2 without workspace or config, 130 when the user ended the asking of agents.
 */
export async function doctor(options: DoctorOptions, io: Io): Promise<ExitCode> {
  if (options.dryRun === true && options.fix !== true) {
    io.stderr('--dry-run says what --fix would do: oompa doctor --fix --dry-run\n');
    return 2;
  }
  const limitMs = probeLimit(options);
  if (typeof limitMs === 'string') {
    io.stderr(limitMs);
    return 2;
  }
  const opened = await openRepository(io.cwd, { identity: false });
  if (opened.kind === 'problem') {
    const checks = await noWorkspaceChecks(opened, io.cwd);
    tell(diagnosisOf(checks, 'oompa doctor'), options, io);
    return 2;
  }
  const { root } = opened.repository;
  const path = resolve(root, options.config ?? configFile);
  const loaded = await loadConfig({ path, workspace: root, knownHarnesses: builtInHarnesses });
  const main = await mainOf(opened.repository, loaded, io);
  const fixed = options.fix === true && typeof main !== 'string' ? await fix(main, options, io) : [];
  const checks = [
    ...(await allChecks(opened.repository, { loaded, file: relative(root, path), main }, { options, io })),
    ...failureChecks(fixed),
  ];
  const asked = options.probe === true && loaded.kind === 'loaded';
  const probes = asked ? await probe(loaded.config, { workspace: root, limitMs, json: options.json === true }, io) : [];
  const isMissing = loaded.kind === 'problems' && loaded.problems.some(({ message }) => message === 'does not exist');
  const remedy = isMissing ? 'oompa init' : asked ? 'oompa doctor --probe' : 'oompa doctor';
  const uncounted = loaded.kind === 'loaded' ? uncountedChecks(loaded.config, probes) : [];
  const diagnosis = diagnosisOf([...checks, ...uncounted], remedy, probes);
  const reconciled = options.fix === true ? { reconciled: { dryRun: options.dryRun === true, items: fixed } } : {};
  tell({ ...diagnosis, ...reconciled, ...(asked ? { probes } : {}) }, options, io);
  if (loaded.kind === 'problems') return 2;
  if (probes.some(({ result }) => result.kind === 'stopped')) return 130;
  return diagnosis.problems > 0 ? 1 : 0;
}

function fix(main: Repository, { dryRun, json }: DoctorOptions, io: Io): Promise<ReconcileItem[]> {
  return fixWorkspace(main, { dryRun: dryRun === true, silent: json === true }, io);
}

/** The milliseconds that each agent gets, or what is wrong with the options. */
function probeLimit({ probe: isAsked, timeout }: DoctorOptions): number | string {
  if (timeout === undefined) return 60_000;
  const parsed = duration().safeParse(timeout);
  if (parsed.success && isAsked === true) return parsed.data;
  return `--timeout says how long each agent may take: oompa doctor --probe --timeout 90s\n`;
}

interface ProbeOrder {
  readonly workspace: string;
  readonly limitMs: number;
  readonly json: boolean;
}

/** From here on Ctrl-C ends what was started, and then oompa. */
async function probe(config: Config, { workspace, limitMs, json }: ProbeOrder, io: Io): Promise<ProbedAgent[]> {
  const agents = agentsToProbe(config, { env: io.env, workspace });
  const bwrap = config.sandbox.use === 'bwrap' ? await findBwrap(io.env) : undefined;
  // Without the sandbox that is wanted no agent would be started; the checks have said why.
  if (agents.length === 0 || (bwrap !== undefined && bwrap.kind !== 'found')) return [];
  const stopping = new AbortController();
  io.onStop(() => {
    stopping.abort();
  });
  const notice = probeNotice(agents.length, limitMs);
  if (json) io.stderr(notice);
  else io.stdout(notice);
  const root = process.getuid?.() === 0;
  const surroundings = { env: io.env, workspace, root, limitMs, bwrap: bwrap?.path, signal: stopping.signal };
  return probeAgents(agents, config, surroundings);
}

interface NamedConfig {
  readonly loaded: LoadedConfig;
  /** Relative to the workspace. */
  readonly file: string;
  /** The repository as work lands in it, or why there is none. */
  readonly main: Repository | string;
}

async function allChecks(
  repository: Repository,
  { loaded, file, main }: NamedConfig,
  { options, io }: { readonly options: DoctorOptions; readonly io: Io },
): Promise<Check[]> {
  const { root } = repository;
  const surroundings = {
    env: io.env,
    workspace: root,
    root: process.getuid?.() === 0,
    limitMs: 20_000,
    isAsked: options.probe === true,
  };
  const [landing, harnesses, rules, queue, leftovers] = await Promise.all([
    landingChecks(main),
    loaded.kind === 'loaded' ? harnessChecks(loaded.config, surroundings) : Promise.resolve([]),
    loaded.kind === 'loaded' ? ruleChecks(loaded.config, surroundings) : Promise.resolve([]),
    queueChecks(repository),
    leftoverChecks(main, io),
  ]);
  const notify =
    loaded.kind === 'loaded' ? notifyChecks(loaded, { env: io.env, workspace: root, platform: process.platform }) : [];
  const disk = diskCheck(root, loaded.kind === 'loaded' ? loaded.config.limits.free_disk : 1e9);
  const git = [gitCheck(repository.gitVersion), ...identityChecks(repository)];
  return [
    ...git,
    ...landing,
    configCheck(loaded, file),
    ...harnesses,
    ...rules,
    ...notify,
    ...queue,
    ...leftovers,
    disk,
  ];
}

/** The config may name another branch than the one that is checked out. */
async function mainOf(repository: Repository, loaded: LoadedConfig, io: Io): Promise<Repository | string> {
  const branch = loaded.kind === 'loaded' ? loaded.config.branch : undefined;
  if (branch === undefined) return repository;
  const named = await openRepository(io.cwd, { branch, identity: false });
  return named.kind === 'open' ? named.repository : named.message;
}

async function landingChecks(main: Repository | string): Promise<Check[]> {
  return typeof main === 'string' ? [{ status: 'fail', text: main }] : workspaceChecks(main);
}

/** Nobody can tell what is left to do where nobody can tell what has landed. */
async function leftoverChecks(main: Repository | string, io: Io): Promise<Check[]> {
  return typeof main === 'string' ? [] : reconcileChecks(main, io);
}

async function queueChecks({ root }: Repository): Promise<Check[]> {
  const { listing, counts } = await readQueue(root);
  return taskChecks(counts, listing);
}

function diagnosisOf(checks: readonly Check[], remedy: string, probes: readonly ProbedAgent[] = []): Diagnosis {
  const fails = checks.filter(({ status }) => status === 'fail');
  const ended = (kind: ProbedAgent['result']['kind']) => probes.filter(({ result }) => result.kind === kind).length;
  const problems = fails.reduce((sum, { diagnostics }) => sum + (diagnostics?.length ?? 1), ended('failed'));
  const warnings = checks.filter(({ status }) => status === 'warn').length + ended('stopped');
  return { checks, problems, warnings, next: problems > 0 ? remedy : 'oompa swarm' };
}

function tell(diagnosis: Diagnosis, { json }: DoctorOptions, io: Io): void {
  io.stdout(json === true ? `${JSON.stringify(diagnosis, null, 2)}\n` : renderDoctor(diagnosis, io));
}
