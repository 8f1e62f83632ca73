import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { pathToFileURL } from 'node:url';
import type { Stage } from './stage.ts';
import type { Workspace } from './workspace.ts';

/** Where a fault strikes, and how: see test/rig/faults.mjs. */
export interface Fault {
  readonly at: { readonly number: number } | { readonly name: string; readonly occurrence: number };
  readonly side: Side;
  readonly act: 'kill' | 'stop' | 'fail';
  readonly code?: 'ENOSPC' | 'EIO' | 'EACCES';
  readonly times?: number;
  /** Once it has struck, every operation on files fails. */
  readonly all?: boolean;
}

/** When, seen from the operation. `half`: some of the bytes are written. `ended`: a process that was started has ended. */
export type Side = 'before' | 'half' | 'after' | 'ended';

/** What a git command suffers: see git.sh. */
export interface GitFault {
  readonly mode: string;
  /** Shell pattern that the arguments must fit. */
  readonly pattern: string;
  /** Which of those that fit, from 1. */
  readonly occurrence: number;
}

/** How a swarm is started. */
export interface Order {
  readonly fault?: Fault;
  readonly git?: GitFault;
}

/** A swarm process. */
export interface Swarm {
  readonly pid: number;
  kill(signal: NodeJS.Signals): void;
  /** What a fault has done so far, in words. */
  struck(): string | undefined;
  readonly ended: Promise<Ended>;
}

/** How it ended. */
export interface Ended {
  /** Exit code; undefined when a signal ended it. */
  readonly code: number | undefined;
  /** It did not end by itself within `boundMs`. */
  readonly hung: boolean;
  readonly events: readonly SwarmEvent[];
  readonly stdout: string;
  readonly stderr: string;
  /** Names of its operations, in order. */
  readonly operations: readonly string[];
  /** What a fault did, in words: `kill before rename …`. Undefined when it never struck. */
  readonly struck: string | undefined;
}

/** An event as it is printed; of most only the type matters here. */
export interface SwarmEvent {
  readonly type: string;
  readonly [key: string]: unknown;
}

/** No swarm on this stage has more to do than takes a tenth of this. */
const boundMs = 90_000;

let started = 0;

const alive = new Set<ChildProcess>();
// No swarm outlives the trials, also when these are broken off.
process.once('exit', () => {
  for (const child of alive) child.kill('SIGKILL');
});

/** Starts `oompa swarm` in the workspace, as a user would. */
export function startSwarm(stage: Stage, { root, notes }: Workspace, { fault, git }: Order = {}): Swarm {
  started += 1;
  const record = join(notes, `operations-${String(started)}`);
  const faults = JSON.stringify({ root, record, fault });

  const child = spawn(process.execPath, ['--import', preload, stage.cli, 'swarm', '--json', '--plain'], {
    cwd: root,
    env: {
      ...(git === undefined ? stage.env : stage.unluckyEnv),
      CHAOS_FAULTS: faults,
      UNLUCKY_MODE: git?.mode ?? '',
      UNLUCKY_PATTERN: git?.pattern ?? '',
      UNLUCKY_OCCURRENCE: String(git?.occurrence ?? 0),
      UNLUCKY_NOTES: join(notes, `unlucky-${String(started)}`),
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  alive.add(child);
  let hung = false;
  const timer = setTimeout(() => {
    hung = true;
    child.kill('SIGKILL');
  }, boundMs);
  const code = new Promise<number | undefined>((resolve) => {
    child.once('close', (status) => {
      clearTimeout(timer);
      alive.delete(child);
      resolve(status ?? undefined);
    });
  });
  const ended = Promise.all([code, text(child.stdout), text(child.stderr)]).then(([status, stdout, stderr]) => ({
    ...recordIn(record),
    code: status,
    hung,
    events: stdout.split('\n').flatMap(eventIn),
    stdout,
    stderr,
  }));
  return {
    pid: child.pid ?? 0,
    kill: (signal) => {
      child.kill(signal);
    },
    struck: () => recordIn(record).struck,
    ended,
  };
}

const preload = pathToFileURL(join(import.meta.dirname, '..', 'rig', 'faults.mjs')).href;

/** A killed program leaves a line without an end. */
function eventIn(line: string): SwarmEvent[] {
  try {
    return [JSON.parse(line) as SwarmEvent];
  } catch {
    return [];
  }
}

function recordIn(path: string): Pick<Ended, 'operations' | 'struck'> {
  const lines = readOrNothing(path)
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => line.split('\t') as [string, string]);
  return {
    operations: lines.filter(([number]) => number !== '!').map(([, name]) => name),
    struck: lines.find(([number]) => number === '!')?.[1],
  };
}

function readOrNothing(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
