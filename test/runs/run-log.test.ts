import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { parse } from 'yaml';
import type { NewEvent, RunEvent } from '../../src/core/event.ts';
import type { Summary } from '../../src/core/summary.ts';
import type { ReviewNote } from '../../src/runs/review-file.ts';
import { isRunId, newRunId } from '../../src/runs/run-id.ts';
import type { NewRun, RunLog } from '../../src/runs/run-log.ts';
import { createRun } from '../../src/runs/run-log.ts';
import { exampleRun, exampleTime } from '../rig/example-run.ts';

const workspace = mkdtempSync(join(tmpdir(), 'oompa-run-log-'));
afterAll(() => rmSync(workspace, { recursive: true, force: true }));

let count = 0;

function newRun(more: Partial<NewRun> = {}): NewRun {
  return {
    workspace,
    id: newRunId(new Date(exampleTime(0)), count++ / 1000),
    record: { version: '0.1.0', config: { workers: [{ name: 'builders' }] } },
    pidStart: 'start-1',
    redact: (text) => text.replaceAll('s3cret', '***'),
    now: () => new Date(exampleTime(0)),
    ...more,
  };
}

function open(more: Partial<NewRun> = {}): RunLog {
  const created = createRun(newRun(more));
  if (created.kind === 'failed') throw new Error(created.message);
  return created.log;
}

function linesOf(log: RunLog): RunEvent[] {
  return readFileSync(join(log.folder, 'events.jsonl'), 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as RunEvent);
}

const problem: NewEvent = { type: 'problem:seen', message: 'the key is s3cret' };

const note: ReviewNote = {
  label: 'builders-1-i4-r1',
  verdict: 'needs-changes',
  task: 'add-login',
  round: 1,
  reviewer: 'claude sonnet',
  worker: 'builders-1, iteration 4, turn 1',
  commit: '77ac01e0123456789',
  base: '1a2b3c40123456789',
  files: ['src/login.ts', 'test/login.test.ts'],
  at: new Date('2026-11-20T14:03:02.123Z'),
  tookMs: 21_400,
  usage: { input: 8210, output: 402 },
  text: 'The logout handler leaves the cookie.\n---\nVERDICT: NEEDS_CHANGES\n\n',
};

describe('the id of a run', () => {
  it('is its time in UTC and four characters of chance', () => {
    const date = new Date('2026-11-20T14:01:59.999Z');
    expect(newRunId(date, 0)).toBe('20261120T140159-0000');
    expect(newRunId(date, 0.999_999_9)).toBe('20261120T140159-zzzz');
    expect(newRunId(date, 0.5)).toBe('20261120T140159-i000');
  });

  it('is told from other names', () => {
    expect(isRunId('20261120T140159-k3f9')).toBe(true);
    expect(['.gitkeep', '20261120T140159', 'x20261120T140159-k3f9', '..'].filter(isRunId)).toEqual([]);
  });
});

describe('a run log', () => {
  it('holds one event a line, stamped with its time', () => {
    const log = open();
    for (const { at: _at, ...event } of exampleRun) log.append(event);
    const lines = linesOf(log);
    expect(lines.map(({ type }) => type)).toEqual(exampleRun.map(({ type }) => type));
    expect(lines.every(({ at }) => at === exampleTime(0))).toBe(true);
    log.close();
  });

  it('takes secrets out of everything that it writes and shows', async () => {
    const seen: RunEvent[] = [];
    const log = open({ record: { config: { env: { KEY: 's3cret' } } }, onEvent: (event) => seen.push(event) });
    log.append(problem);
    log.append({
      type: 'landing:held',
      worker: 'w',
      task: 't',
      iteration: 1,
      commit: 'c',
      paths: ['s3cret.txt'],
      why: '',
    });
    const prompt = log.writePrompt('w-i1-t1', 'use s3cret');
    const review = await log.writeReview({ ...note, text: 'found s3cret' });
    log.close();
    const files = readdirSync(log.folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
    const texts = files.map((entry) => readFileSync(join(entry.parentPath, entry.name), 'utf8'));
    expect(texts.filter((text) => text.includes('s3cret'))).toEqual([]);
    expect(texts.filter((text) => text.includes('***'))).toHaveLength(4 + 1);
    expect(JSON.stringify(seen)).toContain('the key is ***');
    expect(prompt).toBe(join(log.folder, 'turns', 'w-i1-t1.prompt.md'));
    expect(review).toBe('reviews/builders-1-i4-r1.md');
  });

  it('says in run.yaml what runs, and which process', () => {
    const log = open();
    expect(parse(readFileSync(join(log.folder, 'run.yaml'), 'utf8'))).toMatchObject({
      run: log.id,
      pid: process.pid,
      pid_start: 'start-1',
      started_at: exampleTime(0),
      config: { workers: [{ name: 'builders' }] },
    });
    log.close();
  });

  it('is touched now and then while nothing happens: how another machine sees that the run goes on', () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    const log = open();
    const path = join(log.folder, 'events.jsonl');
    const old = new Date('2026-01-01T00:00:00Z');
    utimesSync(path, old, old);
    vi.advanceTimersByTime(59 * 60_000);
    expect(Date.now() - statSync(path).mtimeMs).toBeLessThan(60_000);
    log.close();
    utimesSync(path, old, old);
    vi.advanceTimersByTime(59 * 60_000);
    expect(statSync(path).mtimeMs).toBe(old.getTime());
    vi.useRealTimers();
  });

  it('writes review logs that are made to be read', async () => {
    const log = open();
    const path = await log.writeReview(note);
    expect(readFileSync(join(log.folder, path), 'utf8')).toBe(`---
verdict: needs-changes
task: add-login
round: 1
reviewer: claude sonnet
worker: builders-1, iteration 4, turn 1
commit: 77ac01e on 1a2b3c4
files: [src/login.ts, test/login.test.ts]
at: 2026-11-20T14:03:02Z
took: 21 s
tokens: {in: 8210, out: 402}
---
The logout handler leaves the cookie.
---
VERDICT: NEEDS_CHANGES
`);
    log.close();
  });

  it('keeps summary.json up with the events, at most once a second, and writes it at the end', () => {
    let ms = 0;
    const log = open({ now: () => new Date(ms) });
    const landed = (): number => {
      const summary = JSON.parse(readFileSync(join(log.folder, 'summary.json'), 'utf8')) as Summary;
      return summary.tasks.length;
    };
    const end = (task: string): void => {
      const outcome = { kind: 'landed', commit: 'c' } as const;
      const counts = { attempt: 1, attempts: 3, turns: 1, rounds: 1, usage: { input: 0, output: 0 }, ms: 1 };
      log.append({
        type: 'iteration:ended',
        worker: 'w',
        task,
        iteration: 1,
        outcome,
        transition: 'complete',
        ...counts,
      });
    };
    end('a');
    expect(landed()).toBe(1);
    ms = 999;
    end('b');
    expect(landed()).toBe(1);
    ms = 1000;
    end('c');
    expect(landed()).toBe(3);
    end('d');
    log.close();
    expect(landed()).toBe(4);
  });

  it('goes on when a view of it throws, and says so once', () => {
    const problems: string[] = [];
    const onEvent = (): never => {
      throw new Error('EPIPE');
    };
    const log = open({ onEvent, onProblem: (message) => problems.push(message) });
    log.append(problem);
    log.append(problem);
    expect(linesOf(log)).toHaveLength(2);
    expect(problems).toEqual(['the view of the run could not be written: EPIPE; the run goes on']);
    log.close();
  });

  it('never ends a run when its disk fails: the first problem is told', async () => {
    const problems: string[] = [];
    const log = open({ onProblem: (message) => problems.push(message) });
    rmSync(log.folder, { recursive: true });
    writeFileSync(log.folder, 'in the way');
    log.append({ type: 'run:draining', why: 'asked' });
    log.writePrompt('w-i1-t1', 'text');
    expect(await log.writeReview(note)).toBe('reviews/builders-1-i4-r1.md');
    log.append({ type: 'run:ended', why: 'dry', pending: 0 });
    log.close();
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatch(/could not be written: ENO.*; the run goes on$/);
  });

  it('can be appended to after it was closed, which is a problem and no crash', () => {
    const problems: string[] = [];
    const log = open({ onProblem: (message) => problems.push(message) });
    log.close();
    log.append(problem);
    log.sync();
    log.close();
    expect(problems).toHaveLength(1);
  });

  it('is refused where the folder exists already, or cannot be made', () => {
    const run = newRun();
    mkdirSync(join(workspace, 'runs', run.id), { recursive: true });
    expect(createRun(run)).toMatchObject({
      kind: 'failed',
      message: expect.stringContaining('there is one already') as string,
    });
    const file = join(workspace, 'a-file');
    writeFileSync(file, '');
    expect(createRun(newRun({ workspace: file }))).toMatchObject({ kind: 'failed' });
  });
});
