import { join } from 'node:path';
import { prunedLog } from './pruned-log.ts';
import { readEvents } from './read-events.ts';
import { isRunId } from './run-id.ts';
import { runFiles, runsFolder } from './run-folder.ts';

/** Whether that run's own log says that it was about to put the commit on main: anybody can write a trailer. */
export function hasIntended(workspace: string, run: string, commit: string): boolean {
  if (!isRunId(run)) return false;
  const logs = [join(runsFolder(workspace), run, runFiles.events), prunedLog(workspace, run)];
  return logs.some((log) => tells(log, commit));
}

function tells(log: string, commit: string): boolean {
  for (const event of readEvents(log)) {
    if (event.type === 'landing:intended' && event.commit === commit) return true;
  }
  return false;
}
