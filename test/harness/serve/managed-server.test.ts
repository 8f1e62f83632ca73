import { fork } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { endLeftovers, findLeftovers } from '../../../src/harness/leftovers.ts';
import {
  openManagedServer,
  type ManagedServer,
  type ManagedServerOptions,
  type ServerEvent,
  type Way,
} from '../../../src/harness/serve/managed-server.ts';
import { ask, type OpencodeServer } from '../../../src/harness/serve/server.ts';
import { identityOf, isAlive } from '../../../src/system/process-identity.ts';
import { openProcessNotes, readProcessNotes } from '../../../src/system/process-notes.ts';

const password = 'correct-horse';
let folder: string;
let opened: ManagedServer[];
let events: ServerEvent[];
beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'oompa-serve-')));
  opened = [];
  events = [];
  const program = fileURLToPath(new URL('fake-serve.mjs', import.meta.url));
  writeFileSync(binary(), `#!/bin/sh\nexec '${process.execPath}' '${program}' "$@"\n`);
  chmodSync(binary(), 0o755);
});
afterEach(async () => {
  await Promise.all(opened.map((server) => server.close()));
  const left = starts().filter(({ pid }) => isAlive(pid, undefined));
  for (const { pid } of left) process.kill(pid, 'SIGKILL');
  expect(left).toEqual([]);
  rmSync(folder, { recursive: true, force: true });
});

describe('a managed server', () => {
  it('is started when it is first needed, once for all, with its password in nobody’s arguments', async () => {
    const managed = open();
    expect(starts()).toEqual([]);
    const ways = await Promise.all([1, 2, 3].map(() => managed.during(folder, async (way) => way)));
    const { server } = throughServer(ways[0]!);
    expect(ways).toEqual([1, 2, 3].map(() => ({ kind: 'server', server: { url: server.url, password } })));
    expect(starts()).toHaveLength(1);
    expect(starts()[0]!.args.join(' ')).toBe(`serve --hostname 127.0.0.1 --port ${new URL(server.url).port}`);
    expect(events).toEqual([{ kind: 'ready', url: server.url }]);
  });

  it('takes another port when somebody has taken its own meanwhile', async () => {
    const managed = open({ env: { FAKE_PORT_TAKEN: '1,2' } });
    expect((await managed.during(folder, async (way) => way)).kind).toBe('server');
    expect(starts()).toHaveLength(3);
    expect(events.map(({ kind }) => kind)).toEqual(['ready']);
  });

  it('is read without end, so that no pipe fills up', async () => {
    const managed = open();
    const reply = await managed.during(folder, (way) => askServer(way, '/fake/shout'));
    expect(reply).toMatchObject({ kind: 'reply', status: 200 });
  });

  it('is started again when it has ended, once; then all turns are direct', async () => {
    const managed = open();
    const first = await managed.during(folder, async (way) => way);
    await managed.during(folder, (way) => askServer(way, '/fake/die'));
    const second = await managed.during(folder, async (way) => way);
    expect(throughServer(second).server.url).not.toBe(throughServer(first).server.url);
    await managed.during(folder, (way) => askServer(way, '/fake/die'));
    const way = await managed.during(folder, async (each) => each);
    expect(way).toEqual({ kind: 'direct', why: expect.stringContaining('serve ended with exit code 7') as string });
    expect(await managed.during(folder, async (each) => each)).toEqual(way);
    expect(events.map(({ kind }) => kind)).toEqual(['ready', 'lost', 'ready', 'lost', 'gave-up']);
    expect(starts()).toHaveLength(2);
  });

  it('is replaced when it answers but is not well', async () => {
    const managed = open();
    await managed.during(folder, (way) => askServer(way, '/fake/fall-ill'));
    expect((await managed.during(folder, async (way) => way)).kind).toBe('server');
    expect(events).toMatchObject([
      { kind: 'ready' },
      { kind: 'lost', why: expect.stringContaining('(status 500)') as string },
      { kind: 'ready' },
    ]);
  });

  it('that hangs with a turn in it takes no other one, goes with that turn, and is started again, once', async () => {
    const managed = open({ answerMs: 3000 });
    await managed.during(folder, async (way) => {
      await askServer(way, '/fake/hang');
      const other = await managed.during(join(folder, 'other'), async (each) => each);
      expect(other).toEqual({ kind: 'direct', why: expect.stringContaining('nothing came within 3 s') as string });
      expect(isAlive(starts()[0]!.pid, undefined)).toBe(true);
    });
    // It could have come back and gone on in the folder, where the next turn is at work.
    expect(isAlive(starts()[0]!.pid, undefined)).toBe(false);
    await managed.during(folder, (way) => askServer(way, '/fake/hang'));
    expect(await managed.during(folder, async (way) => way)).toMatchObject({ kind: 'direct' });
    expect(events.map(({ kind }) => kind)).toEqual(['ready', 'lost', 'ready', 'lost', 'gave-up']);
    expect(events[1]).toMatchObject({ why: expect.stringContaining('nothing came within 3 s') as string });
    expect(starts().map(({ pid }) => isAlive(pid, undefined))).toEqual([false, false]);
  });

  it('that can’t be started leaves direct turns', async () => {
    const managed = open({ binary: join(folder, 'missing') });
    const way = await managed.during(folder, async (each) => each);
    expect(way).toMatchObject({ kind: 'direct', why: expect.stringContaining('could not be started') as string });
    expect(events.map(({ kind }) => kind)).toEqual(['lost', 'lost', 'gave-up']);
  });

  it('makes room for a new one after so many turns, and ends with the last turn in it', async () => {
    const managed = open({ recycleAfter: 2 });
    await managed.during(folder, async () => undefined);
    let finish: () => void = () => undefined;
    const held = new Promise<void>((resolve) => (finish = resolve));
    const second = managed.during(folder, async (way) => {
      await held;
      return askServer(way, '/global/health');
    });
    await managed.during(join(folder, 'other'), async (way) => expect(way.kind).toBe('server'));
    expect(starts().map(({ pid }) => isAlive(pid, undefined))).toEqual([true, true]);
    finish();
    expect(await second).toMatchObject({ status: 200 });
    expect(starts().map(({ pid }) => isAlive(pid, undefined))).toEqual([false, true]);
    expect(events.map(({ kind }) => kind)).toEqual(['ready', 'ready']);
  });
});

describe('nothing of it is left (P7)', () => {
  it('in the folder of a turn that is over, not even what was put into the background; elsewhere it lives on', async () => {
    const managed = open();
    const other = join(folder, 'other');
    mkdirSync(join(folder, 'one', 'deep'), { recursive: true });
    mkdirSync(other);
    await managed.during(other, async (way) => {
      const theirs = await tool(way, other);
      const ours = await managed.during(join(folder, 'one'), (same) => tool(same, join(folder, 'one', 'deep')));
      expect([isAlive(ours, undefined), isAlive(theirs, undefined)]).toEqual([false, true]);
    });
  });

  it('when it is closed: it does not heed the polite signal, and a tool works elsewhere', async () => {
    const elsewhere = realpathSync(mkdtempSync(join(tmpdir(), 'oompa-elsewhere-')));
    const managed = open({ env: { FAKE_STUBBORN: '1' } });
    const pid = await managed.during(folder, (way) => tool(way, elsewhere));
    expect(isAlive(pid, undefined)).toBe(true);
    await managed.close();
    expect([isAlive(pid, undefined), isAlive(starts()[0]!.pid, undefined)]).toEqual([false, false]);
    expect(await managed.during(folder, async (way) => way)).toMatchObject({ kind: 'direct' });
    expect(starts()).toHaveLength(1);
    rmSync(elsewhere, { recursive: true });
  });

  it('when it is closed before it is up', async () => {
    const managed = open({ env: { FAKE_MUTE: '1,2' } });
    const turn = managed.during(folder, async (way) => way);
    await expect.poll(() => starts().length).toBe(1);
    await managed.close();
    expect(await turn).toEqual({ kind: 'direct', why: 'oompa is being stopped' });
    expect(events).toEqual([]);
  });

  it('when it has ended by itself: its note goes with it', async () => {
    const managed = open({ note: openProcessNotes(folder, 'run-1').as('opencode serve') });
    await managed.during(folder, async (way) => {
      expect(await readProcessNotes(folder)).toMatchObject([
        { note: { pid: starts()[0]!.pid, what: 'opencode serve' } },
      ]);
      await askServer(way, '/fake/die');
    });
    await managed.close();
    expect(await readProcessNotes(folder)).toEqual([]);
  });

  it('after kill -9 of oompa and the next start', async () => {
    const program = fileURLToPath(new URL('owner.ts', import.meta.url));
    const owner = fork(program, [folder, binary()], { execArgv: ['--import', 'tsx'] });
    onTestFinished(() => void owner.kill('SIGKILL'));
    expect(await once(owner, 'message')).toEqual(['server', undefined]);
    const left = identityOf(starts()[0]!.pid)!;
    owner.kill('SIGKILL');
    await once(owner, 'exit');
    expect(isAlive(left.pid, left.start)).toBe(true);
    const found = await findLeftovers(folder, async () => false);
    expect(found.processes).toContainEqual({ run: 'run-1', pid: left.pid, what: 'opencode serve' });
    expect(await endLeftovers(found)).toEqual([]);
    expect(isAlive(left.pid, left.start)).toBe(false);
  });
});

function open({ env, ...more }: Partial<ManagedServerOptions> = {}): ManagedServer {
  const managed = openManagedServer({
    ...{ binary: binary(), cwd: folder, password, onEvent: (event) => events.push(event), ...more },
    env: { PATH: process.env['PATH'] ?? '', ...env },
  });
  opened.push(managed);
  return managed;
}

function binary(): string {
  return join(folder, 'opencode');
}

/** One for each start of the server. */
function starts(): { pid: number; args: string[] }[] {
  const file = join(folder, 'starts');
  if (!existsSync(file)) return [];
  const lines = readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line.endsWith('}'));
  return lines.map((line) => JSON.parse(line) as { pid: number; args: string[] });
}

function throughServer(way: Way): { readonly server: OpencodeServer } {
  if (way.kind === 'direct') throw new Error(`direct: ${way.why}`);
  return way;
}

function askServer(way: Way, path: string) {
  return ask(throughServer(way).server, { method: 'GET', path }, 20_000);
}

/** Makes the server's agent leave a process in that folder; its id. */
async function tool(way: Way, where: string): Promise<number> {
  const reply = await askServer(way, `/fake/tool?folder=${encodeURIComponent(where)}`);
  if (reply.kind === 'no-reply') throw new Error(reply.detail);
  const { pid } = JSON.parse(reply.body) as { pid: number };
  await expect.poll(() => isAlive(pid, undefined)).toBe(true);
  return pid;
}
