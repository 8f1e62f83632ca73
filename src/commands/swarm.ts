import { relative } from 'node:path';
import { configFile } from '../config/schema.ts';
import type { Config } from '../config/schema.ts';
import { findBwrap } from '../harness/sandbox/bwrap.ts';
import type { Repository } from '../git/repository.ts';
import { unacceptedIn } from '../git/guard/taken.ts';
import { renderTaken } from '../ui/taken.ts';
import { detach } from './detach.ts';
import { attachProblem, missingHarnesses } from './harness-check.ts';
import type { ExitCode, Io } from './io.ts';
import { canNotify } from './notifier.ts';
import { performRun } from './perform-run.ts';
import { showPlan } from './swarm-plan.ts';
import { openWorkspace, readConfig } from './workspace.ts';
import type { LoadedFine } from './workspace.ts';

/** `oompa swarm [config]`. */
export interface SwarmOptions {
  readonly config?: string;
  /** Only this pool works. */
  readonly only?: string;
  /** Iterations of each worker; wins over the config. */
  readonly iterations?: number;
  readonly dryRun?: boolean;
  /** One JSON event a line on stdout, and nothing else. */
  readonly json?: boolean;
  /** No workers, no planner: only work that an earlier run held back lands. */
  readonly landOnly?: boolean;
  /** Plain lines even on a terminal. */
  readonly plain?: boolean;
  /** Returns when the run has begun; it goes on by itself. With `json`, says which run that is as data. */
  readonly detach?: boolean;
  /** The run that whoever started this process apart has written down for it. */
  readonly asRun?: string;
}

/** Starts a run, and stays with it to its end unless it is to go on by itself. */
export async function swarm(options: SwarmOptions, io: Io): Promise<ExitCode> {
  const found = await openWorkspace(io);
  if (found === undefined) return 2;
  const loaded = await readConfig(io, found, options.config);
  if (loaded === undefined) return 2;
  const { branch } = loaded.config;
  const repository = branch === undefined ? found : await openWorkspace(io, { branch });
  if (repository === undefined) return 2;
  const narrowed = narrow(guarded(loaded, repository), options, io);
  if (narrowed === undefined) return 2;
  const missing = options.landOnly === true ? [] : missingHarnesses(narrowed.config, io.env, repository.root);
  if (options.dryRun === true)
    return showPlan({ repository, config: narrowed.config, missing, json: options.json }, io);
  const address = attachProblem(narrowed.config, io.env);
  const problems = [...missing.map(({ line }) => line), ...(address === undefined ? [] : [address])];
  if (problems.length > 0) {
    io.stderr(`${problems.join('\n')}\nNothing was started. Check again with: oompa doctor\n`);
    return 2;
  }
  if (!canNotify(narrowed, repository.root, io)) return 2;
  const bwrap = await wantedBwrap(narrowed.config, io);
  if (bwrap === 'missing') return 2;
  const [taken, ...more] = await unacceptedIn(repository);
  if (taken !== undefined) {
    io.stderr(renderTaken([taken, ...more], repository.branch));
    return 2;
  }
  if (options.detach === true) return detach({ repository, options }, io);
  return performRun({ repository, loaded: narrowed, bwrap, showing: options, asRun: options.asRun }, io);
}

/** Where bubblewrap is, when the config wants agents in it; without it nothing is started. */
async function wantedBwrap({ sandbox }: Config, io: Io): Promise<string | undefined> {
  if (sandbox.use === 'none') return undefined;
  const found = await findBwrap(io.env);
  if (found.kind === 'found') return found.path;
  const what = found.kind === 'missing' ? '`bwrap` is not on PATH' : `bubblewrap does not work here: ${found.detail}`;
  io.stderr(`sandbox: ${what}: ${found.remedy}\nNothing was started. Check again with: oompa doctor\n`);
  return 'missing';
}

/** A config under another name is protected as the usual one is. */
function guarded(loaded: LoadedFine, { root }: Repository): LoadedFine {
  const file = relative(root, loaded.path);
  if (file === configFile || file.startsWith('..')) return loaded;
  return { ...loaded, config: { ...loaded.config, protect: [...loaded.config.protect, file] } };
}

/** The config as the flags narrow it; undefined after naming a pool that does not exist. */
function narrow(loaded: LoadedFine, options: SwarmOptions, io: Io): LoadedFine | undefined {
  if (options.landOnly === true) {
    const { planner: _, ...config } = loaded.config;
    return { ...loaded, config: { ...config, workers: [] } };
  }
  const workers = loaded.config.workers
    .filter(({ name }) => options.only === undefined || name === options.only)
    .map((pool) => (options.iterations === undefined ? pool : { ...pool, iterations: options.iterations }));
  if (workers.length > 0) return { ...loaded, config: { ...loaded.config, workers } };
  const names = loaded.config.workers.map(({ name }) => name).join(', ');
  io.stderr(
    `There is no pool \`${options.only ?? ''}\`; the config has: ${names}. Try: oompa swarm --only ${loaded.config.workers[0]?.name ?? ''}\n`,
  );
  return undefined;
}
