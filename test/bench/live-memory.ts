import { spawn } from 'node:child_process';
import { appendFileSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { stringify } from 'yaml';
import { identityOf } from '../../src/system/process-identity.ts';

/** What the live view of a run that grows needs. */
export interface LiveFigures {
  /** Megabytes in memory after each of the pieces. */
  readonly megabytes: readonly number[];
  /** The share of one core that it takes while nothing happens, in percent. */
  readonly idlePercent: number;
}

/**
 * Writes a log piece by piece as a run does that goes on, with `oompa watch` on a terminal beside it (`script`, of util-linux), and
 * looks at that process whenever it has nothing to do.
 */
export async function measureLive(cli: string, workspace: string, log: string, pieces: number): Promise<LiveFigures> {
  const id = '20991231T235959-live';
  const folder = join(workspace, 'runs', id);
  mkdirSync(folder);
  const owner = { run: id, pid: process.pid, pid_start: identityOf(process.pid)?.start, host: hostname() };
  writeFileSync(join(folder, 'run.yaml'), stringify(owner));
  const lines = readFileSync(log, 'utf8').trimEnd().split('\n').slice(0, -1);
  const perPiece = Math.ceil(lines.length / pieces);
  const write = (piece: number) => {
    const own = lines.slice(piece * perPiece, (piece + 1) * perPiece);
    appendFileSync(join(folder, 'events.jsonl'), own.map((line) => `${line}\n`).join(''));
  };
  const command = `exec ${process.execPath} ${cli} watch ${id}`;
  write(0);
  const { CI: _, ...env } = process.env;
  const terminal = spawn('script', ['-qfec', `stty cols 80 rows 24; ${command}`, '/dev/null'], {
    cwd: workspace,
    env: { ...env, TERM: 'xterm-256color' },
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  try {
    const pid = await childOf(terminal.pid ?? 0);
    const megabytes: number[] = [];
    for (let piece = 0; piece < pieces; piece += 1) {
      if (piece > 0) write(piece);
      await quiet(pid);
      megabytes.push(residentKb(pid) / 1024);
    }
    const before = ticks(pid);
    await sleep(idleMs);
    return { megabytes, idlePercent: ((ticks(pid) - before) * 10 * 100) / idleMs };
  } finally {
    terminal.kill();
  }
}

const idleMs = 10_000;

/** The process that `script` has started, once it is there. */
async function childOf(parent: number): Promise<number> {
  for (let look = 0; look < 200; look += 1) {
    const child = readdirSync('/proc').find((name) => /^\d+$/.test(name) && parentOf(name) === parent);
    if (child !== undefined) return Number(child);
    await sleep(50);
  }
  throw new Error('`script` has started nothing');
}

function parentOf(pid: string): number {
  try {
    return Number(fieldsOf(pid)[1]);
  } catch {
    return -1;
  }
}

/** Waits until the process has done next to nothing for a second and a half. */
async function quiet(pid: number): Promise<void> {
  for (let look = 0, still = 0, last = -1; look < 240 && still < 3; look += 1) {
    await sleep(500);
    const now = ticks(pid);
    still = now - last <= 2 && last > 20 ? still + 1 : 0;
    last = now;
  }
}

/** Hundredths of a second of CPU. */
function ticks(pid: number): number {
  const fields = fieldsOf(String(pid));
  return Number(fields[11]) + Number(fields[12]);
}

/** Of /proc/PID/stat, from the state on: what stands before it may hold blanks. */
function fieldsOf(pid: string): string[] {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
}

function residentKb(pid: number): number {
  return Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${String(pid)}/status`, 'utf8'))?.[1]);
}
