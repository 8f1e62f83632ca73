import { readFile, stat } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import type { RunEvent } from '../core/event.ts';
import { foldEvents } from '../core/fold-run.ts';
import type { RunLife, RunState } from '../core/run-state.ts';
import { emptyRun } from '../core/run-state.ts';
import type { Summary } from '../core/summary.ts';
import { summarise } from '../core/summary.ts';
import { isAlive } from '../system/process-identity.ts';
import { readEvents } from './read-events.ts';
import { isRunId } from './run-id.ts';
import { runFiles, runsFolder } from './run-folder.ts';
import { runIds } from './run-ids.ts';
import type { RunOwner } from './run-record.ts';
import { readOwner } from './run-record.ts';

/** One run, read whole. */
export interface RunRecord {
  readonly id: string;
  /** Absolute. */
  readonly folder: string;
  readonly life: RunLife;
  readonly state: RunState;
  /** Those of its log but for `turn:said`, which is most of a long one. */
  readonly events: readonly RunEvent[];
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
      const owner = await readOwner(folder);
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

/** The ids of the runs that go on or start now, newest first. Reads no log. */
export async function liveRunIds(workspace: string): Promise<string[]> {
  const ids = await runIds(workspace);
  const signs = await Promise.all(ids.map((id) => signsOfLife(workspace, id)));
  return ids.filter((_, index) => signs[index]?.hasProcess === true && !signs[index].hasEnded);
}

/** What can be seen of a run without its log, which may be long: whether its process is there, and whether it has written its end. */
export async function signsOfLife(
  workspace: string,
  id: string,
): Promise<{ readonly hasProcess: boolean; readonly hasEnded: boolean }> {
  const folder = join(runsFolder(workspace), id);
  const hasProcess = await isThere(folder, await readOwner(folder));
  return { hasProcess, hasEnded: (await finalSummary(folder)) !== undefined };
}

/** Whether this run of the workspace has no process any more. False for one that is not known here, or runs on another machine. */
export async function isRunGone(workspace: string, id: string): Promise<boolean> {
  const owner = isRunId(id) ? await readOwner(join(runsFolder(workspace), id)) : undefined;
  return owner?.host === hostname() && !isAlive(owner.pid, owner.pidStart);
}

function matchesOf(ids: readonly string[], wanted: string): readonly string[] {
  if (wanted === '') return [];
  if (wanted === 'latest') return ids.slice(0, 1);
  return ids.includes(wanted) ? [wanted] : ids.filter((id) => id.startsWith(wanted) || id.endsWith(wanted));
}

async function readFolder(id: string, folder: string): Promise<RunRecord> {
  // Asked before the log is read: a run that ends in between has its end in the log, and is not taken for crashed.
  const alive = await isThere(folder, await readOwner(folder));
  const events: RunEvent[] = [];
  const state = foldEvents(emptyRun, keeping(events, readEvents(join(folder, runFiles.events))));
  return { id, folder, state, events, life: lifeOf(state, alive) };
}

function lifeOf({ end, lastAt }: RunState, alive: boolean): RunLife {
  if (end !== undefined) return 'ended';
  if (!alive) return 'crashed';
  return lastAt === undefined ? 'starting' : 'live';
}

/** Passes the events on, and keeps those that are no chatter. */
function* keeping(kept: RunEvent[], events: Iterable<RunEvent>): Generator<RunEvent> {
  for (const event of events) {
    if (event.type !== 'turn:said') kept.push(event);
    yield event;
  }
}

/** Whether the process that runs it, or is going to, is there. */
async function isThere(folder: string, owner: RunOwner | undefined): Promise<boolean> {
  if (owner === undefined) return false;
  // The processes of another machine can't be seen from here: a living one touches its log (see `keepFresh`).
  if (owner.host !== hostname()) return (await ageOf(folder)) < hour;
  return isAlive(owner.pid, owner.pidStart);
}

const hour = 60 * 60 * 1000;

/** `summary.json` of a run that has ended; undefined for any other. */
async function finalSummary(folder: string): Promise<Summary | undefined> {
  try {
    const summary = JSON.parse(await readFile(join(folder, runFiles.summary), 'utf8')) as Summary;
    return typeof summary.ended_at === 'string' ? summary : undefined;
  } catch {
    return undefined;
  }
}

/** Milliseconds since the run has written into its log, or into its record while it has none; endless when there is neither. */
async function ageOf(folder: string): Promise<number> {
  for (const name of [runFiles.events, runFiles.record]) {
    const found = await stat(join(folder, name)).catch(() => undefined);
    if (found !== undefined) return Date.now() - found.mtimeMs;
  }
  return Infinity;
}
