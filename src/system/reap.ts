import { setTimeout as delay } from 'node:timers/promises';
import { processesOf, readProcess, readProcessTable, type Belonging, type ProcessEntry } from './process-table.ts';

/** What is to be ended, and how patiently. */
export interface Target extends Belonging {
  /** `NAME=value`: an environment variable that everything which belongs to it has inherited. */
  readonly marker: string;
  /** Milliseconds between the polite signal and the one that can't be refused. */
  readonly graceMs: number;
}

/**
 * Ends every process of a target: SIGTERM, and SIGKILL for what is still there after the grace time. Gives true when nothing
 * is left, false when SIGKILL too has been in vain for the grace time. Touches no process without the marker or the group
 * (elsewhere than on Linux: without the group), except descendants of those.
 */
export async function endProcesses(target: () => Target): Promise<boolean> {
  for (const signal of signals) {
    const present = target();
    const found = await findProcesses(present);
    if (found.length === 0) return true;
    signalAll(found, present, signal);
    await gone(found, present);
  }
  return (await findProcesses(target())).length === 0;
}

/** The last round is for what was forked while the round before went on. */
const signals = ['SIGTERM', 'SIGKILL', 'SIGKILL'] as const;

type Found = Pick<ProcessEntry, 'pid' | 'group' | 'startedAt'>;

/** The group at once while its id is certainly its own, so that no fork can slip through; all others one by one. */
function signalAll(found: readonly Found[], { group, leaderAlive }: Target, signal: NodeJS.Signals): void {
  const whole = leaderAlive ? group : undefined;
  if (whole !== undefined) send(-whole, signal);
  for (const each of found) if (each.group !== whole) send(each.pid, signal);
}

/** What is there of a target now. */
export async function findProcesses(target: Target): Promise<Found[]> {
  const table = await readProcessTable(target.marker, target.since);
  if (table !== undefined) return processesOf(table, target, process.pid);
  // A negative id is a group's. Without /proc nothing more is known.
  const { group } = target;
  return group !== undefined && send(-group, 0) ? [{ pid: -group, group, startedAt: '' }] : [];
}

async function gone(found: readonly Found[], { marker, graceMs }: Target): Promise<void> {
  const deadline = performance.now() + graceMs;
  while (performance.now() < deadline) {
    if (!found.some((each) => isAlive(each, marker))) return;
    await delay(pollMs);
  }
}

const pollMs = 25;

function isAlive({ pid, startedAt }: Pick<Found, 'pid' | 'startedAt'>, marker: string): boolean {
  if (pid < 0) return send(pid, 0);
  const entry = readProcess(pid, marker);
  return entry !== undefined && !entry.zombie && entry.startedAt === startedAt;
}

/** Whether the signal could be sent; 0 only asks whether somebody is there. */
function send(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    process.kill(pid, signal);
    return true;
  } catch {
    return false;
  }
}
