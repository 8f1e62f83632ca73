import type { Config } from '../config/schema.ts';
import type { NewEvent } from '../core/event.ts';
import type { PathMatcher } from '../core/scope.ts';
import type { ClaimFence } from '../git/landing/fence.ts';
import type { ObjectReader } from '../git/object-reader.ts';
import type { Refs } from '../git/refs.ts';
import type { Repository } from '../git/repository.ts';
import type { Worktrees } from '../git/worktree/worktree.ts';
import type { RunServer } from './run-server.ts';
import type { Harness } from '../harness/harness.ts';
import type { Queue } from '../queue/queue.ts';
import type { RunLog } from '../runs/run-log.ts';
import type { ProcessNotes } from '../system/process-notes.ts';
import type { Health } from '../health/health.ts';
import type { Budgets } from './budgets.ts';
import type { Guard } from './guard/guard.ts';
import type { Heartbeat } from './heartbeat.ts';
import type { Shutdown } from './shutdown.ts';

/** The texts of all roles, includes expanded, tokens not yet filled in. */
export interface RolePrompts {
  readonly planner: string;
  readonly workers: Readonly<Record<string, string>>;
  readonly reviewers: Readonly<Record<string, string>>;
}

/** What a run works with. Made once by `openSwarm`; everything in `engine/` is handed this and nothing global. */
export interface SwarmContext {
  readonly config: Config;
  readonly prompts: RolePrompts;
  readonly repository: Repository;
  /** The branch that work lands on. */
  readonly main: string;
  readonly queue: Queue;
  readonly heartbeat: Heartbeat;
  readonly log: RunLog;
  readonly objects: ObjectReader;
  readonly refs: Refs;
  readonly fence: ClaimFence;
  readonly worktrees: Worktrees;
  readonly guard: Guard;
  readonly budgets: Budgets;
  /** The limits of agents, as far as they are known: shared with the other runs of the workspace. */
  readonly health: Health;
  readonly shutdown: Shutdown;
  /** The server that oompa runs for opencode (`serve: managed`), and the variables that lead to its state. */
  readonly server: RunServer | undefined;
  /** Absolute path of bubblewrap, when the config wants agents in it. */
  readonly bwrap: string | undefined;
  /** Where agents and commands are written down while they run. */
  readonly processes: ProcessNotes;
  /** The surroundings' variables; agents get an allow-listed part. */
  readonly env: NodeJS.ProcessEnv;
  readonly matches: PathMatcher;
  /** Ignored files that `.worktreeinclude` names, relative to the workspace. */
  readonly includedFiles: readonly string[];
  /** oompa's own version. */
  readonly version: string;
  readonly host: string;
  /** The harness of that name; the config was checked, so a missing one is a bug. */
  harness(name: string): Harness;
  redact(text: string): string;
  /** Room on the disk of the worktrees; undefined where the system does not tell. */
  freeBytes(): number | undefined;
  /** Milliseconds, monotonic: for durations. */
  clock(): number;
  now(): Date;
}

/** Appends to the run log. A disk that fails can't end a run: the log reports its own trouble. */
export function tell(context: Pick<SwarmContext, 'log'>, event: NewEvent): void {
  context.log.append(event);
}
