import { listRuns } from '../../runs/read-runs.ts';
import { painter } from '../../ui/paint.ts';
import { renderRuns } from '../../ui/runs-list.ts';
import type { ExitCode, Io } from '../io.ts';
import { openWorkspace } from '../workspace.ts';

/** `oompa runs list`. */
export interface ListRunsOptions {
  readonly json?: boolean;
}

/** All runs of the workspace, newest first. */
export async function listRunsCommand(options: ListRunsOptions, io: Io): Promise<ExitCode> {
  const repository = await openWorkspace(io, { identity: false });
  if (repository === undefined) return 2;
  const runs = await listRuns(repository.root);
  if (options.json === true) {
    const entries = runs.map(({ id, life, summary }) => {
      const { started_at, ended_at, ended_because, ms, counts, spent } = summary;
      return { run: id, life, started_at, ended_at, ended_because, ms, counts, spent };
    });
    io.stdout(`${JSON.stringify(entries, undefined, 2)}\n`);
  } else {
    io.stdout(renderRuns(runs, { columns: io.columns, paint: painter(io.color) }));
  }
  return 0;
}
