import { mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { isAlive, ownIdentity } from '../../system/process-identity.ts';
import { textOf } from '../admin.ts';

/** Who has a slot, and what for. The file outlives its owner and then tells what lies in the folder. */
export interface Lease {
  readonly name: string;
  /** Unique among all living leases of the workspace; from 1. */
  readonly number: number;
  /** The branch checked out by the last iteration; empty when HEAD was detached on purpose. */
  readonly branch: string;
  /** 0 once it was given back. */
  readonly pid: number;
  /** Opaque; tells the process from a later one with the same number. */
  readonly pidStart: string;
  /** The machine that the process runs on. */
  readonly host: string;
}

/** A lease as it was found. */
export interface NotedLease extends Lease {
  /** When it was written, in milliseconds of the Unix clock: it is written again for each iteration. */
  readonly at: number;
}

/**
 * Whether its owner may still be there. Of another machine's processes, or another container's, nothing can be seen: theirs
 * count until no iteration can have lasted that long.
 */
export function isHeld({ pid, pidStart, host, at }: NotedLease): boolean {
  if (pid === 0) return false;
  return host === hostname() ? isAlive(pid, pidStart) : Date.now() - at < longestHoldMs;
}

const longestHoldMs = 24 * 60 * 60 * 1000;

/** Takes the slot `wish`, or `wish.2`, `wish.3` … when somebody has it. To be called under the pool's lock. */
export async function takeLease(folder: string, wish: string): Promise<Lease> {
  await mkdir(folder, { recursive: true });
  const all = await readLeases(folder);
  const living = all.filter((lease) => isHeld(lease));
  const name = firstFree((n) => (n === 1 ? wish : `${wish}.${n}`), new Set(living.map((lease) => lease.name)));
  const number = firstFree((n) => n, new Set(living.map((lease) => lease.number)));
  const { pid, start } = ownIdentity();
  // Without a lease nobody knows what lies there: it must not pass for a slot that was detached on purpose.
  const branch = all.find((lease) => lease.name === name)?.branch ?? `oompa/unknown/${name}`;
  const lease: Lease = { name, number, branch, pid, pidStart: start, host: hostname() };
  await noteLease(folder, lease);
  return lease;
}

/** Writes the lease file anew, in one piece: a reader that saw half of it would take the slot for free. */
export async function noteLease(folder: string, lease: Lease): Promise<void> {
  const file = leaseFile(folder, lease.name);
  const part = `${file}.${process.pid}.tmp`;
  await writeFile(part, `${JSON.stringify({ ...lease, at: Date.now() })}\n`);
  await rename(part, file);
}

/** Gives the slot back; its folder stays. */
export async function dropLease(folder: string, name: string): Promise<void> {
  await rm(leaseFile(folder, name), { force: true });
}

/** All leases, also those of processes that have ended. */
export async function readLeases(folder: string): Promise<readonly NotedLease[]> {
  const names = (await readdir(folder).catch(() => [])).filter((name) => name.endsWith(ending));
  const texts = await Promise.all(names.map((name) => textOf(join(folder, name))));
  return texts.flatMap((text) => leaseIn(text ?? ''));
}

const ending = '.lease.json';

function leaseFile(folder: string, name: string): string {
  return join(folder, `${name}${ending}`);
}

/** A file that a crash left half written is no lease. */
function leaseIn(text: string): NotedLease[] {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return [];
  }
  return isLease(value) ? [value] : [];
}

function isLease(value: unknown): value is NotedLease {
  if (typeof value !== 'object' || value === null) return false;
  const { name, number, branch, pid, pidStart, host, at } = value as Partial<Record<keyof NotedLease, unknown>>;
  const texts = [name, branch, pidStart, host];
  return texts.every((each) => typeof each === 'string') && [number, pid, at].every((each) => typeof each === 'number');
}

function firstFree<T>(candidate: (n: number) => T, taken: ReadonlySet<T>): T {
  for (let n = 1; ; n += 1) {
    const each = candidate(n);
    if (!taken.has(each)) return each;
  }
}
