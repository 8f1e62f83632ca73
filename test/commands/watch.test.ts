import { appendFileSync, mkdirSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { stringify } from 'yaml';
import { watch } from '../../src/commands/watch.ts';
import { ownIdentity } from '../../src/system/process-identity.ts';
import { exampleRun, exampleUntil } from '../rig/example-run.ts';
import { recordRun } from './recorded-run.ts';
import { temporaryRepository, testIo } from './temporary.ts';

const id = '20261120T140159-k3f9';

/** An `Io` whose user can press Ctrl-C. */
function watcher(cwd: string) {
  const { io, printed } = testIo(cwd);
  const stops: (() => void)[] = [];
  const stoppable = { ...io, onStop: (stop: (how: 'polite') => void) => void stops.push(() => stop('polite')) };
  return { io: stoppable, printed, leave: () => stops.forEach((stop) => stop()) };
}

describe('oompa watch on a pipe', () => {
  it('tells a run that is over from its first event on, with its summary', async () => {
    const workspace = temporaryRepository();
    recordRun(workspace, { id, events: exampleRun, owner: 'gone' });
    const { io, printed } = testIo(workspace);
    expect(await watch({}, io)).toBe(0);
    expect(printed.stdout).toContain(`run     ${id}: 4 workers, 12 tasks pending`);
    expect(printed.stdout).toMatch(/land {4}builders-1 add-login: 9f2e1ac\n/);
    expect(printed.stdout).toContain(`\nrun ${id}  1 of 5 tasks failed`);
  });

  it('tells a run that was cut off to where its log goes', async () => {
    const workspace = temporaryRepository();
    recordRun(workspace, { id, events: exampleUntil(150), owner: 'gone' });
    const { io, printed } = testIo(workspace);
    expect(await watch({ run: 'k3f9' }, io)).toBe(0);
    expect(printed.stdout).toContain(`\nrun ${id}  cut off, `);
  });

  it('gives every event as it is with --json', async () => {
    const workspace = temporaryRepository();
    recordRun(workspace, { id, events: exampleRun, owner: 'gone' });
    const { io, printed } = testIo(workspace);
    expect(await watch({ json: true }, io)).toBe(0);
    expect(printed.stdout).toBe(readFileSync(join(workspace, 'runs', id, 'events.jsonl'), 'utf8'));
  });

  it('follows the live run rather than a newer one that is over, until that ends', async () => {
    const workspace = temporaryRepository();
    recordRun(workspace, { id, events: exampleUntil(150), owner: 'this' });
    recordRun(workspace, { id: '20261121T090000-over', events: exampleRun, owner: 'gone' });
    const { io, printed } = testIo(workspace);
    const ended = watch({}, io);
    await vi.waitFor(() => expect(printed.stdout).toContain('land    builders-1 add-login'), { timeout: 60_000 });
    const rest = exampleRun.slice(exampleUntil(150).length).map((event) => `${JSON.stringify(event)}\n`);
    appendFileSync(join(workspace, 'runs', id, 'events.jsonl'), rest.join(''));
    expect(await ended).toBe(0);
    expect(printed.stdout).toContain('1 of 5 tasks failed');
  });

  it('waits for a run that has written nothing yet, and touches nothing of it when it is left', async () => {
    const workspace = temporaryRepository();
    const folder = join(workspace, 'runs', id);
    mkdirSync(folder, { recursive: true });
    const { pid, start } = ownIdentity();
    writeFileSync(join(folder, 'run.yaml'), stringify({ run: id, pid, pid_start: start, host: hostname() }));
    const before = statSync(join(folder, 'run.yaml')).mtimeMs;
    const { io, printed, leave } = watcher(workspace);
    const ended = watch({}, io);
    writeFileSync(join(folder, 'events.jsonl'), `${JSON.stringify(exampleRun[0])}\n`);
    await vi.waitFor(() => expect(printed.stdout).toContain('4 workers'), { timeout: 60_000 });
    leave();
    expect(await ended).toBe(0);
    expect(printed.stdout).not.toContain('cut off');
    expect(readdirSync(folder).sort()).toEqual(['events.jsonl', 'run.yaml']);
    expect(statSync(join(folder, 'run.yaml')).mtimeMs).toBe(before);
  });

  it('does not call a run cut off whose folder was removed under it', async () => {
    const workspace = temporaryRepository();
    recordRun(workspace, { id, events: exampleUntil(150), owner: 'this' });
    const { io, printed } = testIo(workspace);
    const ended = watch({}, io);
    await vi.waitFor(() => expect(printed.stdout).toContain('land    builders-1 add-login'), { timeout: 60_000 });
    rmSync(join(workspace, 'runs', id), { recursive: true });
    expect(await ended).toBe(1);
    expect(printed.stdout).not.toContain('cut off');
    expect(printed.stderr).toBe(
      `runs/${id} was removed; what became of the run can't be seen any more. See what is at work: oompa status\n`,
    );
  });

  it('says what to type where there is no such run', async () => {
    const workspace = temporaryRepository();
    const { io, printed } = testIo(workspace);
    expect(await watch({}, io)).toBe(2);
    expect(printed.stderr).toBe('No run yet. Start one with: oompa swarm\n');
    recordRun(workspace, { id, events: exampleRun, owner: 'gone' });
    const other = testIo(workspace);
    expect(await watch({ run: 'nope' }, other.io)).toBe(2);
    expect(other.printed.stderr).toBe('There is no run nope. See them all with: oompa runs list\n');
  });
});
