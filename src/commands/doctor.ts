import { join, relative, resolve } from 'node:path';
import { loadConfig } from '../config/load.ts';
import type { LoadedConfig } from '../config/load.ts';
import { configFile } from '../config/schema.ts';
import { openRepository } from '../git/repository.ts';
import type { Repository } from '../git/repository.ts';
import { builtInHarnesses } from '../harness/registry.ts';
import { listRuns } from '../runs/read-runs.ts';
import { renderDoctor } from '../ui/doctor.ts';
import type { Check, Diagnosis } from '../ui/doctor.ts';
import { configCheck } from './doctor/config-check.ts';
import { diskCheck } from './doctor/disk-check.ts';
import { gitCheck, identityChecks, noWorkspaceChecks, workspaceChecks } from './doctor/git-checks.ts';
import { harnessChecks } from './doctor/harness-checks.ts';
import { strandedTaskChecks, taskChecks } from './doctor/queue-checks.ts';
import { strandedWorktreeChecks } from './doctor/stranded-worktrees.ts';
import type { ExitCode, Io } from './io.ts';
import { readQueue } from './read-queue.ts';

/** `oompa doctor`. */
export interface DoctorOptions {
  readonly json?: boolean;
  /** Another config file than the workspace's own. */
  readonly config?: string;
}

/** Looks at everything that a run needs and changes nothing: 1 when something would fail, 2 without workspace or config. */
export async function doctor(options: DoctorOptions, io: Io): Promise<ExitCode> {
  const opened = await openRepository(io.cwd, { identity: false });
  if (opened.kind === 'problem') {
    const checks = await noWorkspaceChecks(opened, io.cwd);
    tell(diagnosisOf(checks, 'oompa doctor'), options, io);
    return 2;
  }
  const { root } = opened.repository;
  const path = resolve(root, options.config ?? configFile);
  const loaded = await loadConfig({ path, workspace: root, knownHarnesses: builtInHarnesses });
  const checks = await allChecks(opened.repository, { loaded, file: relative(root, path) }, io);
  const isMissing = loaded.kind === 'problems' && loaded.problems.some(({ message }) => message === 'does not exist');
  const diagnosis = diagnosisOf(checks, isMissing ? 'oompa init' : 'oompa doctor');
  tell(diagnosis, options, io);
  if (loaded.kind === 'problems') return 2;
  return diagnosis.problems > 0 ? 1 : 0;
}

interface NamedConfig {
  readonly loaded: LoadedConfig;
  /** Relative to the workspace. */
  readonly file: string;
}

async function allChecks(repository: Repository, { loaded, file }: NamedConfig, io: Io): Promise<Check[]> {
  const { root } = repository;
  const surroundings = { env: io.env, workspace: root, root: process.getuid?.() === 0, limitMs: 20_000 };
  const [landing, harnesses, queue, worktrees, disk] = await Promise.all([
    landingChecks(repository, loaded, io),
    loaded.kind === 'loaded' ? harnessChecks(loaded.config, surroundings) : Promise.resolve([]),
    queueChecks(repository),
    strandedWorktreeChecks(join(root, '.oompa', 'worktrees')),
    diskCheck(root),
  ]);
  const git = [gitCheck(repository.gitVersion), ...identityChecks(repository)];
  return [...git, ...landing, configCheck(loaded, file), ...harnesses, ...queue, ...worktrees, disk];
}

/** The config may name another branch than the one that is checked out. */
async function landingChecks(repository: Repository, loaded: LoadedConfig, io: Io): Promise<Check[]> {
  const branch = loaded.kind === 'loaded' ? loaded.config.branch : undefined;
  if (branch === undefined) return workspaceChecks(repository);
  const named = await openRepository(io.cwd, { branch, identity: false });
  return named.kind === 'open' ? workspaceChecks(named.repository) : [{ status: 'fail', text: named.message }];
}

async function queueChecks({ root }: Repository): Promise<Check[]> {
  const [{ listing, counts }, runs] = await Promise.all([readQueue(root), listRuns(root)]);
  const live = new Set(runs.filter(({ life }) => life === 'live').map(({ id }) => id));
  return [...taskChecks(counts, listing), ...strandedTaskChecks(listing.tasks, live)];
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
