import { relative } from 'node:path';
import { findRun } from '../find-run.ts';
import type { ExitCode, Io } from '../io.ts';
import { writeReport } from '../report.ts';
import { openWorkspace } from '../workspace.ts';

/** `oompa runs report [run]`. */
export interface ReportOptions {
  /** An id, or how one begins or ends; the newest run when left out. */
  readonly run?: string;
}

/** Writes a run's report anew and prints its path; of a run that goes on, as far as it is. */
export async function reportCommand(options: ReportOptions, io: Io): Promise<ExitCode> {
  const repository = await openWorkspace(io, { identity: false });
  const run = repository === undefined ? undefined : await findRun(io, repository.root, options.run);
  if (run === undefined) return 2;
  const isLive = run.life === 'live' || run.life === 'starting';
  const shown = relative(io.cwd, run.folder);
  const written = await writeReport({ folder: run.folder, shown, isLive, now: io.now(), readingMs: Infinity });
  if (written.kind === 'failed') {
    io.stderr(`${written.message}\n`);
    return 1;
  }
  io.stdout(`${relative(io.cwd, written.path)}\n`);
  return 0;
}
