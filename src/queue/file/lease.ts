import { statSync, utimesSync } from 'node:fs';
import { hostname } from 'node:os';
import { isAlive } from '../../system/process-identity.ts';
import type { ClaimNote } from './claim-note.ts';
import { notePath } from './claim-note.ts';

/**
 * Whether the claim of a note is live: its lease has not run out, and its process is there. What another machine's processes do
 * can't be seen, so there the lease alone counts. A process that is paused past its lease is not live.
 */
export function isLive(claims: string, note: ClaimNote, now: Date): boolean {
  if (note.state !== 'claimed') return false;
  const age = now.getTime() - renewedAt(claims, note.id);
  if (age >= note.lease_ms) return false;
  return note.host !== hostname() || isAlive(note.pid, note.start);
}

/** Begins the lease anew. */
export function renewNote(claims: string, id: string, now: Date): void {
  utimesSync(notePath(claims, id), now, now);
}

/**
 * A renewal in the future means that a clock has jumped: it counts as made now, at the first look. Without this, a claim whose
 * owner is gone would stay live until that time comes.
 */
export function bringBackFromFuture(claims: string, id: string, now: Date): void {
  if (renewedAt(claims, id) > now.getTime()) renewNote(claims, id, now);
}

/** Milliseconds since 1970. File systems keep more digits than a `Date` has, and a rounding error in them. */
function renewedAt(claims: string, id: string): number {
  return Math.round(statSync(notePath(claims, id), { throwIfNoEntry: false })?.mtimeMs ?? 0);
}
