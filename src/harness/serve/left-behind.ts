import { readlinkSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { processesOf, readProcessTable, type ProcessEntry } from '../../system/process-table.ts';
import { markName } from '../../system/process-tree.ts';
import type { ServerProcess } from './server-process.ts';

/**
 * Ends what a server's agents have put into the background in `folder`, politely and then by force: whatever carries the
 * server's mark and stands in that folder. Where there is no /proc, it is left to the end of the server.
 */
export async function endProcessesIn(folder: string, server: Pick<ServerProcess, 'pid' | 'mark'>): Promise<void> {
  for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
    const deadline = performance.now() + graceMs;
    const found = await processesIn(folder, server);
    for (const { pid } of found) send(pid, signal);
    while (performance.now() < deadline && (await processesIn(folder, server)).length > 0) await delay(pollMs);
  }
}

const graceMs = 2000;
const pollMs = 25;

async function processesIn(
  folder: string,
  { pid: own, mark }: Pick<ServerProcess, 'pid' | 'mark'>,
): Promise<ProcessEntry[]> {
  const table = (await readProcessTable(`${markName}=${mark}`)) ?? [];
  return processesOf(table, { leaderAlive: false }, process.pid).filter(({ pid }) => pid !== own && isIn(folder, pid));
}

function isIn(folder: string, pid: number): boolean {
  try {
    const place = readlinkSync(`/proc/${String(pid)}/cwd`);
    return place === folder || place.startsWith(`${folder}/`);
  } catch {
    // It is gone.
    return false;
  }
}

function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It is gone.
  }
}
