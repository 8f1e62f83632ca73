import { hostname } from 'node:os';
import { listRuns } from '../runs/read-runs.ts';
import type { ExitCode, Io } from './io.ts';
import { openWorkspace } from './workspace.ts';

/** `oompa stop [RUN] [--now]`. */
export interface StopOptions {
  readonly run?: string;
  /** End agents at once instead of letting them finish their turn. */
  readonly now?: boolean;
}

/** Asks live runs of this workspace to stop; all of them when none is named. */
export async function stop(options: StopOptions, io: Io): Promise<ExitCode> {
  const repository = await openWorkspace(io);
  if (repository === undefined) return 2;
  const runs = await listRuns(repository.root);
  const live = runs.filter(
    (run) => run.life === 'live' && (options.run === undefined || run.id.startsWith(options.run)),
  );
  if (live.length === 0) {
    io.stdout('No run is live here. See what has been: oompa runs list\n');
    return 0;
  }
  for (const run of live) {
    if (run.pid === undefined) continue;
    // The number means another process here.
    if (run.host !== hostname()) {
      io.stdout(`run ${run.id} is on ${run.host ?? 'another machine'}: stop it there with: oompa stop\n`);
      continue;
    }
    process.kill(run.pid, options.now === true ? 'SIGTERM' : 'SIGINT');
    const how =
      options.now === true ? 'its agents are ended now' : 'its agents finish their turn (at once: oompa stop --now)';
    io.stdout(`run ${run.id} is asked to stop; ${how}\n`);
  }
  return 0;
}
