import { Mutex } from 'async-mutex';
import { randomUUID } from 'node:crypto';
import { link, mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { errorCode } from './files.ts';
import type { ProcessIdentity } from './process-identity.ts';
import { isAlive, ownIdentity } from './process-identity.ts';

/**
 * Runs `work` while this process alone holds the lock file at `path`, among all processes of this machine; first come first
 * served inside this process. A lock whose process is gone is taken over. Rejects with `signal`'s reason when the wait is
 * aborted, and with node's own error when the disk fails.
 */
export async function withLock<T>(path: string, work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
  const key = resolve(path);
  const mutex = mutexes.get(key) ?? new Mutex();
  mutexes.set(key, mutex);
  const release = await turnOf(mutex, signal);
  try {
    const token = await acquire(key, signal);
    try {
      return await work();
    } finally {
      if ((await readLock(key))?.token === token) await rm(key, { force: true });
    }
  } finally {
    release();
  }
}

/** What a lock file says. */
interface LockOwner extends ProcessIdentity {
  readonly host: string;
  /** Never used twice: tells one holding from the next. */
  readonly token: string;
}

const mutexes = new Map<string, Mutex>();
const firstPollMs = 2;
const longestPollMs = 50;

/** This process's turn; whoever stops waiting gives the turn on when it comes. */
async function turnOf(mutex: Mutex, signal: AbortSignal | undefined): Promise<() => void> {
  const turn = mutex.acquire();
  if (signal === undefined) return turn;
  let giveUp: () => void = () => undefined;
  const gaveUp = new Promise<'gave-up'>((resolve) => {
    giveUp = () => resolve('gave-up');
  });
  signal.addEventListener('abort', giveUp);
  if (signal.aborted) giveUp();
  const first = await Promise.race([gaveUp, turn]);
  signal.removeEventListener('abort', giveUp);
  if (first !== 'gave-up') return first;
  void turn.then((release) => release());
  signal.throwIfAborted();
  return turn;
}

async function acquire(path: string, signal: AbortSignal | undefined): Promise<string> {
  await mkdir(dirname(path), { recursive: true });
  for (let pollMs = firstPollMs; ; pollMs = Math.min(pollMs * 2, longestPollMs)) {
    signal?.throwIfAborted();
    const token = await tryToCreate(path);
    if (token !== undefined) return token;
    const owner = await readLock(path);
    if (owner === undefined || (await breakStale(path, owner))) continue;
    await sleep(pollMs, undefined, { signal }).catch(() => signal?.throwIfAborted());
  }
}

/** The link shows the file only when it is whole. */
async function tryToCreate(path: string): Promise<string | undefined> {
  const token = randomUUID();
  const owner: LockOwner = { ...ownIdentity(), host: hostname(), token };
  const temporary = `${path}.${token}.tmp`;
  await writeFile(temporary, JSON.stringify(owner), { flag: 'wx' });
  try {
    await link(temporary, path);
    return token;
  } catch (error) {
    if (errorCode(error) === 'EEXIST') return undefined;
    throw error;
  } finally {
    await rm(temporary, { force: true });
  }
}

/**
 * Removes the lock of an owner that is gone; false when the owner may live. Two that both saw the stale lock must not both remove
 * what they find, because the second would remove the first one's new lock. So the right to remove *this* holding is a
 * lock of its own, named by the holding's token, and its winner looks again. A winner that died is outlived the same way.
 */
async function breakStale(path: string, owner: LockOwner): Promise<boolean> {
  if (owner.host !== hostname() || isAlive(owner.pid, owner.start)) return false;
  const right = `${path}.${owner.token}`;
  if ((await tryToCreate(right)) === undefined) {
    const breaker = await readLock(right);
    return breaker === undefined || breakStale(right, breaker);
  }
  if ((await readLock(path))?.token === owner.token) await rm(path, { force: true });
  await rm(right, { force: true });
  return true;
}

/** Undefined when there is none. A file that a power cut emptied counts as a lock of nobody. */
async function readLock(path: string): Promise<LockOwner | undefined> {
  try {
    const text = await readFile(path, 'utf8');
    return parseOwner(text) ?? { pid: 0, start: '', host: hostname(), token: `torn-${(await stat(path)).ino}` };
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}

function parseOwner(text: string): LockOwner | undefined {
  try {
    const { pid, start, host, token } = JSON.parse(text) as Partial<Record<keyof LockOwner, unknown>>;
    if (typeof pid !== 'number' || typeof start !== 'string') return undefined;
    return typeof host === 'string' && typeof token === 'string' ? { pid, start, host, token } : undefined;
  } catch {
    return undefined;
  }
}
