import type { ChildProcess } from 'node:child_process';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { withLock } from '../../src/system/lock.ts';

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
    const dead = (token: string) => JSON.stringify({ pid: process.pid, start: 'long ago', host: hostname(), token });
    await withLock(lock, async () => undefined);
    writeFileSync(lock, dead('one'));
    writeFileSync(`${lock}.one`, dead('two'));
    writeFileSync(`${lock}.one.two`, dead('three'));
    expect(await withLock(lock, async () => 'in')).toBe('in');
    expect(readdirSync(join(folder, 'deep'))).toEqual([]);
  });

  it('outlives a lock file that a power cut emptied', async () => {
    await withLock(lock, async () => undefined);
    writeFileSync(lock, '');
    expect(await withLock(lock, async () => 'in')).toBe('in');
  });

  it.each([
    ['a live process', undefined],
    ['another machine', 'elsewhere'],
  ])('of %s is waited for until the wait is aborted', async (_of, host) => {
    if (host === undefined) await once(start('hold', lock), 'message');
    else {
      await withLock(lock, async () => undefined);
      writeFileSync(lock, JSON.stringify({ pid: 1, start: 'x', host, token: 't' }));
    }
    const controller = new AbortController();
    const waiting = withLock(lock, async () => 'in', controller.signal);
    const behind = withLock(lock, async () => 'in', controller.signal);
    controller.abort(new Error('enough'));
    await expect(waiting).rejects.toThrow('enough');
    await expect(behind).rejects.toThrow('enough');
    expect(existsSync(lock)).toBe(true);
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
});
