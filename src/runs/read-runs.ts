import { readFile, readdir, stat } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { parse } from 'yaml';
import type { RunEvent } from '../core/event.ts';
import { foldRun } from '../core/fold-run.ts';
import type { RunLife, RunState } from '../core/run-state.ts';
import { emptyRun } from '../core/run-state.ts';
import type { Summary } from '../core/summary.ts';
import { summarise } from '../core/summary.ts';
import { isAlive } from '../system/process-identity.ts';
import { readEvents } from './read-events.ts';
import { isRunId } from './run-id.ts';
import { runFiles, runsFolder } from './run-folder.ts';

/** One run, read whole. */
export interface RunRecord {
  readonly id: string;
  /** Absolute. */
  readonly folder: string;
  readonly life: RunLife;
  readonly state: RunState;
}

/** One run in a list. */
export interface RunEntry {
  readonly id: string;
  readonly folder: string;
  readonly life: RunLife;
  /** The process that ran or runs it; undefined when `run.yaml` doesn't tell. */
  readonly pid: number | undefined;
  /** The machine of that process. */
  readonly host: string | undefined;
  readonly summary: Summary;
}

/** What looking for a run gave. */
export type RunSearch =
  | { readonly kind: 'found'; readonly run: RunRecord }
  /** `known` = how many runs the workspace has. */
  | { readonly kind: 'not-found'; readonly known: number }
  | { readonly kind: 'ambiguous'; readonly ids: readonly string[] };

/** All runs of a workspace, newest first. A run that has ended costs two small files, any other its whole log. */
export async function listRuns(workspace: string): Promise<RunEntry[]> {
  const ids = await runIds(workspace);
  return Promise.all(
    ids.map(async (id): Promise<RunEntry> => {
      const folder = join(runsFolder(workspace), id);
      const owner = await ownerOf(folder);
      const of = { id, folder, pid: owner?.pid, host: owner?.host };
      const summary = await finalSummary(folder);
      if (summary !== undefined) return { ...of, life: 'ended', summary };
      const { life, state } = await readFolder(id, folder);
      return { ...of, life, summary: summarise(state) };
    }),
  );
}

/** The run whose id is `wanted`, or begins or ends so; `latest` = the newest one. */
export async function readRun(workspace: string, wanted: string): Promise<RunSearch> {
  const ids = await runIds(workspace);
  const matches = matchesOf(ids, wanted);
  const [id] = matches;
  if (id === undefined) return { kind: 'not-found', known: ids.length };
  if (matches.length > 1) return { kind: 'ambiguous', ids: matches };
  return { kind: 'found', run: await readFolder(id, join(runsFolder(workspace), id)) };
}

/** The ids of the runs that go on now, newest first. Reads no log of a run that has ended or whose process is gone. */
export async function liveRunIds(workspace: string): Promise<string[]> {
  const ids = await runIds(workspace);
  const live = await Promise.all(
    ids.map(async (id) => {
      const folder = join(runsFolder(workspace), id);
      return (await ownerLives(folder)) && (await finalSummary(folder)) === undefined;
    }),
  );
  return ids.filter((_, index) => live[index]);
}

/** Whether this run of the workspace has no process any more. False for one that is not known here, or runs on another machine. */
export async function isRunGone(workspace: string, id: string): Promise<boolean> {
  const owner = isRunId(id) ? await ownerOf(join(runsFolder(workspace), id)) : undefined;
  return owner?.host === hostname() && !isAlive(owner.pid, owner.pidStart);
}

function matchesOf(ids: readonly string[], wanted: string): readonly string[] {
  if (wanted === '') return [];
  if (wanted === 'latest') return ids.slice(0, 1);
  return ids.includes(wanted) ? [wanted] : ids.filter((id) => id.startsWith(wanted) || id.endsWith(wanted));
}

/** The ids of all runs, newest first. */
async function runIds(workspace: string): Promise<string[]> {
  const names = await readdir(runsFolder(workspace)).catch(() => []);
  return names
    .filter((name) => isRunId(name))
    .sort()
    .reverse();
}

async function readFolder(id: string, folder: string): Promise<RunRecord> {
  // Asked before the log is read: a run that ends in between has its end in the log, and is not taken for crashed.
  const alive = await ownerLives(folder);
  const state = stateOf(readEvents(join(folder, runFiles.events)));
  return { id, folder, state, life: state.end !== undefined ? 'ended' : alive ? 'live' : 'crashed' };
}

function stateOf(events: Iterable<RunEvent>): RunState {
  let state = emptyRun;
  for (const event of events) {
    try {
      state = foldRun(state, event);
    } catch {
      // The log may be of another version, or edited: an event of a known type and a foreign shape tells nothing.
    }
  }
  return state;
}

async function ownerLives(folder: string): Promise<boolean> {
  const owner = await ownerOf(folder);
  if (owner === undefined) return false;
  // The processes of another machine can't be seen from here; while its log grows, it lives.
  if (owner.host !== hostname()) return (await ageOf(join(folder, runFiles.events))) < hour;
  return isAlive(owner.pid, owner.pidStart);
}

const hour = 60 * 60 * 1000;

async function ownerOf(
  folder: string,
): Promise<{ pid: number; pidStart: string | undefined; host: string } | undefined> {
  try {
    const record: unknown = parse(await readFile(join(folder, runFiles.record), 'utf8'));
    const { pid, pid_start, host } = record as Record<'pid' | 'pid_start' | 'host', unknown>;
    if (typeof pid !== 'number' || typeof host !== 'string') return undefined;
    return { pid, pidStart: typeof pid_start === 'string' ? pid_start : undefined, host };
  } catch {
    return undefined;
  }
}

/** `summary.json` of a run that has ended; undefined for any other. */
async function finalSummary(folder: string): Promise<Summary | undefined> {
  try {
    const summary = JSON.parse(await readFile(join(folder, runFiles.summary), 'utf8')) as Summary;
    return typeof summary.ended_at === 'string' ? summary : undefined;
  } catch {
    return undefined;
  }
}

/** Milliseconds since the file was written; endless when there is none. */
async function ageOf(path: string): Promise<number> {
  const found = await stat(path).catch(() => undefined);
  return found === undefined ? Infinity : Date.now() - found.mtimeMs;
}
