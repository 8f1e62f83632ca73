import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { opencodeFor, type ScriptedCli } from '../../../src/demo/model-server/opencode.ts';
import type { ModelReply, ModelRequest } from '../../../src/demo/model-server/script.ts';
import { startModelServer } from '../../../src/demo/model-server/server.ts';
import { opencode } from '../../../src/harness/opencode.ts';
import { runAgent, type AgentJob } from '../../../src/harness/run-agent.ts';
import { checkServer } from '../../../src/harness/serve/health.ts';
import { openManagedServer, type ManagedServer, type ServerEvent } from '../../../src/harness/serve/managed-server.ts';
import { clientEnvironment, type OpencodeServer } from '../../../src/harness/serve/server.ts';
import type { Turn } from '../../../src/harness/turn.ts';
import { isAlive } from '../../../src/system/process-identity.ts';
import { describeWithCli } from '../../rig/clis.ts';
import { repository } from '../../rig/repository.ts';

/*
 * The real opencode (1.18.33), one server, many worktrees. Each of these facts is one that oompa builds on; a version that
 * changes one fails here.
 */
const timeout = 300_000;
const patience = { timeout: 120_000 };

describeWithCli('opencode', 'turns through a managed opencode', (program) => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await open(program);
  }, timeout);
  afterAll(() => stage.close(), timeout);

  test(
    'work in their own worktrees, several at once in one server, and resume their sessions',
    { timeout },
    async () => {
      const folders = [await stage.worktree('a'), await stage.worktree('b'), await stage.worktree('c')];
      const turns = await Promise.all(folders.map((cwd) => stage.turn({ cwd, prompt: 'WRITE' })));
      expect(turns.map(({ ending }) => ending)).toEqual(
        folders.map(() => ({ kind: 'answered', message: 'All is well.' })),
      );
      expect(folders.map((cwd) => readFileSync(join(cwd, 'pwd.txt'), 'utf8').trim())).toEqual(folders);
      expect(new Set(turns.map(({ session }) => session?.id)).size).toBe(3);
      const again = await stage.turn({ cwd: folders[0]!, prompt: 'And now?', session: turns[0]!.session! });
      expect(again).toMatchObject({ ending: { kind: 'answered' }, session: { id: turns[0]!.session!.id } });
      expect(stage.requests.at(-1)!.turns).toBe(2);
      expect(stage.events.filter(({ kind }) => kind !== 'ready')).toEqual([]);
    },
  );

  test(
    'survive the server: what comes of its death is a failure, and the session goes on in the next one',
    { timeout },
    async () => {
      const own = await open(program);
      onTestFinished(() => own.close());
      const cwd = await own.worktree('d');
      const first = await own.turn({ cwd, prompt: 'Hello.' });
      const broken = own.turn({ cwd, prompt: 'SLEEP', session: first.session! });
      const { tool, server } = await toolIn(cwd);
      process.kill(server, 'SIGKILL');
      expect((await broken).ending).toMatchObject({ kind: 'failed' });
      expect(isAlive(tool, undefined)).toBe(false);
      const next = await own.turn({ cwd, prompt: 'Once more.', session: first.session! });
      expect(next).toMatchObject({ ending: { kind: 'answered' }, session: { id: first.session!.id } });
      expect(own.events.map(({ kind }) => kind)).toEqual(['ready', 'lost', 'ready']);
    },
  );

  test(
    'leave nothing behind when oompa ends them: the command is stopped, and the session is free',
    { timeout },
    async () => {
      const cwd = await stage.worktree('e');
      const stop = new AbortController();
      const turn = stage.turn({ cwd, prompt: 'SLEEP' }, { signal: stop.signal });
      const { tool } = await toolIn(cwd);
      await expect.poll(() => stage.said(cwd), patience).toContain('step_start');
      stop.abort();
      const { ending, session } = await turn;
      expect(ending).toMatchObject({ kind: 'failed', failure: { kind: 'stopped' } });
      expect(isAlive(tool, undefined)).toBe(false);
      const next = await stage.turn({ cwd, prompt: 'Go on.', session: session! });
      expect(next).toMatchObject({ ending: { kind: 'answered' }, session: { id: session!.id } });
    },
  );

  test('end also what their commands have put into the background', { timeout }, async () => {
    const cwd = await stage.worktree('f');
    const { ending } = await stage.turn({ cwd, prompt: 'BACKGROUND' });
    expect(ending).toMatchObject({ kind: 'answered' });
    expect(isAlive(Number(readFileSync(join(cwd, 'pid'), 'utf8')), undefined)).toBe(false);
  });

  test('may do what the server’s permissions say, not what their own say', { timeout }, async () => {
    const env = { OPENCODE_PERMISSION: '{"external_directory":"allow"}' };
    const { ending } = await stage.turn({ cwd: await stage.worktree('g'), prompt: 'OUTSIDE' }, { env });
    expect(ending).toMatchObject({ kind: 'answered' });
    expect(stage.requests.at(-1)!.messages.at(-1)!.text).toContain('The user has specified a rule which prevents you');
  });

  test('fail by what the CLI says, though it exits 0', { timeout }, async () => {
    const cwd = await stage.worktree('h');
    expect(await stage.turn({ cwd, prompt: 'UNAUTHORISED' })).toMatchObject({
      ending: { kind: 'failed', failure: { kind: 'auth', detail: 'scripted failure 401' } },
      exitCode: 0,
    });
    expect(await stage.turn({ cwd, prompt: 'EMPTY' })).toMatchObject({
      ending: { kind: 'failed', failure: { kind: 'no-final-message' } },
      exitCode: 0,
    });
  });

  test('need the password: without it, the server is not there', { timeout }, async () => {
    const cwd = await stage.worktree('i');
    const health = await stage.managed.during(cwd, async (way) => {
      if (way.kind === 'direct') throw new Error(way.why);
      return Promise.all([way.server, { url: way.server.url }].map((server) => checkServer(server, 20_000)));
    });
    expect(health).toMatchObject([
      { kind: 'healthy', version: expect.stringMatching(/^\d+\./) as string },
      { kind: 'refused' },
    ]);
    const env = { OPENCODE_SERVER_PASSWORD: 'wrong' };
    expect((await stage.turn({ cwd, prompt: 'Hello.' }, { env })).ending).toMatchObject({
      kind: 'failed',
      failure: { kind: 'attach-unreachable' },
    });
  });
});

interface Stage {
  readonly managed: ManagedServer;
  readonly events: readonly ServerEvent[];
  readonly requests: readonly ModelRequest[];
  /** What the last turn in a worktree has printed so far. */
  said(cwd: string): string;
  /** A new worktree of one repository; its absolute path. */
  worktree(name: string): Promise<string>;
  close(): Promise<void>;
  turn(request: Partial<AgentJob['request']> & { readonly cwd: string }, more?: Partial<AgentJob>): Promise<Turn>;
}

async function open(program: string): Promise<Stage> {
  const repo = await repository();
  const folder = join(repo.path, '.oompa');
  const model = await startModelServer({ script });
  const ready = await opencodeFor(model, join(folder, 'state'));
  const env = { PATH: process.env['PATH'] ?? '', ...ready.env };
  const events: ServerEvent[] = [];
  const place = join(folder, 'server');
  mkdirSync(place, { recursive: true });
  const managed = openManagedServer({
    ...{ binary: program, cwd: place, password: 'correct-horse', onEvent: (event) => events.push(event) },
    env: { ...env, OPENCODE_PERMISSION: '{"external_directory":"deny"}' },
  });
  return {
    ...{ managed, events, requests: model.requests },
    close: async () => {
      await managed.close();
      await model.close();
      await repo.remove();
    },
    said: (cwd) => readFileSync(`${cwd}.stdout`, 'utf8'),
    worktree: async (name) => {
      await repo.git('worktree', 'add', '-q', '-b', name, join(folder, name));
      return join(folder, name);
    },
    turn: (request, more) =>
      managed.during(request.cwd, async (way) => {
        if (way.kind === 'direct') throw new Error(way.why);
        return runAgent(job({ program, ready, env, server: way.server }, request, more));
      }),
  };
}

interface Setting {
  readonly program: string;
  readonly ready: ScriptedCli;
  readonly env: Readonly<Record<string, string>>;
  readonly server: OpencodeServer;
}

function job(
  { program, ready, env, server }: Setting,
  request: Partial<AgentJob['request']> & { readonly cwd: string },
  { env: own, ...more }: Partial<AgentJob> = {},
): AgentJob {
  return {
    harness: opencode,
    request: {
      ...{ prompt: '', model: ready.model, newSessionId: '', root: false, promptFile: '' },
      settings: { binary: program, attach: server.url },
      ...request,
    },
    limits: { timeoutMs: 120_000, silenceMs: 120_000, outputBytes: 10_000_000 },
    env: { ...env, ...clientEnvironment(server, env), ...own },
    transcript: { stdout: `${request.cwd}.stdout`, stderr: `${request.cwd}.stderr` },
    signal: new AbortController().signal,
    redact: (text) => text,
    ...more,
  };
}

function script({ prompt, replies }: ModelRequest): ModelReply {
  if (prompt.includes('UNAUTHORISED')) return { kind: 'status', status: 401 };
  if (prompt.includes('EMPTY')) return { kind: 'empty' };
  const command = Object.entries(commands).find(([word]) => prompt.includes(word))?.[1];
  if (command === undefined || replies > 0) return { kind: 'say', text: 'All is well.' };
  return { kind: 'use', tool: { kind: 'bash', command } };
}

const commands: Readonly<Record<string, string>> = {
  WRITE: 'pwd > pwd.txt',
  SLEEP: 'echo $$ $OPENCODE_PID > pid.part; mv pid.part pid; exec sleep 600',
  BACKGROUND: 'setsid sleep 600 >/dev/null 2>&1 & echo $! > pid',
  OUTSIDE: 'cat /etc/hostname',
};

/** The command that sleeps in a worktree, once it does, and the server that has started it. */
async function toolIn(cwd: string): Promise<{ readonly tool: number; readonly server: number }> {
  await expect.poll(() => existsSync(join(cwd, 'pid')), patience).toBe(true);
  const [tool, server] = readFileSync(join(cwd, 'pid'), 'utf8').split(' ').map(Number);
  return { tool: tool!, server: server! };
}
