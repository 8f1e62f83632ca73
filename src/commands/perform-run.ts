import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { builtInPrompt } from '../config/prompts.ts';
import type { RunEvent } from '../core/event.ts';
import { redactor, secretValues } from '../core/redact.ts';
import type { RolePrompts } from '../engine/context.ts';
import { openSwarm } from '../engine/open-swarm.ts';
import type { SwarmOrder } from '../engine/open-swarm.ts';
import { createShutdown } from '../engine/shutdown.ts';
import type { Shutdown } from '../engine/shutdown.ts';
import { runSwarm } from '../engine/swarm.ts';
import type { Repository } from '../git/repository.ts';
import { newRunId } from '../runs/run-id.ts';
import { runsFolder } from '../runs/run-folder.ts';
import { createRun } from '../runs/run-log.ts';
import { whyNotOurs } from '../runs/starting.ts';
import { errorCode } from '../system/files.ts';
import { ownIdentity } from '../system/process-identity.ts';
import { version } from '../system/version.ts';
import { unpricedLines } from './doctor/rule-checks.ts';
import type { ExitCode, Io } from './io.ts';
import { openNotifier } from './notifier.ts';
import { writeReport } from './report.ts';
import { openReporter } from './reporter.ts';
import type { Showing } from './reporter.ts';
import { keepOf } from './runs/keep.ts';
import { pruneBeside } from './runs/prune.ts';
import type { LoadedFine } from './workspace.ts';

/** A run to be, after everything that could keep it from starting was looked at. */
export interface RunOrder {
  readonly repository: Repository;
  /** As the flags have narrowed it. */
  readonly loaded: LoadedFine;
  /** Absolute path of bubblewrap, when the config wants agents in it. */
  readonly bwrap: string | undefined;
  readonly showing: Showing;
  /** The run that was written down for this process; undefined: a new one. */
  readonly asRun: string | undefined;
}

/** Performs a run from its log's first line to its last. */
export async function performRun(order: RunOrder, io: Io): Promise<ExitCode> {
  const { repository, loaded, showing, bwrap } = order;
  const { config } = loaded;
  const shutdown = stoppable(io);
  const refused = order.asRun === undefined ? undefined : await whyNotOurs(repository.root, order.asRun);
  if (refused !== undefined) {
    io.stderr(`${refused}\n`);
    return 2;
  }
  const named = Object.values(config.harnesses).map(({ env }) => env);
  const password = randomUUID();
  const clean = redactor([...[io.env, ...named].flatMap(secretValues), password]);
  const id = order.asRun ?? newRunId(io.now(), Math.random());
  const reporter = await openReporter(showing, io, `runs/${id}`, {
    repository,
    folder: join(runsFolder(repository.root), id),
    drain: () => {
      if (!shutdown.draining.aborted) shutdown.request();
    },
    stopNow: () => {
      stopNow(shutdown);
    },
  });
  const say = (line: string) => {
    reporter.say(line);
  };
  const watchers = [(event: RunEvent) => reporter.event(event)];
  const created = createRun({
    workspace: repository.root,
    id,
    record: { version, base: repository.head, branch: repository.branch, config },
    pidStart: ownIdentity().start,
    takesOver: order.asRun !== undefined,
    redact: clean,
    now: () => io.now(),
    // Every event of the run comes by here, after it was written.
    onEvent: (event) => {
      for (const watch of watchers) watch(event);
    },
    onProblem: say,
  });
  if (created.kind === 'failed') {
    io.stderr(`${created.message}\n`);
    return 1;
  }
  const { log } = created;
  const json = showing.json === true;
  const beside = { ...io, stderr: (text: string) => say(text.trimEnd()) };
  const notifier = openNotifier({ config, workspace: repository.root, log, json, redact: clean }, beside);
  watchers.push((event) => notifier.onEvent(event));
  for (const line of unpricedLines(config)) io.stderr(`${line}\n`);
  const pruning = pruneBeside({ repository, keep: keepOf(config, io), now: io.now() }, say);
  const prompts = await promptsOf(loaded);
  const surroundings = { env: io.env, version, password, bwrap, redact: clean, now: () => io.now() };
  try {
    await toItsEnd({ repository, config, prompts, log, shutdown, ...surroundings });
  } catch (error) {
    if (errorCode(error) === undefined) throw error;
    say(diskFailed(error));
    return 1;
  } finally {
    log.close();
    // From here on the log is whole: what is made of it belongs here.
    await pruning.end();
    const about = { folder: log.folder, shown: `runs/${id}`, isLive: false, now: io.now() };
    const report = await writeReport({ ...about, readingMs: reportReadingMs });
    if (report.kind === 'failed') say(report.message);
    await reporter.end();
    await notifier.close(shutdown.stopping);
  }
  return reporter.exitCode();
}

/** Nobody waits long for the end of a run: what a report could not read by then, it links to. */
const reportReadingMs = 3000;

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

/** Ctrl-C once drains, twice stops; a termination signal stops at once. */
function stoppable(io: Io): Shutdown {
  const shutdown = createShutdown();
  io.onStop((how) => {
    if (how === 'now') stopNow(shutdown);
    else shutdown.request();
  });
  return shutdown;
}

function stopNow(shutdown: Shutdown): void {
  if (shutdown.request() === 'draining') shutdown.request();
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
