import { randomUUID } from 'node:crypto';
import { relative } from 'node:path';
import { builtInPrompt } from '../config/prompts.ts';
import { configFile } from '../config/schema.ts';
import type { Config } from '../config/schema.ts';
import { redactor, secretValues } from '../core/redact.ts';
import { findBwrap } from '../harness/sandbox/bwrap.ts';
import type { RolePrompts } from '../engine/context.ts';
import { openSwarm } from '../engine/open-swarm.ts';
import type { SwarmOrder } from '../engine/open-swarm.ts';
import type { Shutdown } from '../engine/shutdown.ts';
import { createShutdown } from '../engine/shutdown.ts';
import { runSwarm } from '../engine/swarm.ts';
import type { Repository } from '../git/repository.ts';
import { unacceptedIn } from '../git/guard/taken.ts';
import { newRunId } from '../runs/run-id.ts';
import { createRun } from '../runs/run-log.ts';
import { errorCode } from '../system/files.ts';
import { ownIdentity } from '../system/process-identity.ts';
import { version } from '../system/version.ts';
import { renderTaken } from '../ui/taken.ts';
import { unpricedLines } from './doctor/rule-checks.ts';
import { missingHarnesses } from './harness-check.ts';
import type { ExitCode, Io } from './io.ts';
import { openReporter } from './reporter.ts';
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
}

/** Starts a run and stays with it to its end. */
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
  if (missing.length > 0) {
    io.stderr(`${missing.map(({ line }) => line).join('\n')}\nNothing was started. Check again with: oompa doctor\n`);
    return 2;
  }
  const bwrap = await wantedBwrap(narrowed.config, io);
  if (bwrap === 'missing') return 2;
  const [taken, ...more] = await unacceptedIn(repository);
  if (taken !== undefined) {
    io.stderr(renderTaken([taken, ...more], repository.branch));
    return 2;
  }
  return run({ repository, loaded: narrowed, options, bwrap, shutdown: stoppable(io) }, io);
}

interface Order {
  readonly repository: Repository;
  readonly loaded: LoadedFine;
  readonly options: SwarmOptions;
  readonly bwrap: string | undefined;
  readonly shutdown: Shutdown;
}

async function run({ repository, loaded, options, bwrap, shutdown }: Order, io: Io): Promise<ExitCode> {
  const { config } = loaded;
  const named = Object.values(config.harnesses).map(({ env }) => env);
  const password = randomUUID();
  const clean = redactor([...[io.env, ...named].flatMap(secretValues), password]);
  const id = newRunId(io.now(), Math.random());
  const reporter = await openReporter(options, io, `runs/${id}`);
  const created = createRun({
    workspace: repository.root,
    id,
    record: { version, base: repository.head, branch: repository.branch, config },
    pidStart: ownIdentity().start,
    redact: clean,
    now: () => io.now(),
    onEvent: (event) => {
      reporter.event(event);
    },
    onProblem: (message) => {
      io.stderr(`${message}\n`);
    },
  });
  if (created.kind === 'failed') {
    io.stderr(`${created.message}\n`);
    return 1;
  }
  const { log } = created;
  for (const line of unpricedLines(config)) io.stderr(`${line}\n`);
  const prompts = await promptsOf(loaded);
  const surroundings = { env: io.env, version, password, bwrap, redact: clean, now: () => io.now() };
  try {
    await toItsEnd({ repository, config, prompts, log, shutdown, ...surroundings });
  } catch (error) {
    if (errorCode(error) === undefined) throw error;
    io.stderr(`${diskFailed(error)}\n`);
    return 1;
  } finally {
    log.close();
    await reporter.end();
  }
  return reporter.exitCode();
}

async function toItsEnd(order: SwarmOrder): Promise<void> {
  const opened = await openSwarm(order);
  try {
    await runSwarm(opened.context);
  } finally {
    await opened.close();
  }
}

/** The operating system refused something that no run can do without. */
function diskFailed(error: unknown): string {
  const why = error instanceof Error ? error.message : String(error);
  return `The run ended because the disk failed: ${why}\nWhat was at work is kept. See what is wrong, then go on: oompa doctor, oompa swarm`;
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

/** Ctrl-C once drains, twice stops; a termination signal stops at once. */
function stoppable(io: Io): Shutdown {
  const shutdown = createShutdown();
  io.onStop((how) => {
    if (shutdown.request() === 'draining' && how === 'now') shutdown.request();
  });
  return shutdown;
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
  io.stderr(`There is no pool \`${options.only ?? ''}\`; the config has: ${names}\n`);
  return undefined;
}

/** The user's prompts, and the ones that oompa ships where the config names none. */
async function promptsOf({ prompts }: LoadedFine): Promise<RolePrompts> {
  const [worker, reviewer, planner] = await Promise.all([
    builtInPrompt('worker'),
    builtInPrompt('reviewer'),
    builtInPrompt('planner'),
  ]);
  const filled = (texts: Readonly<Record<string, string | undefined>>, otherwise: string) =>
    Object.fromEntries(Object.entries(texts).map(([pool, text]) => [pool, text ?? otherwise]));
  return {
    planner: prompts.planner ?? planner,
    workers: filled(prompts.workers, worker),
    reviewers: filled(prompts.reviewers, reviewer),
  };
}
