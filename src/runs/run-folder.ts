import { join } from 'node:path';

/** The folder of all runs of a workspace. */
export function runsFolder(workspace: string): string {
  return join(workspace, 'runs');
}

/** What a run leaves behind, by name. */
export const runFiles = {
  events: 'events.jsonl',
  record: 'run.yaml',
  summary: 'summary.json',
  reviews: 'reviews',
  turns: 'turns',
  report: 'report.html',
} as const;
