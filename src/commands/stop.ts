import { hostname } from 'node:os';
import type { RunEntry } from '../runs/read-runs.ts';
import { listRuns } from '../runs/read-runs.ts';
import { errorCode } from '../system/files.ts';
import { findRun } from './find-run.ts';
import type { ExitCode, Io } from './io.ts';
import { openWorkspace } from './workspace.ts';

/** `oompa stop [RUN] [--now]`. */
export interface StopOptions {
  /** An id, or how one begins or ends. */
  readonly run?: string;
  /** End agents at once instead of letting them finish their turn. */
  readonly now?: boolean;
}

/** Asks live and starting runs of this workspace to stop; all of them when none is named. 2 when the named one is not there. */
export async function stop(options: StopOptions, io: Io): Promise<ExitCode> {
  const repository = await openWorkspace(io, { identity: false });
  if (repository === undefined) return 2;
  const named = options.run === undefined ? undefined : await findRun(io, repository.root, options.run);
  if (options.run !== undefined && named === undefined) return 2;
  const runs = await listRuns(repository.root);
  const live = runs.filter(
    ({ id, life }) => (life === 'live' || life === 'starting') && (named === undefined || id === named.id),
  );
  if (live.length === 0) {
    io.stdout(
      named === undefined
        ? 'No run is live here. See what has been: oompa runs list\n'
        : `run ${named.id} has ended already. See how: oompa runs show ${named.id.slice(-4)}\n`,
    );
    return 0;
  }
  for (const run of live) io.stdout(`run ${run.id} ${askToStop(run, options.now === true)}\n`);
  return 0;
}

/** Sends the signal; gives what to say of it. */
function askToStop({ pid, host, life }: RunEntry, now: boolean): string {
  if (pid === undefined) return 'does not tell its process';
  // The number means another process here.
  if (host !== hostname()) return `is on ${host ?? 'another machine'}: stop it there with: oompa stop`;
  try {
    process.kill(pid, now ? 'SIGTERM' : 'SIGINT');
  } catch (error) {
    if (errorCode(error) === 'ESRCH') return 'has ended just now';
    return `could not be asked to stop: ${error instanceof Error ? error.message : String(error)}`;
  }
  if (life === 'starting') return 'is asked to stop; it has not begun yet';
  if (now) return 'is asked to stop; its agents are ended now';
  return 'is asked to stop; its agents finish their turn (at once: oompa stop --now)';
}
