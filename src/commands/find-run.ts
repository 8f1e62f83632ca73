import type { RunRecord } from '../runs/read-runs.ts';
import { readRun } from '../runs/read-runs.ts';
import type { Io } from './io.ts';

/** The run that a person means by its id, or how that begins or ends; the newest when nothing is said. Undefined after saying on stderr why there is none. */
export async function findRun(
  io: Pick<Io, 'stderr'>,
  workspace: string,
  wanted: string | undefined,
): Promise<RunRecord | undefined> {
  const found = await readRun(workspace, wanted ?? 'latest');
  switch (found.kind) {
    case 'found':
      return found.run;
    case 'not-found':
      io.stderr(
        found.known === 0
          ? 'No run yet. Start one with: oompa swarm\n'
          : `There is no run ${wanted ?? ''}. See them all with: oompa runs list\n`,
      );
      return undefined;
    case 'ambiguous':
      io.stderr(`Several runs fit ${wanted ?? ''}: ${found.ids.join(', ')}. See what they are: oompa runs list\n`);
      return undefined;
  }
}
