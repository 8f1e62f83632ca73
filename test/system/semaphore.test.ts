import { fork } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { withPlace } from '../../src/system/semaphore.ts';

let temporary: string;
beforeEach(() => {
  temporary = mkdtempSync(join(tmpdir(), 'oompa-places-'));
});
afterEach(() => rmSync(temporary, { recursive: true, force: true }));

interface Visit {
  /** Resolves when the place is taken; `leave` gives it back. */
  readonly entered: Promise<void>;
  readonly waits: ReturnType<typeof vi.fn>;
  readonly ended: ReturnType<typeof withPlace<string>>;
  leave(): void;
}

function visit(places: number, signal = new AbortController().signal): Visit {
  let leave: () => void = () => undefined;
  const left = new Promise<void>((resolve) => {
    leave = resolve;
  });
  let enter: () => void = () => undefined;
  const entered = new Promise<void>((resolve) => {
    enter = resolve;
  });
  const waits = vi.fn();
  const order = { name: 'test', places, env: { TMPDIR: temporary }, signal, onWait: waits };
  const ended = withPlace(order, async () => {
    enter();
    await left;
    return 'value';
  });
  return { entered, waits, ended, leave };
}

describe('places that are counted over all processes', () => {
  it('are as many as was said; the next one waits, says so once, and goes on as soon as one is free', async () => {
    const [first, second] = [visit(2), visit(2)];
    await Promise.all([first.entered, second.entered]);
    const third = visit(2);
    await expect.poll(() => third.waits.mock.calls.length).toBe(1);
    first.leave();
    await third.entered;
    expect([first.waits, second.waits, third.waits].map(({ mock }) => mock.calls.length)).toEqual([0, 0, 1]);
    second.leave();
    third.leave();
    expect(await Promise.all([first.ended, second.ended, third.ended])).toEqual(
      Array.from({ length: 3 }, () => ({ kind: 'done', value: 'value' })),
    );
  });

  it('are free again when their process was killed', async () => {
    const program = fileURLToPath(new URL('place-holder.ts', import.meta.url));
    const holder = fork(program, { execArgv: ['--import', 'tsx'], env: { ...process.env, TMPDIR: temporary } });
    await once(holder, 'message');
    const next = visit(1);
    await expect.poll(() => next.waits.mock.calls.length).toBe(1);
    holder.kill('SIGKILL');
    await once(holder, 'exit');
    await next.entered;
    next.leave();
    await next.ended;
  });

  it('are not waited for any more when oompa is stopped', async () => {
    const controller = new AbortController();
    const [first, second] = [visit(1), visit(1, controller.signal)];
    await first.entered;
    await expect.poll(() => second.waits.mock.calls.length).toBe(1);
    controller.abort();
    expect(await second.ended).toEqual({ kind: 'stopped' });
    first.leave();
    await first.ended;
    expect(await visit(1, controller.signal).ended).toEqual({ kind: 'stopped' });
  });

  it('are kept where nobody else can write', async () => {
    const first = visit(1);
    await first.entered;
    const [folder = ''] = readdirSync(temporary);
    expect(statSync(join(temporary, folder)).mode & 0o777).toBe(0o700);
    first.leave();
    await first.ended;
    expect(readdirSync(join(temporary, folder))).toEqual([]);
  });

  it.each([
    [
      'can’t be made',
      () => {
        rmSync(temporary, { recursive: true });
        writeFileSync(temporary, 'no folder');
      },
    ],
    [
      'is open to everybody',
      () => {
        for (const name of readdirSync(temporary)) chmodSync(join(temporary, name), 0o777);
      },
    ],
  ])('let everybody in when their folder %s', async (_what, spoil) => {
    const known = visit(1);
    await known.entered;
    known.leave();
    await known.ended;
    spoil();
    const [first, second] = [visit(1), visit(1)];
    await Promise.all([first.entered, second.entered]);
    first.leave();
    second.leave();
    await Promise.all([first.ended, second.ended]);
  });
});
