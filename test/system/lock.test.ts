import type { ChildProcess } from 'node:child_process';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import {
  lstatSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { isLocked, tryLock, withLock, withLockIfFree } from '../../src/system/lock.ts';

let folder: string;
let lock: string;
const children: ChildProcess[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'oompa-lock-'));
  lock = join(folder, 'deep', 'a.lock');
});
afterEach(async () => {
  const live = children.splice(0).filter((child) => child.exitCode === null && child.signalCode === null);
  await Promise.all(live.map((child) => kill(child)));
  rmSync(folder, { recursive: true, force: true });
});

function start(...args: string[]): ChildProcess {
  const program = fileURLToPath(new URL('lock-holder.ts', import.meta.url));
  const child = fork(program, args, { execArgv: ['--import', 'tsx'] });
  children.push(child);
  return child;
}

async function kill(child: ChildProcess): Promise<void> {
  const ended = once(child, 'exit');
  child.kill('SIGKILL');
  await ended;
}

describe('a lock', () => {
  it('gives back what the work gives, or how it fails, and is gone after both', async () => {
    expect(await withLock(lock, async () => 42)).toBe(42);
    await expect(withLock(lock, async () => Promise.reject(new Error('oh')))).rejects.toThrow('oh');
    expect(readdirSync(join(folder, 'deep'))).toEqual([]);
  });

  it('serves first come first in one process', async () => {
    const order: number[] = [];
    await Promise.all([1, 2, 3].map((n) => withLock(lock, async () => void order.push(n))));
    expect(order).toEqual([1, 2, 3]);
  });

  it('keeps processes apart, also while they take over the lock of one that was killed', async () => {
    const holder = start('hold', lock);
    await once(holder, 'message');
    const file = join(folder, 'count');
    writeFileSync(file, '0');
    const counters = Array.from({ length: 4 }, () => start('count', lock, file, '50'));
    await Promise.all(counters.map((child) => once(child, 'message')));
    const ended = counters.map((child) => once(child, 'exit'));
    for (const child of counters) child.send('go');
    await kill(holder);
    await Promise.all(ended);
    expect(readFileSync(`${file}.log`, 'utf8')).toHaveLength(200);
    expect(readFileSync(file, 'utf8')).toBe('200');
    expect(readdirSync(join(folder, 'deep'))).toEqual([]);
  });

  it('outlives somebody who died while removing a stale lock', async () => {
    const dead = (token: string) => [process.pid, 'long%20ago', encodeURIComponent(hostname()), token].join(',');
    await withLock(lock, async () => undefined);
    symlinkSync(dead('one'), lock);
    symlinkSync(dead('two'), `${lock}.one`);
    symlinkSync(dead('three'), `${lock}.one.two`);
    expect(await withLock(lock, async () => 'in')).toBe('in');
    expect(readdirSync(join(folder, 'deep'))).toEqual([]);
  });

  it.each(['', '{"pid": 1}'])('outlives a file in its place that is no lock: %j', async (text) => {
    await withLock(lock, async () => undefined);
    writeFileSync(lock, text);
    expect(await withLock(lock, async () => 'in')).toBe('in');
  });

  it.each(['nowhere', 'a,b', '%zz,a,b,c'])('outlives a link in its place that is no lock: %s', async (text) => {
    await withLock(lock, async () => undefined);
    symlinkSync(text, lock);
    expect(await withLock(lock, async () => 'in')).toBe('in');
  });

  it.each([
    ['a live process', undefined],
    ['another machine', 'elsewhere'],
  ])('of %s is waited for until the wait is aborted', async (_of, host) => {
    if (host === undefined) await once(start('hold', lock), 'message');
    else {
      await withLock(lock, async () => undefined);
      symlinkSync(`1,x,${host},t`, lock);
    }
    const controller = new AbortController();
    const waiting = withLock(lock, async () => 'in', controller.signal);
    const behind = withLock(lock, async () => 'in', controller.signal);
    controller.abort(new Error('enough'));
    await expect(waiting).rejects.toThrow('enough');
    await expect(behind).rejects.toThrow('enough');
    expect(lstatSync(lock).isSymbolicLink()).toBe(true);
  });

  it('goes to the next one when a waiter in the same process gives up', async () => {
    const controller = new AbortController();
    let finish: () => void = () => undefined;
    let first: Promise<void> | undefined;
    await new Promise<void>((begun) => {
      first = withLock(
        lock,
        () =>
          new Promise((resolve) => {
            finish = resolve;
            begun();
          }),
      );
    });
    const second = withLock(lock, async () => 'second', controller.signal);
    const third = withLock(lock, async () => 'third');
    controller.abort(new Error('enough'));
    await expect(second).rejects.toThrow('enough');
    finish();
    await first;
    expect(await third).toBe('third');
  });

  it('names its owner in the text of a link, so that it is never there half', async () => {
    await withLock(lock, async () => {
      expect(readlinkSync(lock)).toContain(String(process.pid));
    });
  });

  it('is taken again by a process that could not remove it', async () => {
    let text = '';
    await withLock(lock, async () => void (text = readlinkSync(lock)));
    symlinkSync(text, lock);
    expect(await withLock(lock, async () => 'in')).toBe('in');
  });
});

describe('trying a lock', () => {
  it('begins no work while somebody in this process holds it', async () => {
    const tried = await withLock(lock, () => withLockIfFree(lock, async () => 'in'));
    expect(tried).toEqual({ kind: 'busy' });
    expect(await withLockIfFree(lock, async () => 'in')).toEqual({ kind: 'done', value: 'in' });
  });

  it('begins no work while another process holds it, be it a paused one, and takes over from a dead one', async () => {
    const holder = start('hold', lock);
    await once(holder, 'message');
    holder.kill('SIGSTOP');
    expect(isLocked(lock)).toBe(true);
    expect(await withLockIfFree(lock, async () => 'in')).toEqual({ kind: 'busy' });
    await kill(holder);
    expect(isLocked(lock)).toBe(false);
    expect(await withLockIfFree(lock, async () => 'in')).toEqual({ kind: 'done', value: 'in' });
  });

  it('keeps it until it is freed, and then lets those in who wait', async () => {
    const unlock = tryLock(lock);
    expect(tryLock(lock)).toBeUndefined();
    expect(isLocked(lock)).toBe(true);
    const waiting = withLock(lock, async () => 'in');
    unlock?.();
    expect(await waiting).toBe('in');
    expect(isLocked(lock)).toBe(false);
  });

  it('is free again when the work fails', async () => {
    await expect(withLockIfFree(lock, async () => Promise.reject(new Error('oh')))).rejects.toThrow('oh');
    expect(readdirSync(join(folder, 'deep'))).toEqual([]);
  });
});
