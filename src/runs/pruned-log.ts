import { readdirSync } from 'node:fs';
import { mkdir, open } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { EventType, RunEvent } from '../core/event.ts';
import { errorCode, writeFileDurably } from '../system/files.ts';
import { readEvents } from './read-events.ts';
import { isRunId } from './run-id.ts';
import { runFiles, runsFolder } from './run-folder.ts';

/** Where the events of a pruned run are kept that prove what became of its work: a short log, to be read as any other. */
export function prunedLog(workspace: string, id: string): string {
  return join(prunedFolder(workspace), `${id}.jsonl`);
}

/** The ids of the runs of which only such a log is left, oldest first. */
export function prunedRunIds(workspace: string): string[] {
  return namesIn(prunedFolder(workspace))
    .map((name) => name.replace(/\.jsonl$/, ''))
    .filter(isRunId)
    .sort();
}

/**
 * Writes that log from the run's own. Nothing is written when there is nothing to prove. Rejects with node's own error; the
 * run must stay then.
 */
export async function keepProof(workspace: string, id: string): Promise<void> {
  const log = join(runsFolder(workspace), id, runFiles.events);
  if (!(await canBeRead(log))) return;
  const lines: string[] = [];
  for (const event of readEvents(log)) {
    if (isProof(event)) lines.push(`${JSON.stringify(event)}\n`);
  }
  if (lines.length === 0) return;
  const path = prunedLog(workspace, id);
  await mkdir(dirname(path), { recursive: true });
  await writeFileDurably(path, lines.join(''));
}

/** False when there is none. One that is there and can't be read is an error: nobody knows what it proves. */
async function canBeRead(path: string): Promise<boolean> {
  try {
    await (await open(path, 'r')).close();
    return true;
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return false;
    throw error;
  }
}

/** What an audit, and the guard of main, read of a run that has ended. */
const proofs: ReadonlySet<EventType> = new Set<EventType>([
  'run:started',
  'main:taken',
  'task:claimed',
  'turn:started',
  'work:committed',
  'work:rescued',
  'landing:intended',
  'landing:landed',
  'iteration:ended',
]);

function isProof({ type }: RunEvent): boolean {
  return proofs.has(type);
}

function prunedFolder(workspace: string): string {
  return join(workspace, '.oompa', 'pruned');
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
