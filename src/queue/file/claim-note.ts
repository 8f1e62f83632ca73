import { createHash, randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import type { Generation } from '../../core/task.ts';
import { errorCode } from '../../system/files.ts';
import { ownIdentity } from '../../system/process-identity.ts';
import type { Owner, Settlement } from '../queue.ts';
import { writeSmall } from './disk.ts';

/**
 * `.oompa/claims/<id>.json`: who claimed the task last. It stays when the task leaves `current/`, so that `n` never repeats.
 * Its time of change is when the claim was last renewed, by the claimer's clock. Written only under the task's lock.
 */
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
  /** How long the claim is live after each renewal, in milliseconds. */
  readonly lease_ms: number;
  /** ISO 8601, UTC: when it was claimed. */
  readonly at: string;
  /** Taken over from an ended run, in the state in which that left it. */
  readonly adopted?: true;
  /** A digest of how its owner settled it; absent when somebody else ended the claim. */
  readonly settled?: string;
}

/** What a claim's lease is measured with. */
export interface LeaseTerms {
  readonly leaseMs: number;
  now(): Date;
}

/** How long a claim is live without being renewed, in milliseconds, when nobody says otherwise. */
export const defaultLeaseMs = 60_000;

/** The note's file. */
export function notePath(claims: string, id: string): string {
  return join(claims, `${id}.json`);
}

/** The note of a task; undefined when there is none. */
export function readNote(claims: string, id: string): ClaimNote | undefined {
  const text = readOrNothing(notePath(claims, id));
  return text === undefined ? undefined : (parseNote(text) ?? tornNote(id));
}

/** Notes a new claim of this process, for which it must hold the file in `current/` and the task's lock. */
export async function writeClaim(
  claims: string,
  id: string,
  owner: Owner,
  { lease, adopted }: { readonly lease: LeaseTerms; readonly adopted: boolean },
): Promise<ClaimNote> {
  const now = lease.now();
  const note: ClaimNote = {
    id,
    state: 'claimed',
    run: owner.run,
    worker: owner.worker,
    ...ownIdentity(),
    host: hostname(),
    generation: { n: (readNote(claims, id)?.generation.n ?? 0) + 1, token: randomUUID() },
    lease_ms: lease.leaseMs,
    at: now.toISOString(),
    ...(adopted && { adopted }),
  };
  await writeSmall(notePath(claims, id), textOf(note), { changedAt: now, isDurable: true });
  return note;
}

/**
 * Ends the claim in its note; the number in it stays. `settlement` = how its owner settled it. A power cut may undo this: it ends
 * the claimer as well.
 */
export async function writeReleased(claims: string, note: ClaimNote, settlement?: Settlement): Promise<void> {
  const settled = settlement === undefined ? {} : { settled: digestOf(settlement) };
  const ended: ClaimNote = { ...note, state: 'released', ...settled };
  await writeSmall(notePath(claims, note.id), textOf(ended), { isDurable: false });
}

/** Tells one settlement from another; the order of the record's keys makes no difference. */
export function digestOf({ kind, record }: Settlement): string {
  const fields = Object.entries(record)
    .filter(([, value]) => value !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return createHash('sha256')
    .update(JSON.stringify([kind, fields]))
    .digest('hex')
    .slice(0, 32);
}

function textOf(note: ClaimNote): string {
  return `${JSON.stringify(note, undefined, 2)}\n`;
}

function parseNote(text: string): ClaimNote | undefined {
  const note = parseObject(text) as Partial<ClaimNote>;
  const { id, state, run, worker, pid, start, host, generation, at, lease_ms = defaultLeaseMs } = note;
  const texts = [id, state, run, worker, start, host, at, generation?.token];
  const numbers = [pid, generation?.n, lease_ms];
  const isWhole = texts.every((each) => typeof each === 'string') && numbers.every((each) => typeof each === 'number');
  return isWhole ? ({ ...note, lease_ms } as ClaimNote) : undefined;
}

/** A note that a failing disk spoilt: nobody's, and with a number that no earlier claim can have had. */
function tornNote(id: string): ClaimNote {
  const generation = { n: Math.floor(Date.now() / 1000), token: '' };
  const nobody = { run: '', worker: '', pid: 0, start: '', host: hostname() };
  return { id, state: 'released', ...nobody, generation, lease_ms: 0, at: '' };
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
