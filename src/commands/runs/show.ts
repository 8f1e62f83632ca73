import { relative } from 'node:path';
import { summarise } from '../../core/summary.ts';
import { readRun } from '../../runs/read-runs.ts';
import { painter } from '../../ui/paint.ts';
import { renderRun } from '../../ui/run-summary.ts';
import type { ExitCode, Io } from '../io.ts';
import { openWorkspace } from '../workspace.ts';

/** `oompa runs show [run]`. */
export interface ShowRunOptions {
  /** An id, or how one begins or ends; the newest run when left out. */
  readonly run?: string;
  readonly json?: boolean;
}

/** One run: whole, still going or cut off. */
export async function showRun(options: ShowRunOptions, io: Io): Promise<ExitCode> {
  const repository = await openWorkspace(io, { identity: false });
  if (repository === undefined) return 2;
  const found = await readRun(repository.root, options.run ?? 'latest');
  switch (found.kind) {
    case 'not-found':
      io.stderr(
        found.known === 0
          ? 'No run yet. Start one with: oompa swarm\n'
          : `There is no run ${options.run ?? ''}. See them all with: oompa runs list\n`,
      );
      return 2;
    case 'ambiguous':
      io.stderr(`Several runs fit ${options.run ?? ''}: ${found.ids.join(', ')}\n`);
      return 2;
    case 'found': {
      const { state, life } = found.run;
      const folder = relative(io.cwd, found.run.folder);
      if (options.json === true) {
        io.stdout(`${JSON.stringify({ life, folder, ...summarise(state) }, undefined, 2)}\n`);
      } else {
        const now = io.now().toISOString();
        io.stdout(renderRun(state, { life, folder, columns: io.columns, paint: painter(io.color), now }));
      }
      return 0;
    }
  }
}
