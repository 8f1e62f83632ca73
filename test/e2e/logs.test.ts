import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, onTestFinished, test } from 'vitest';
import { logs } from '../../src/commands/logs.ts';
import type { LogsOptions } from '../../src/commands/logs.ts';
import { identityOf } from '../../src/system/process-identity.ts';
import { recordRun } from '../commands/recorded-run.ts';
import { temporaryRepository, testIo } from '../commands/temporary.ts';
import { open, ready } from '../engine/open.ts';
import { at, exampleUntil } from '../rig/example-run.ts';
import { textLine, toolLine } from '../rig/opencode-lines.ts';

/** `oompa logs -f` while it goes on. */
function follow(cwd: string, options: LogsOptions) {
  const { io, printed } = testIo(cwd, { columns: 200 });
  const listeners = new Set<() => void>();
  let stop: ((how: 'polite' | 'now') => void) | undefined;
  const print = (part: 'stdout' | 'stderr') => (text: string) => {
    printed[part] += text;
    for (const listener of listeners) listener();
  };
  const watching = {
    ...io,
    stdout: print('stdout'),
    stderr: print('stderr'),
    onStop: (handler: typeof stop) => {
      stop = handler;
    },
  };
  const ended = logs({ follow: true, ...options }, watching);
  return {
    printed,
    ended,
    stop: () => stop?.('polite'),
    /** Resolves when it has printed that; rejects when it ends without. */
    shows: (text: string, part: 'stdout' | 'stderr' = 'stdout') =>
      new Promise<void>((resolve, reject) => {
        const look = () => {
          if (!printed[part].includes(text)) return;
          listeners.delete(look);
          resolve();
        };
        listeners.add(look);
        look();
        void ended.then(() => {
          reject(new Error(`it ended without "${text}": ${JSON.stringify(printed)}`));
        });
      }),
  };
}

/** A workspace with a run that goes on for as long as this process lives, in the middle of a turn. */
function liveRun(): { root: string; turns: string; events: string } {
  const root = temporaryRepository();
  const id = '20261120T140159-k3f9';
  recordRun(root, { id, events: exampleUntil(20), owner: 'this' });
  const folder = join(root, 'runs', id);
  return { root, turns: join(folder, 'turns'), events: join(folder, 'events.jsonl') };
}

const config = `workers: [{ name: builders, harness: opencode }]
reviewer: { harness: mine }
harnesses: { mine: { command: [my-agent], prompt: stdin, output: text } }
`;

describe('oompa logs -f', () => {
  test('shows what agents say while they work, across turns and reviews, until the run ends', async () => {
    const { repo, agents, swarm } = await open({ config, tasks: { a: 'title: A' } });
    const run = swarm();
    const worker = await agents.next();
    const log = follow(repo.path, { name: 'builders-1' });
    await worker.say(textLine('ses_1', 'I look around.'));
    await log.shows('I look around.\n');
    await worker.run('echo wrong > a.txt');
    await worker.say(toolLine('ses_1', 'echo wrong > a.txt'));
    await log.shows('$ echo wrong > a.txt\n');
    await worker.stderr('Error: a server is away\n');
    await log.shows('· Error: a server is away\n');
    await worker.answer(ready, { hides: true });

    const reviewer = await agents.next();
    await reviewer.say('a.txt says wrong.');
    await log.shows('a.txt says wrong.\n');
    await reviewer.say('VERDICT: NEEDS_CHANGES');
    await reviewer.exit(0);

    const fix = await agents.next();
    await fix.run('echo right > a.txt');
    await fix.answer(ready);
    const again = await agents.next();
    await again.say('VERDICT: APPROVED');
    await again.exit(0);

    expect(await run.exitCode).toBe(0);
    expect(await log.ended).toBe(0);
    const heads = log.printed.stdout.match(/(?:turn|review) \d, .*|round \d [a-z]+|turn \d ready/g);
    expect(heads).toEqual([
      ...['turn 1, opencode, fresh session', 'turn 1 ready'],
      ...['review 1, mine, fresh session', 'round 1 needs'],
      ...['turn 2, opencode, resumed session', 'turn 2 ready'],
      ...['review 2, mine, fresh session', 'round 2 approved'],
    ]);
    expect(log.printed.stdout.match(/I look around|echo wrong|away|says wrong\.$|VERDICT: \w+/gm)).toEqual([
      ...['I look around', 'echo wrong', 'away'],
      ...['says wrong.', 'VERDICT: NEEDS_CHANGES', 'VERDICT: APPROVED'],
    ]);
  });

  test('gives the bytes as they come', async () => {
    const { root, turns } = liveRun();
    const log = follow(root, { name: 'builders-1', raw: true });
    const line = textLine('ses_1', 'Hello.');
    writeFileSync(join(turns, 'builders-1-i1-t1.stdout'), `${line}\n`);
    await log.shows(`${line}\n`);
    log.stop();
    expect(await log.ended).toBe(0);
    expect(log.printed.stdout).toBe(`${line}\n`);
  });

  test('puts the pieces of a message together, and holds none back for long', async () => {
    const { root, turns, events } = liveRun();
    const of = { worker: 'fast-1', task: 'billing', iteration: 2 };
    const log = follow(root, { name: 'fast-1' });
    await log.shows('fast-1 billing: turn 1, codex gpt-5.3');
    const began = at(21, {
      type: 'turn:started',
      ...of,
      turn: 1,
      prompt: 'start',
      session: 'fresh',
      harness: 'gemini',
    });
    appendFileSync(events, `${JSON.stringify(began)}\n`);
    await log.shows('fast-1 billing: turn 1, gemini');
    const piece = (content: string) =>
      `${JSON.stringify({ type: 'message', role: 'assistant', content, delta: true })}\n`;
    writeFileSync(join(turns, 'fast-1-i2-t1.stdout'), piece('I wr') + piece('ite a li') + piece('ne.\nAnd an'));
    await log.shows('I write a line.\nAnd an\n');
    log.stop();
    expect(await log.ended).toBe(0);
  });

  test('waits for a worker that has not begun', async () => {
    const { root, turns, events } = liveRun();
    const of = { worker: 'builders-4', task: 'x', iteration: 1 };
    appendFileSync(events, `${JSON.stringify(at(20, { type: 'worker:started', worker: 'builders-4' }))}\n`);
    const log = follow(root, { name: 'builders-4' });
    await log.shows('No agent works for builders-4 yet', 'stderr');
    const began = at(21, { type: 'turn:started', ...of, turn: 1, prompt: 'start', session: 'fresh', harness: 'mine' });
    appendFileSync(events, `${JSON.stringify(began)}\n`);
    writeFileSync(join(turns, 'builders-4-i1-t1.stdout'), 'Here I am.\n');
    await log.shows('Here I am.\n');
    log.stop();
    expect(await log.ended).toBe(0);
  });

  test('ends when the process of the run is no more, and says that the turn was cut off', async () => {
    const { root, turns } = liveRun();
    const owner = spawn('cat', { stdio: ['pipe', 'ignore', 'ignore'] });
    onTestFinished(() => {
      owner.kill('SIGKILL');
    });
    await once(owner, 'spawn');
    const { pid = 0 } = owner;
    const record = { pid, pid_start: identityOf(pid)?.start, host: hostname() };
    writeFileSync(join(turns, '..', 'run.yaml'), JSON.stringify(record));
    writeFileSync(join(turns, 'builders-1-i1-t1.stdout'), `${textLine('s', 'Half')}\n`);
    const log = follow(root, { name: 'builders-1' });
    await log.shows('Half\n');
    owner.stdin.end();
    expect(await log.ended).toBe(0);
    expect(log.printed.stdout).toMatch(/Half\ncut off: the run ended before it did\n$/);
  });

  test('refuses a name that is not there, instead of waiting for it', async () => {
    const { root } = liveRun();
    const log = follow(root, { name: 'builder-1' });
    expect(await log.ended).toBe(2);
    expect(log.printed.stderr).toMatch(/no worker and no task builder-1\. There are: builders-1, /);
  });
});

test('oompa logs ends quietly when nobody reads on', async () => {
  const { root, turns } = liveRun();
  const lines = Array.from({ length: 5000 }, (_, index) => textLine('s', `line ${String(index)} ${'x'.repeat(60)}`));
  writeFileSync(join(turns, 'builders-1-i1-t1.stdout'), `${lines.join('\n')}\n`);
  const loader = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;
  const cli = join(import.meta.dirname, '..', '..', 'src', 'cli.ts');
  const script = '{ "$0" --import "$1" "$2" logs builders-1 -f; echo "ended with $?" >&2; } | head -n 2';
  const { stdout, stderr } = await promisify(execFile)('sh', ['-c', script, process.execPath, loader, cli], {
    cwd: root,
  });
  expect(stdout).toMatch(/turn 1, opencode kimi-k2\.5, fresh session\nline 0 x+\n$/);
  expect(stderr).toBe('ended with 0\n');
});
