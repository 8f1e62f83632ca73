import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { listRuns, liveRunIds, readRun } from '../../src/runs/read-runs.ts';
import { createRun } from '../../src/runs/run-log.ts';
import { noteStarting, whyNotOurs } from '../../src/runs/starting.ts';
import { ownIdentity } from '../../src/system/process-identity.ts';

const id = '20261120T140159-k3f9';
const now = new Date('2026-11-20T14:01:59Z');

let workspace: string;
beforeEach(() => {
  workspace = mkdtempSync(join(tmpdir(), 'oompa-starting-'));
});
afterEach(() => rmSync(workspace, { recursive: true, force: true }));

function note() {
  const noted = noteStarting(workspace, { id, now });
  if (noted.kind === 'failed') throw new Error(noted.message);
  return noted.run;
}

async function life(): Promise<string> {
  const found = await readRun(workspace, id);
  return found.kind === 'found' ? found.run.life : found.kind;
}

function takeOver() {
  const created = createRun({
    workspace,
    id,
    record: {},
    pidStart: ownIdentity().start,
    takesOver: true,
    redact: (text) => text,
    now: () => now,
  });
  if (created.kind === 'failed') throw new Error(created.message);
  return created.log;
}

/** Another process that has written the run down, and waits. */
async function starter() {
  const loader = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;
  const program = join(import.meta.dirname, 'starting-child.ts');
  const child = spawn(process.execPath, ['--import', loader, program, workspace, id], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  await once(child.stdout, 'data');
  return child;
}

describe('a run that is written down before its process', () => {
  it('is starting until its log has begun, and live from then on', async () => {
    note();
    expect(await life()).toBe('starting');
    expect(await liveRunIds(workspace)).toEqual([id]);
    const log = takeOver();
    expect(await life()).toBe('starting');
    log.append({ type: 'problem:seen', message: 'any event' });
    expect(await life()).toBe('live');
    log.close();
  });

  it('was never started when its starter was killed before there was a process', async () => {
    const child = await starter();
    expect(await life()).toBe('starting');
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(await life()).toBe('crashed');
    expect(await liveRunIds(workspace)).toEqual([]);
    expect((await listRuns(workspace))[0]?.summary.started_at).toBe('');
  });

  it('goes on when its starter is killed after it was handed over', async () => {
    const run = note();
    const child = spawn('sleep', ['60']);
    onTestFinished(() => void child.kill('SIGKILL'));
    run.handOver({ pid: child.pid ?? 0, start: 'not its start' });
    expect(await life()).toBe('crashed');
    run.handOver(ownIdentity());
    expect(await life()).toBe('starting');
  });

  it('is forgotten without a trace, unless its log has begun', async () => {
    await note().forget();
    expect(readdirSync(join(workspace, 'runs'))).toEqual([]);
    const run = note();
    const log = takeOver();
    await run.forget();
    expect(existsSync(log.folder)).toBe(true);
    log.close();
  });

  it('is not written over one that is there', () => {
    note();
    expect(noteStarting(workspace, { id, now })).toMatchObject({ kind: 'failed' });
  });
});

describe('taking a run over', () => {
  it('is for the process that the record names, once', async () => {
    note();
    expect(await whyNotOurs(workspace, id)).toBe(undefined);
    takeOver().close();
    expect(await whyNotOurs(workspace, id)).toContain('no run that waits for its process');
  });

  it('is refused where nothing is written down, and for a name that is no run', async () => {
    expect(await whyNotOurs(workspace, id)).toContain('no run that waits for its process');
    expect(await whyNotOurs(workspace, '../elsewhere')).toContain('no run that waits for its process');
  });

  it('is refused when whoever wrote it down was killed before naming this process', async () => {
    const child = await starter();
    const answer = whyNotOurs(workspace, id);
    child.kill('SIGKILL');
    expect(await answer).toContain('whoever started it is gone');
  });
});

describe('a folder that is half made', () => {
  it('is a run that never started, whatever is missing in it', async () => {
    const folder = join(workspace, 'runs', id);
    mkdirSync(folder, { recursive: true });
    expect(await life()).toBe('crashed');
    for (const name of ['run.yaml', 'events.jsonl', 'summary.json']) writeFileSync(join(folder, name), '');
    expect(await life()).toBe('crashed');
    expect((await listRuns(workspace)).map((run) => run.life)).toEqual(['crashed']);
  });
});
