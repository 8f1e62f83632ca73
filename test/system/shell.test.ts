import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isAlive } from '../../src/system/process-identity.ts';
import { openProcessNotes, readProcessNotes, type Noter } from '../../src/system/process-notes.ts';
import { runShell, type ShellResult } from '../../src/system/shell.ts';

let folder: string;
let count = 0;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'oompa-shell-'));
});

afterAll(() => rm(folder, { recursive: true, force: true }));

interface Options {
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
  readonly cwd?: string;
  readonly log?: string;
  readonly note?: Noter;
  redact?(text: string): string;
}

function run(command: string, options: Options = {}): Promise<ShellResult> {
  count += 1;
  const log = join(folder, 'logs', `${count}.log`);
  const defaults = {
    cwd: folder,
    timeoutMs: 60_000,
    log,
    signal: new AbortController().signal,
    redact: (text: string) => text,
  };
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
});

describe('no process outlives its command (P7)', () => {
  const busy = 'cat /dev/zero >/dev/null';
  const unmarked = 'env -u OOMPA_TURN';

  it.each([
    ['that listens', `(${busy}) & echo $! >NAME`],
    ['that does not', `(trap "" TERM; ${busy}) & echo $! >NAME`],
    ['in a session of its own', `setsid sh -c 'echo $$ >NAME; ${busy}' &`],
    ['in a session of its own, which holds the output', `setsid sh -c 'echo $$ >NAME; exec sleep 600' &`],
    ['that has dropped its mark, but not its group', `${unmarked} sh -c 'echo $$ >NAME; ${busy}' &`],
  ])('also after a clean exit: a server %s', async (_which, script) => {
    const name = `server-${String((count += 1))}.pid`;
    const result = await run(`${script.replace('NAME', name)}\nuntil [ -s ${name} ]; do :; done; exit 0`);
    expect(result.kind).toBe('passed');
    expect(isAlive(Number(await lineIn(name)), undefined)).toBe(false);
  });

  it('nor a stop that comes meanwhile', async () => {
    const controller = new AbortController();
    const script = `setsid sh -c 'echo $$ >apart.pid; ${busy}' & (trap "" TERM; ${busy}) & echo $! >deaf.pid; wait`;
    const running = run(script, { signal: controller.signal });
    const pids = [Number(await lineIn('apart.pid')), Number(await lineIn('deaf.pid'))];
    controller.abort();
    await running;
    expect(pids.map((pid) => isAlive(pid, undefined))).toEqual([false, false]);
  });

  it('and it is written down exactly as long as it runs, however it ends', async () => {
    const notes = openProcessNotes(folder, 'run-1');
    const controller = new AbortController();
    const running = run('echo $$ >noted.pid; cat /dev/zero >/dev/null', {
      signal: controller.signal,
      note: notes.as('npm test'),
    });
    const pid = Number(await lineIn('noted.pid'));
    expect(await readProcessNotes(folder)).toMatchObject([{ run: 'run-1', note: { pid, what: 'npm test' } }]);
    controller.abort();
    await running;
    expect(await readProcessNotes(folder)).toEqual([]);
    await run('exit 1', { note: notes.as('exit 1') });
    await run('sleep 600', { note: notes.as('sleep'), timeoutMs: 50 });
    expect(await readProcessNotes(folder)).toEqual([]);
  });
});

it('keeps secrets out of the log and of the result', async () => {
  const log = join(folder, 'secret.log');
  const redact = (text: string) => text.replaceAll('hunter2', '[redacted]');
  const result = await run('echo hunter2; echo hunter2 >&2; exit 1', { log, redact });
  expect(result).toMatchObject({ kind: 'failed', tail: '[redacted]\n[redacted]\n' });
  expect(await readFile(log, 'utf8')).toBe('[redacted]\n[redacted]\n');
});
