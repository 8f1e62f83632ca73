import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import { runFiles, runsFolder } from './run-folder.ts';

/** Who runs a run, as its `run.yaml` tells. */
export interface RunOwner {
  readonly pid: number;
  /** When the process was started, see `ProcessIdentity`; undefined when the record doesn't tell. */
  readonly pidStart: string | undefined;
  readonly host: string;
  /** The record was made before the run's own process has taken the run over. */
  readonly isHandedOver: boolean;
}

/** What `run.yaml` has besides who runs the run. Plain data, without secrets. */
export type RecordFields = Readonly<Record<string, unknown>>;

/** The owner of the run in that folder; undefined when there is no record that tells. */
export async function readOwner(folder: string): Promise<RunOwner | undefined> {
  try {
    const record: unknown = parse(await readFile(join(folder, runFiles.record), 'utf8'));
    const { pid, pid_start, host, state } = record as Record<'pid' | 'pid_start' | 'host' | 'state', unknown>;
    if (typeof pid !== 'number' || typeof host !== 'string') return undefined;
    const pidStart = typeof pid_start === 'string' ? pid_start : undefined;
    return { pid, pidStart, host, isHandedOver: state !== startingState };
  } catch {
    return undefined;
  }
}

/**
 * Makes `runs/<id>/` with its record in one step, so that nobody meets a folder without one. Throws node's own error, or one
 * that says that the folder is there.
 */
export function makeRunFolder(workspace: string, id: string, record: RecordFields): string {
  const runs = runsFolder(workspace);
  const folder = join(runs, id);
  const unfinished = join(runs, unfinishedName(id));
  mkdirSync(runs, { recursive: true });
  if (existsSync(folder)) throw new Error('there is one already');
  mkdirSync(unfinished);
  try {
    writeFileSync(join(unfinished, runFiles.record), recordText(record));
    renameSync(unfinished, folder);
  } catch (error) {
    rmSync(unfinished, { recursive: true, force: true });
    throw error;
  }
  return folder;
}

/** Replaces the record in one step. Throws node's own error. */
export function replaceRecord(folder: string, record: RecordFields): void {
  const path = join(folder, runFiles.record);
  writeFileSync(`${path}.new`, recordText(record));
  renameSync(`${path}.new`, path);
}

/** The record of a run that this machine's process `pid` runs, or is going to run when it has taken it over (`starting`). */
export function recordOf(
  run: { readonly id: string; readonly pid: number; readonly pidStart: string | undefined; readonly now: Date },
  state?: typeof startingState,
): RecordFields {
  return {
    run: run.id,
    ...(state === undefined ? {} : { state }),
    pid: run.pid,
    pid_start: run.pidStart,
    host: hostname(),
    started_at: run.now.toISOString(),
  };
}

/** Whether `name`, below `runs/`, is what a crash has left of a folder that was being made. */
export function isUnfinished(name: string): boolean {
  return /^\.\d{8}T\d{6}-[a-z0-9]{4}\.new$/.test(name);
}

const startingState = 'starting';

function unfinishedName(id: string): string {
  return `.${id}.new`;
}

function recordText(record: RecordFields): string {
  return stringify(record, { aliasDuplicateObjects: false });
}
