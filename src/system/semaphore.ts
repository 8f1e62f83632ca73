import { lstatSync, mkdirSync } from 'node:fs';
import { hostname, tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { tryLock } from './lock.ts';

/** What shall not be done by too many at once, among all processes of this user on this machine. */
export interface PlaceOrder {
  /** What is done: those who name the same share the places. */
  readonly name: string;
  /** How many may do it at once, 1 and more. Who allows fewer than others waits for the first places only. */
  readonly places: number;
  /** The variables of the surroundings: `TMPDIR`. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Ends the wait at once. */
  readonly signal: AbortSignal;
  /** Called once, when there is no free place yet. */
  readonly onWait: () => void;
}

/**
 * Does `work` as soon as there is a place for it; `stopped` when the wait was cut short. The place of a process that is gone
 * is free. Where the places can't be kept (no such folder, a full disk, a folder of somebody else), nobody waits.
 */
export async function withPlace<T>(
  order: PlaceOrder,
  work: () => Promise<T>,
): Promise<{ readonly kind: 'done'; readonly value: T } | { readonly kind: 'stopped' }> {
  const leave = await takePlace(order);
  if (leave === undefined) return { kind: 'stopped' };
  try {
    return { kind: 'done', value: await work() };
  } finally {
    leave();
  }
}

const firstPollMs = 25;
const longestPollMs = 250;

async function takePlace({ name, places, env, signal, onWait }: PlaceOrder): Promise<(() => void) | undefined> {
  const folder = ownFolder(name, env);
  let waits = false;
  for (let pollMs = firstPollMs; !signal.aborted; pollMs = Math.min(pollMs * 2, longestPollMs)) {
    const leave = folder === undefined ? () => undefined : freePlace(folder, places);
    if (leave !== undefined) return leave;
    if (!waits) onWait();
    waits = true;
    await pause(pollMs, undefined, { signal }).catch(() => undefined);
  }
  return undefined;
}

function freePlace(folder: string, places: number): (() => void) | undefined {
  try {
    for (let place = 1; place <= places; place += 1) {
      const leave = tryLock(join(folder, `${String(place)}.lock`));
      if (leave !== undefined) return leave;
    }
    return undefined;
  } catch {
    return () => undefined;
  }
}

/**
 * The temporary folder may be everybody's: a folder that somebody else has put there is not used. It may also be shared by
 * containers, which do not see each other's processes.
 */
function ownFolder(name: string, env: PlaceOrder['env']): string | undefined {
  const { TMPDIR: temporary = '' } = env;
  const path = join(temporary === '' ? tmpdir() : temporary, `oompa-${name}-${userName()}-${hostname()}`);
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 });
    const found = lstatSync(path);
    const isOwn = process.getuid === undefined || (found.uid === process.getuid() && (found.mode & 0o077) === 0);
    return found.isDirectory() && isOwn ? path : undefined;
  } catch {
    return undefined;
  }
}

function userName(): string {
  return process.getuid === undefined ? userInfo().username : String(process.getuid());
}
