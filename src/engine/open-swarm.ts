import { mkdir, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import picomatch from 'picomatch';
import type { Config } from '../config/schema.ts';
import { openFence } from '../git/landing/fence.ts';
import { includedFiles } from '../git/included-files.ts';
import { openObjectReader } from '../git/object-reader.ts';
import { openRefs } from '../git/refs.ts';
import type { Repository } from '../git/repository.ts';
import { openWorktrees } from '../git/worktree/worktree.ts';
import { credentialStamp } from '../harness/credentials.ts';
import { agentEnvironment } from '../harness/environment.ts';
import { findHarness } from '../harness/registry.ts';
import { openHealth } from '../health/health.ts';
import { openFileQueue } from '../queue/file/file-queue.ts';
import type { RunLog } from '../runs/run-log.ts';
import { freeBytes } from '../system/disk.ts';
import { withLock } from '../system/lock.ts';
import { openProcessNotes } from '../system/process-notes.ts';
import type { RolePrompts, SwarmContext } from './context.ts';
import { openBudgets } from './budgets.ts';
import { openGuard } from './guard/guard.ts';
import { startHeartbeat } from './heartbeat.ts';
import { openRunServer } from './run-server.ts';
import type { Shutdown } from './shutdown.ts';

/** What a run is opened with. */
export interface SwarmOrder {
  readonly repository: Repository;
  readonly config: Config;
  readonly prompts: RolePrompts;
  readonly log: RunLog;
  readonly shutdown: Shutdown;
  readonly env: NodeJS.ProcessEnv;
  readonly version: string;
  /** Random: what a server of the run's asks its clients for. `redact` knows it. */
  readonly password: string;
  /** Absolute path of bubblewrap, when the config wants agents in it. */
  readonly bwrap: string | undefined;
  redact(text: string): string;
  now(): Date;
}

/** Opens everything that a run works with; `close` ends its helper processes and watchers. */
export async function openSwarm(order: SwarmOrder): Promise<{ context: SwarmContext; close(): Promise<void> }> {
  const { repository, config } = order;
  const own = join(repository.root, '.oompa');
  await mkdir(own, { recursive: true });
  await writeFile(join(own, '.gitignore'), '*\n');
  const objects = openObjectReader(repository.root);
  const refs = openRefs(repository.root);
  const fence = openFence({ repositoryRoot: repository.root, commonDir: repository.commonDir, objects, refs });
  const leaseMs = config.limits.lease;
  const queue = await openFileQueue({ workspace: repository.root, fence, leaseMs });
  const heartbeat = startHeartbeat(queue, leaseMs);
  const worktrees = openWorktrees({
    repository,
    folder: join(own, 'worktrees'),
    withLock: (work) => withLock(join(own, 'worktrees.lock'), work),
  });
  const health = openHealth({
    workspace: repository.root,
    run: order.log.id,
    outageMs: config.retry.outage,
    now: () => order.now(),
    credentialStamp: (name) => credentialStamp(name, credentialsOf(order, name)),
    fixedCap: (name) => config.harnesses[name]?.concurrency,
    onProblem: (message) => {
      order.log.append({ type: 'problem:seen', message });
    },
  });
  const processes = openProcessNotes(repository.root, order.log.id);
  const note = processes.as('opencode serve');
  const server = await openRunServer({ root: repository.root, note, ...order });
  const parts: Omit<SwarmContext, 'guard' | 'budgets'> = {
    ...order,
    main: repository.branch,
    queue,
    heartbeat,
    health,
    objects,
    refs,
    fence,
    worktrees,
    processes,
    server,
    matches: createMatcher(),
    includedFiles: await includedFiles(repository.root),
    host: hostname(),
    harness(name) {
      const harness = findHarness(name, config.harnesses);
      if (harness === undefined) throw new Error(`internal error: no harness ${name}`);
      return harness;
    },
    freeBytes: () => freeBytes(own),
    clock: () => performance.now(),
  };
  const withBudgets = { ...parts, budgets: openBudgets(parts) };
  const context: SwarmContext = { ...withBudgets, guard: openGuard(withBudgets) };
  return {
    context,
    async close() {
      heartbeat.end();
      await server?.managed.close();
      queue.close();
      await Promise.all([health.close(), objects.close(), refs.close(), fence.close()]);
    },
  };
}

/** Where a CLI keeps its credentials: as the variables that it gets say. */
function credentialsOf({ env, config, repository }: SwarmOrder, name: string) {
  const seen = agentEnvironment(env, { configEnv: config.harnesses[name]?.env ?? {}, own: {} });
  return { env: seen, workspace: repository.root };
}

/** Globs as people write them in `files` and `protect`: a folder's name means everything in it. */
function createMatcher(): (pattern: string, path: string) => boolean {
  const known = new Map<string, (path: string) => boolean>();
  return (pattern, path) => {
    let matcher = known.get(pattern);
    if (matcher === undefined) {
      const bare = pattern.replace(/^\.\//, '').replace(/\/+$/, '');
      matcher = picomatch([bare, `${bare}/**`], { dot: true });
      known.set(pattern, matcher);
    }
    return matcher(path);
  };
}
