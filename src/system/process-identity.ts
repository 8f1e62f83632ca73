import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { processStat } from './proc.ts';

/** A process, told apart from a later one that got the same number. */
export interface ProcessIdentity {
  readonly pid: number;
  /** When it started: opaque, to be compared only. */
  readonly start: string;
}

/** This process. */
export function ownIdentity(): ProcessIdentity {
  own ??= { pid: process.pid, start: startOf(process.pid) ?? 'unknown' };
  return own;
}

/** The process that has this number now; undefined when there is none, or only what is left of one (a zombie). */
export function identityOf(pid: number): ProcessIdentity | undefined {
  const start = startOf(pid);
  return start === undefined ? undefined : { pid, start };
}

/** Whether that very process still runs. Without `start`, whether any process has the number. */
export function isAlive(pid: number, start: string | undefined): boolean {
  const now = startOf(pid);
  return now !== undefined && (start === undefined || now === start);
}

let own: ProcessIdentity | undefined;

function startOf(pid: number): string | undefined {
  if (!Number.isSafeInteger(pid) || pid <= 0) return undefined;
  return process.platform === 'linux' ? startFromProc(pid) : startFromPs(pid);
}

/** Boot id, and start time in clock ticks since the boot. */
function startFromProc(pid: number): string | undefined {
  const stat = processStat(pid);
  if (stat === undefined || stat.zombie || stat.startedAt === '') return undefined;
  boot ??= bootId() ?? 'boot';
  return `${boot}-${stat.startedAt}`;
}

let boot: string | undefined;

function bootId(): string | undefined {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim().slice(0, 8);
  } catch {
    return undefined;
  }
}

/** `lstart` has a resolution of one second, which a reused number does not undercut in practice. */
function startFromPs(pid: number): string | undefined {
  try {
    const answer = execFileSync('ps', ['-o', 'stat=,lstart=', '-p', String(pid)], {
      encoding: 'utf8',
      env: { PATH: process.env['PATH'], LC_ALL: 'C' },
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const [state, ...started] = answer.trim().split(/\s+/);
    return state === undefined || state === '' || state.startsWith('Z') ? undefined : started.join(' ');
  } catch {
    return undefined;
  }
}
