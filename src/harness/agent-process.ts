import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { execa } from 'execa';
import type { Noter } from '../system/process-notes.ts';
import { markName, newMark, processTree } from '../system/process-tree.ts';
import type { AgentCommand } from './harness.ts';

/** How a process ended; `spawnError` when there never was one. */
export interface ProcessExit {
  readonly exitCode?: number;
  readonly signal?: string;
  readonly spawnError?: { readonly code: string; readonly message: string };
}

/** An agent process that has been started, or that could not be. */
export interface AgentProcess {
  readonly stdout: Readable;
  readonly stderr: Readable;
  /** When the process itself is gone. Its output may still be open: what it has started can hold it. */
  readonly exited: Promise<ProcessExit>;
  /** Ends the process and everything that came of it, politely and after `graceMs` by force. */
  end(graceMs: number): Promise<void>;
  /** Closes the output when `drained` has resolved, or soon after, whoever still holds it. */
  release(drained: Promise<unknown>): Promise<void>;
}

/**
 * Starts a CLI in a process group of its own, writes its standard input and closes it. Never through a shell. `note`
 * writes the process down until nothing of it is left. execa's own clean-up is off: it reaches the direct child only.
 */
export function startAgentProcess(
  { binary, args, stdin }: AgentCommand,
  { cwd, env, note }: { readonly cwd: string; readonly env: Readonly<Record<string, string>>; readonly note?: Noter },
): AgentProcess {
  const mark = newMark();
  const subprocess = execa(binary, args, {
    // PWD beats the real working folder in opencode 1.18.33, and nobody but us would set it.
    ...{ cwd, env: { ...env, PWD: cwd, [markName]: mark }, extendEnv: false, detached: true, cleanup: false },
    ...{ buffer: false, reject: false, encoding: 'buffer', stdin: 'pipe', stdout: 'pipe', stderr: 'pipe' },
  });
  const tree = subprocess.pid === undefined ? undefined : processTree(subprocess.pid, mark, note);
  const settled = subprocess.then((result) => exitOf(result));
  const exited = (tree === undefined ? settled : exitEvent(subprocess)).finally(() => tree?.leaderEnded());
  // An agent that does not read its prompt to the end closes the pipe; how it ends tells more than that.
  subprocess.stdin.on('error', () => undefined);
  subprocess.stdin.end(stdin);
  return {
    stdout: subprocess.stdout,
    stderr: subprocess.stderr,
    exited,
    end: async (graceMs) => {
      await tree?.end(graceMs);
    },
    release: async (drained) => {
      const enough = new AbortController();
      await Promise.race([
        drained,
        delay(drainMs, undefined, { ref: false, signal: enough.signal }).catch(() => undefined),
      ]);
      enough.abort();
      for (const stream of [subprocess.stdout, subprocess.stderr, subprocess.stdin]) stream.destroy();
      await settled;
    },
  };
}

/** For what is still in the pipe when a process that could not be found holds it open. */
const drainMs = 1000;

interface Ended {
  readonly exitCode?: number | undefined;
  readonly signal?: string | undefined;
  readonly code?: string | undefined;
  readonly originalMessage?: string | undefined;
}

function exitOf({ exitCode, signal, code, originalMessage }: Ended): ProcessExit {
  if (exitCode === undefined && signal === undefined) {
    return { spawnError: { code: code ?? 'UNKNOWN', message: originalMessage ?? 'the process could not be started' } };
  }
  return { ...(exitCode === undefined ? {} : { exitCode }), ...(signal === undefined ? {} : { signal }) };
}

/** Node's own event: execa's result waits for the output to close, which a process left behind can put off for ever. */
async function exitEvent(subprocess: NodeJS.EventEmitter): Promise<ProcessExit> {
  const [code, signal] = (await once(subprocess, 'exit')) as [number | null, string | null];
  return { ...(code === null ? {} : { exitCode: code }), ...(signal === null ? {} : { signal }) };
}
