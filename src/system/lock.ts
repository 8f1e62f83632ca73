import { randomBytes } from 'node:crypto';
import { lstatSync, mkdirSync, readlinkSync, symlinkSync, unlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import { dirname, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { errorCode } from './files.ts';
import type { ProcessIdentity } from './process-identity.ts';
import { isAlive, ownIdentity } from './process-identity.ts';

// A lock is a symbolic link whose text names its owner: symlink(2) makes it whole or not at all, needs no second file, and
// takes some microseconds; so all calls are synchronous.

/**
 * Runs `work` while this process alone holds the lock at `path`, among all processes of this machine; first come first served
 * inside this process. A lock whose process is gone is taken over; one of a process that is only paused is not. Rejects with
 * `signal`'s reason when the wait is aborted, and with node's own error when the disk fails.
 */
export async function withLock<T>(path: string, work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
  const key = resolve(path);
  await turnOf(key, signal);
  try {
    const holding = await acquire(key, signal);
    try {
      return await work();
    } finally {
      release(key, holding);
    }
  } finally {
    passTurn(key);
  }
}

/** The same without waiting: `busy` = somebody holds the lock, be it this process, and `work` was not begun. */
export async function withLockIfFree<T>(
  path: string,
  work: () => Promise<T>,
): Promise<{ readonly kind: 'done'; readonly value: T } | { readonly kind: 'busy' }> {
  const unlock = tryLock(path);
  if (unlock === undefined) return { kind: 'busy' };
  try {
    return { kind: 'done', value: await work() };
  } finally {
    unlock();
  }
}

/** Takes the lock if nobody holds it, for callers that can't put all their work in one function. Gives what frees it again. */
export function tryLock(path: string): (() => void) | undefined {
  const key = resolve(path);
  if (turns.has(key)) return undefined;
  const holding = takeIfFree(key);
  if (holding === undefined) return undefined;
  turns.set(key, []);
  return () => {
    release(key, holding);
    passTurn(key);
  };
}

/** Whether somebody holds the lock right now. Changes nothing. */
export function isLocked(path: string): boolean {
  const key = resolve(path);
  if (turns.has(key)) return true;
  const owner = readLock(key);
  return owner !== undefined && mayLive(owner);
}

/** What a lock says. */
interface LockOwner extends ProcessIdentity {
  readonly host: string;
  /** Never used twice: tells one holding from the next. */
  readonly token: string;
}

/** The locks that somebody in this process holds or waits for, with those who wait behind the first. */
const turns = new Map<string, (() => void)[]>();

/** Begins every token of this process. */
const own = randomBytes(6).toString('hex');
let holdings = 0;

const firstPollMs = 2;
const longestPollMs = 50;

/** This process's turn; whoever stops waiting is passed over. */
async function turnOf(key: string, signal: AbortSignal | undefined): Promise<void> {
  signal?.throwIfAborted();
  const waiting = turns.get(key);
  if (waiting === undefined) {
    turns.set(key, []);
    return;
  }
  let giveUp: () => void = () => undefined;
  const isOurs = await new Promise<boolean>((decide) => {
    const begin = () => {
      decide(true);
    };
    giveUp = () => {
      const at = waiting.indexOf(begin);
      // Whose turn has come by now must pass it on, and gives up a moment later.
      if (at < 0) return;
      waiting.splice(at, 1);
      decide(false);
    };
    waiting.push(begin);
    signal?.addEventListener('abort', giveUp);
  });
  signal?.removeEventListener('abort', giveUp);
  if (!isOurs) signal?.throwIfAborted();
}

function passTurn(key: string): void {
  const next = turns.get(key)?.shift();
  if (next === undefined) turns.delete(key);
  else next();
}

async function acquire(path: string, signal: AbortSignal | undefined): Promise<string> {
  for (let pollMs = firstPollMs; ; pollMs = Math.min(pollMs * 2, longestPollMs)) {
    signal?.throwIfAborted();
    const holding = takeIfFree(path);
    if (holding !== undefined) return holding;
    await sleep(pollMs, undefined, { signal }).catch(() => signal?.throwIfAborted());
  }
}

/** The text of the new lock; undefined when the lock is somebody else's. */
function takeIfFree(path: string): string | undefined {
  for (;;) {
    const holding = tryToCreate(path);
    if (holding !== undefined) return holding;
    const owner = readLock(path);
    if (owner !== undefined && !breakStale(path, owner)) return undefined;
  }
}

function tryToCreate(path: string): string | undefined {
  const { pid, start } = ownIdentity();
  holdings += 1;
  const text = [String(pid), start, hostname(), `${own}${holdings}`].map(encodeURIComponent).join(separator);
  try {
    link(text, path);
    return text;
  } catch (error) {
    if (errorCode(error) === 'EEXIST') return undefined;
    throw error;
  }
}

function link(text: string, path: string): void {
  try {
    symlinkSync(text, path);
  } catch (error) {
    if (errorCode(error) !== 'ENOENT') throw error;
    mkdirSync(dirname(path), { recursive: true });
    symlinkSync(text, path);
  }
}

/** A lock that can't be removed is no failure of the work that is done: `mayLive` tells this process that it is over. */
function release(path: string, holding: string): void {
  try {
    if (textOf(path) === holding) unlinkSync(path);
  } catch (error) {
    if (errorCode(error) === undefined) throw error;
  }
}

/**
 * Removes the lock of an owner that is gone; false when the owner may live. Two that both saw the stale lock must not both remove
 * what they find, because the second would remove the first one's new lock. So the right to remove *this* holding is a
 * lock of its own, named by the holding's token, and its winner looks again. A winner that died is outlived the same way.
 */
function breakStale(path: string, owner: LockOwner): boolean {
  if (mayLive(owner)) return false;
  const right = `${path}.${owner.token}`;
  if (tryToCreate(right) === undefined) {
    const breaker = readLock(right);
    return breaker === undefined || breakStale(right, breaker);
  }
  if (readLock(path)?.token === owner.token) remove(path);
  remove(right);
  return true;
}

/**
 * What another machine does can't be seen, so its locks count as held. One of this process's own that is asked about is a
 * leftover which the disk did not let go: those who hold or wait for a lock here are known without a look at it.
 */
function mayLive({ pid, start, host, token }: LockOwner): boolean {
  if (host !== hostname()) return true;
  return !token.startsWith(own) && isAlive(pid, start);
}

function remove(path: string): void {
  try {
    unlinkSync(path);
  } catch (error) {
    if (errorCode(error) !== 'ENOENT') throw error;
  }
}

/** Undefined when there is none. Anything that is not a link of this form counts as a lock of nobody. */
function readLock(path: string): LockOwner | undefined {
  const text = textOf(path);
  if (text === undefined) return undefined;
  const owner = parseOwner(text);
  if (owner !== undefined) return owner;
  const inode = lstatSync(path, { throwIfNoEntry: false })?.ino;
  return inode === undefined ? undefined : { pid: 0, start: '', host: hostname(), token: `torn-${inode}` };
}

function parseOwner(text: string): LockOwner | undefined {
  try {
    const [pid, start, host, token] = text.split(separator).map(decodeURIComponent);
    if (start === undefined || host === undefined || token === undefined) return undefined;
    return { pid: Number(pid), start, host, token };
  } catch {
    return undefined;
  }
}

/** The text of a link; '' for anything that is none, undefined when there is nothing. */
function textOf(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    if (errorCode(error) === 'EINVAL') return '';
    throw error;
  }
}

/** Neither encoded texts nor tokens hold it. */
const separator = ',';
