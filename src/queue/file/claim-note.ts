import { randomUUID } from 'node:crypto';
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import type { Generation } from '../../core/task.ts';
import { errorCode, writeFileDurably } from '../../system/files.ts';
import { isAlive, ownIdentity } from '../../system/process-identity.ts';
import type { Owner } from '../queue.ts';

/** `.oompa/claims/<id>.json`: who claimed the task last. It stays when the task leaves `current/`, so that `n` never repeats. */
export interface ClaimNote {
  readonly id: string;
  readonly state: 'claimed' | 'released';
  readonly run: string;
  readonly worker: string;
  readonly pid: number;
  /** The process's start: see `ProcessIdentity`. */
  readonly start: string;
  readonly host: string;
  readonly generation: Generation;
  /** ISO 8601, UTC: when it was claimed. */
  readonly at: string;
  /** Taken over from an ended run, in the state in which that left it. */
  readonly adopted?: true;
}

/** The note's file. */
export function notePath(claims: string, id: string): string {
  return join(claims, `${id}.json`);
}

/** The note of a task; undefined when there is none. */
export function readNote(claims: string, id: string): ClaimNote | undefined {
  const text = readOrNothing(notePath(claims, id));
  return text === undefined ? undefined : (parseNote(text) ?? tornNote(id));
}

/** Notes a new claim of this process, for which it must hold the file in `current/`. */
export async function writeClaim(
  claims: string,
  id: string,
  owner: Owner,
  { now, adopted }: { readonly now: Date; readonly adopted: boolean },
): Promise<ClaimNote> {
  const n = (readNote(claims, id)?.generation.n ?? 0) + 1;
  const { run, worker } = owner;
  const process = { ...ownIdentity(), host: hostname() };
  const generation = { n, token: randomUUID() };
  const at = now.toISOString();
  const note: ClaimNote = {
    id,
    state: 'claimed',
    run,
    worker,
    ...process,
    generation,
    at,
    ...(adopted && { adopted }),
  };
  await writeFileDurably(notePath(claims, id), textOf(note));
  return note;
}

/** Marks the claim in a note as over, so that a reader sees the old note or the new one. */
export function writeReleased(claims: string, note: ClaimNote): void {
  const path = notePath(claims, note.id);
  const temporary = `${path}.${randomUUID()}.tmp`;
  writeFileSync(temporary, textOf({ ...note, state: 'released' }));
  renameSync(temporary, path);
}

/** Whether the claimer's process may still run. What another machine does can't be seen, so it counts as running. */
export function isOwnerAlive(note: Pick<ClaimNote, 'pid' | 'start' | 'host'>): boolean {
  return note.host !== hostname() || isAlive(note.pid, note.start);
}

function textOf(note: ClaimNote): string {
  return `${JSON.stringify(note, undefined, 2)}\n`;
}

function parseNote(text: string): ClaimNote | undefined {
  const note = parseObject(text) as Partial<ClaimNote>;
  const { id, state, run, worker, pid, start, host, generation, at } = note;
  const texts = [id, state, run, worker, start, host, at, generation?.token];
  const isWhole = texts.every((each) => typeof each === 'string') && typeof pid === 'number';
  return isWhole && typeof generation?.n === 'number' ? (note as ClaimNote) : undefined;
}

/** A note that a failing disk spoilt: nobody's, and with a number that no earlier claim can have had. */
function tornNote(id: string): ClaimNote {
  const generation = { n: Math.floor(Date.now() / 1000), token: '' };
  return { id, state: 'released', run: '', worker: '', pid: 0, start: '', host: hostname(), generation, at: '' };
}

function parseObject(text: string): object {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? value : {};
  } catch {
    return {};
  }
}

function readOrNothing(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}
