import { relative, resolve } from 'node:path';
import { loadConfig } from '../config/load.ts';
import type { LoadedConfig } from '../config/load.ts';
import { configFile } from '../config/schema.ts';
import { openRepository } from '../git/repository.ts';
import type { Repository } from '../git/repository.ts';
import { builtInHarnesses } from '../harness/registry.ts';
import { renderDoctor } from '../ui/doctor.ts';
import type { Check, Diagnosis } from '../ui/doctor.ts';
import type { ReconcileItem } from '../ui/reconcile.ts';
import { configCheck } from './doctor/config-check.ts';
import { diskCheck } from './doctor/disk-check.ts';
import { gitCheck, identityChecks, noWorkspaceChecks, workspaceChecks } from './doctor/git-checks.ts';
import { harnessChecks } from './doctor/harness-checks.ts';
import { taskChecks } from './doctor/queue-checks.ts';
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
}

/**
 * Looks at everything that a run needs; without `fix` it changes nothing. 1 when something would fail or could not be put
 * right, 2 without workspace or config.
 */
export async function doctor(options: DoctorOptions, io: Io): Promise<ExitCode> {
  if (options.dryRun === true && options.fix !== true) {
    io.stderr('--dry-run says what --fix would do: oompa doctor --fix --dry-run\n');
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
    ...(await allChecks(opened.repository, { loaded, file: relative(root, path), main }, io)),
    ...failureChecks(fixed),
  ];
  const isMissing = loaded.kind === 'problems' && loaded.problems.some(({ message }) => message === 'does not exist');
  const diagnosis = diagnosisOf(checks, isMissing ? 'oompa init' : 'oompa doctor');
  const reconciled = options.fix === true ? { reconciled: { dryRun: options.dryRun === true, items: fixed } } : {};
  tell({ ...diagnosis, ...reconciled }, options, io);
  if (loaded.kind === 'problems') return 2;
  return diagnosis.problems > 0 ? 1 : 0;
}

function fix(main: Repository, { dryRun, json }: DoctorOptions, io: Io): Promise<ReconcileItem[]> {
  return fixWorkspace(main, { dryRun: dryRun === true, silent: json === true }, io);
}

interface NamedConfig {
  readonly loaded: LoadedConfig;
  /** Relative to the workspace. */
  readonly file: string;
  /** The repository as work lands in it, or why there is none. */
  readonly main: Repository | string;
}

async function allChecks(repository: Repository, { loaded, file, main }: NamedConfig, io: Io): Promise<Check[]> {
  const { root } = repository;
  const surroundings = { env: io.env, workspace: root, root: process.getuid?.() === 0, limitMs: 20_000 };
  const [landing, harnesses, queue, leftovers] = await Promise.all([
    landingChecks(main),
    loaded.kind === 'loaded' ? harnessChecks(loaded.config, surroundings) : Promise.resolve([]),
    queueChecks(repository),
    leftoverChecks(main, io),
  ]);
  const disk = diskCheck(root, loaded.kind === 'loaded' ? loaded.config.limits.free_disk : 1e9);
  const git = [gitCheck(repository.gitVersion), ...identityChecks(repository)];
  return [...git, ...landing, configCheck(loaded, file), ...harnesses, ...queue, ...leftovers, disk];
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

function diagnosisOf(checks: readonly Check[], remedy: string): Diagnosis {
  const fails = checks.filter(({ status }) => status === 'fail');
  const problems = fails.reduce((sum, { diagnostics }) => sum + (diagnostics?.length ?? 1), 0);
  const warnings = checks.filter(({ status }) => status === 'warn').length;
  return { checks, problems, warnings, next: problems > 0 ? remedy : 'oompa swarm' };
}

function tell(diagnosis: Diagnosis, { json }: DoctorOptions, io: Io): void {
  io.stdout(json === true ? `${JSON.stringify(diagnosis, null, 2)}\n` : renderDoctor(diagnosis, io));
}
