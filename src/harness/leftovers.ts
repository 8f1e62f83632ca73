import { readdir, readFile } from 'node:fs/promises';
import { endProcesses } from './reap.ts';

/**
 * Ends what the agents of runs that are gone have left behind: when oompa itself is killed, its agents go on. A process is of the
 * run that `OOMPA_RUN` in its environment names. Where there is no /proc nothing is found, and nothing ended.
 */
export async function endLeftovers(isGone: (run: string) => Promise<boolean>, graceMs = 5000): Promise<void> {
  for (const run of await runsWithProcesses()) {
    if (!(await isGone(run))) continue;
    await endProcesses(() => ({ leaderAlive: false, marker: `OOMPA_RUN=${run}`, graceMs }));
  }
}

/** Every run, of any workspace, of which some process is there; but for that of oompa itself, which an agent may have started. */
async function runsWithProcesses(): Promise<ReadonlySet<string>> {
  const names = await readdir('/proc').catch(() => []);
  const pids = names.filter((name) => /^\d+$/.test(name) && name !== String(process.pid));
  const found = await Promise.all(pids.map(runOf));
  return new Set(found.filter((run) => run !== undefined));
}

async function runOf(pid: string): Promise<string | undefined> {
  const environ = await readFile(`/proc/${pid}/environ`, 'latin1').catch(() => '');
  return /(?:^|\0)OOMPA_RUN=([^\0]+)/.exec(environ)?.[1];
}
