import { listRuns } from '../../runs/read-runs.ts';

/** The ids of the runs that go on now. */
export async function liveRunIds(workspace: string): Promise<ReadonlySet<string>> {
  const runs = await listRuns(workspace);
  return new Set(runs.filter(({ life }) => life === 'live').map(({ id }) => id));
}
