import { setTimeout as sleep } from 'node:timers/promises';
import { relative } from 'node:path';
import { duration } from '../config/values.ts';
import type { RunRecord } from '../runs/read-runs.ts';
import { readRun, signsOfLife } from '../runs/read-runs.ts';
import { spokenTime } from '../ui/text.ts';
import { waitedWords } from '../ui/waited.ts';
import { findRun } from './find-run.ts';
import type { ExitCode, Io } from './io.ts';
import { exitCodeOf } from './run-exit-code.ts';
import { openWorkspace } from './workspace.ts';

/** `oompa wait [RUN...]`. */
export interface WaitOptions {
  /** Ids, or how they begin or end; the newest run when there is none. */
  readonly runs?: readonly string[];
  /** Such as `10m`; without one it waits for as long as it takes. */
  readonly timeout?: string;
}

/** What `timeout` of the coreutils gives when the time is over. */
const timedOut = 124;

/**
 * Returns when the runs have ended, with their own exit code: of several, 1 when one of them has 1, else 130 when one of them
 * was stopped. A run that was cut off has 1. 124 when the time was over before. It only reads.
 */
export async function wait(options: WaitOptions, io: Io): Promise<ExitCode> {
  const limit = limitOf(options);
  if (typeof limit === 'string') {
    io.stderr(`--timeout ${limit}, not "${options.timeout ?? ''}". Try: oompa wait --timeout 10m\n`);
    return 2;
  }
  const repository = await openWorkspace(io, { identity: false });
  if (repository === undefined) return 2;
  const ids = new Set<string>();
  for (const wanted of options.runs?.length === 0 ? [undefined] : (options.runs ?? [undefined])) {
    const run = await findRun(io, repository.root, wanted);
    if (run === undefined) return 2;
    ids.add(run.id);
  }
  const over = limit === Infinity ? new AbortController().signal : AbortSignal.timeout(limit);
  const waits = [...ids].map(async (id): Promise<ExitCode> => {
    if (!(await hasStopped(repository.root, id, over))) {
      io.stderr(`run ${id} still goes on after ${spokenTime(limit)}; look at it with: oompa status\n`);
      return timedOut;
    }
    const found = await readRun(repository.root, id);
    if (found.kind === 'found') return tell(found.run, io);
    io.stderr(`run ${id} is not there any more: somebody has removed runs/${id}. See the others: oompa runs list\n`);
    return 1;
  });
  const codes = await Promise.all(waits);
  return ([timedOut, 1, 130] as const).find((code) => codes.includes(code)) ?? 0;
}

/** Says how it went, and gives the exit code of that. */
function tell(run: RunRecord, io: Io): ExitCode {
  const words = waitedWords(run, relative(io.cwd, run.folder));
  if (run.life === 'crashed') {
    io.stderr(`${words}\n`);
    return 1;
  }
  io.stdout(`${words}\n`);
  return exitCodeOf(run.state);
}

/** Resolves with true when the run has written its end, or its process is gone; with false when the time is over before. */
async function hasStopped(workspace: string, id: string, over: AbortSignal): Promise<boolean> {
  for (;;) {
    const { hasProcess, hasEnded } = await signsOfLife(workspace, id);
    if (hasEnded && hasProcess) await settled(workspace, id, over);
    if (hasEnded || !hasProcess) return true;
    if (over.aborted) return false;
    await pause(lookMs, over);
  }
}

/** After its end a run writes what it leaves behind: soon its process is gone, which is not waited for any longer than this. */
async function settled(workspace: string, id: string, over: AbortSignal): Promise<void> {
  for (let waited = 0; waited < patienceMs && !over.aborted; waited += lookMs) {
    if (!(await signsOfLife(workspace, id)).hasProcess) return;
    await pause(lookMs, over);
  }
}

async function pause(ms: number, over: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal: over }).catch(() => undefined);
}

const lookMs = 200;
const patienceMs = 10_000;

/** Milliseconds; for what is no such time, what is. */
function limitOf({ timeout }: WaitOptions): number | string {
  if (timeout === undefined) return Infinity;
  const parsed = duration().safeParse(timeout);
  return parsed.success ? parsed.data : (parsed.error.issues[0]?.message ?? 'takes a time');
}
