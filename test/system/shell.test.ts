import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runShell } from '../../src/system/shell.ts';
import { isAlive } from '../../src/system/process-identity.ts';

let folder: string;
let count = 0;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'oompa-shell-'));
});

afterAll(() => rm(folder, { recursive: true, force: true }));

function run(command: string, options: { timeoutMs?: number; signal?: AbortSignal; cwd?: string; log?: string } = {}) {
  count += 1;
  const log = join(folder, 'logs', `${count}.log`);
  const defaults = { cwd: folder, timeoutMs: 60_000, log, signal: new AbortController().signal };
  return runShell({ command, env: { ...process.env, GREETING: 'hello' }, ...defaults, ...options });
}

/** Waits until the file holds a line; gives it. */
async function lineIn(name: string): Promise<string> {
  for (;;) {
    const text = await readFile(join(folder, name), 'utf8').catch(() => '');
    if (text.endsWith('\n')) return text.trim();
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

describe('how a command ends', () => {
  it.each([
    ['exit 0', 'passed', 0, 'exit code 0'],
    ['exit 1', 'failed', 1, 'exit code 1'],
    ['exit 126', 'could-not-run', 126, 'exit code 126: a command is not executable'],
    ['no-such-command-anywhere', 'could-not-run', 127, 'exit code 127: a command was not found'],
    ['(exit 137); exit $?', 'could-not-run', 137, 'exit code 137: killed'],
    ['(exit 143); exit $?', 'could-not-run', 143, 'exit code 143: killed'],
    ['(exit 139); exit $?', 'failed', 139, 'exit code 139'],
    ['kill -KILL $$', 'could-not-run', undefined, 'it was ended by SIGKILL'],
    ['kill -TERM $$', 'could-not-run', undefined, 'it was ended by SIGTERM'],
    ['kill -SEGV $$', 'failed', undefined, 'it was ended by SIGSEGV'],
    [
      'echo "write error: No space left on device" >&2; exit 1',
      'could-not-run',
      1,
      'exit code 1: no space left on the disk',
    ],
  ])('%s: %s', async (command, kind, exitCode, detail) => {
    const result = await run(command);
    expect(result).toMatchObject({ kind, detail });
    expect(result.exitCode).toBe(exitCode);
  });

  it('could not run in a folder that is not there', async () => {
    expect(await run('true', { cwd: join(folder, 'none') })).toMatchObject({
      kind: 'could-not-run',
      detail: expect.stringContaining('could not be started') as string,
    });
  });

  it('could not run when it takes too long', async () => {
    expect(await run('cat /dev/zero >/dev/null', { timeoutMs: 200 })).toMatchObject({
      kind: 'could-not-run',
      detail: 'it was ended after its limit of 0.2 s',
    });
  });

  it('could not run when the run is stopped, before or meanwhile', async () => {
    const controller = new AbortController();
    const running = run('echo $$ >stopped.pid; cat /dev/zero >/dev/null', { signal: controller.signal });
    const pid = Number(await lineIn('stopped.pid'));
    controller.abort();
    expect(await running).toMatchObject({ kind: 'could-not-run', detail: 'it was stopped' });
    expect(isAlive(pid, undefined)).toBe(false);
    expect(await run('touch never', { signal: controller.signal })).toMatchObject({ kind: 'could-not-run' });
    expect(existsSync(join(folder, 'never'))).toBe(false);
  });

  it('is stopped by a signal that comes while it is being started', async () => {
    const controller = new AbortController();
    const running = run('cat /dev/zero >/dev/null', { signal: controller.signal });
    controller.abort();
    expect(await running).toMatchObject({ kind: 'could-not-run', detail: 'it was stopped' });
  });
});

describe('what a command gets and leaves', () => {
  it('gets the folder, the variables and no input', async () => {
    const { tail } = await run('pwd -P; echo "$GREETING"; cat; echo end');
    expect(tail).toBe(`${await import('node:fs/promises').then(({ realpath }) => realpath(folder))}\nhello\nend\n`);
  });

  it('leaves both streams in the log in the order in which they were written, and the end of them in the result', async () => {
    const log = join(folder, 'new', 'folder', 'x.log');
    const result = await run('echo out; seq 1 5000; echo err >&2; echo last', { log });
    const text = await readFile(log, 'utf8');
    for (const line of ['out\n', '\n5000\n']) expect(text).toContain(line);
    expect(Buffer.byteLength(result.tail)).toBe(8 * 1024);
    expect(result.tail.endsWith('4999\n5000\nerr\nlast\n')).toBe(true);
    expect(result.durationMs).toBeGreaterThan(0);
  });

  it('fills the log up to its limit and goes on reading', async () => {
    const log = join(folder, 'large.log');
    const result = await run('head -c 30000000 /dev/zero | tr "\\0" x; echo; echo last', { log });
    expect(result).toMatchObject({ kind: 'passed' });
    expect(result.tail.endsWith('last\n')).toBe(true);
    expect((await stat(log)).size).toBeLessThan(10.1 * 1024 * 1024);
  });

  it('is not hindered by a log that can not be written', async () => {
    expect(await run('echo well', { log: '/dev/null/none/x.log' })).toMatchObject({ kind: 'passed', tail: 'well\n' });
  });

  it('leaves no process behind, neither a polite one nor one that ignores requests (P7)', async () => {
    const result = await run(
      '(cat /dev/zero >/dev/null) & echo $! >polite.pid; (trap "" TERM; cat /dev/zero >/dev/null) & echo $! >deaf.pid; exit 0',
    );
    expect(result.kind).toBe('passed');
    for (const name of ['polite.pid', 'deaf.pid']) {
      const pid = Number(await lineIn(name));
      while (isAlive(pid, undefined)) await new Promise((resolve) => setTimeout(resolve, 10));
    }
  });
});
