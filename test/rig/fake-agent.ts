import { once } from 'node:events';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { createInterface } from 'node:readline';
import { opencodeAnswer, toolLine } from './opencode-lines.ts';

/** A private PATH with agent CLIs on it that do what the test says. */
export interface FakeAgents {
  /** The folder with the programs. */
  readonly binDir: string;
  /** What a process must have in its environment to start them: PATH, with the folder in front, and where to connect to. */
  readonly env: Readonly<Record<string, string>>;
  /** The next agent that has been started and has read its whole prompt, in order of arrival. */
  next(): Promise<FakeAgent>;
  /** Ends every agent and lingerer that is still there, and removes the folder. */
  close(): Promise<void>;
}

/** One agent process. Every order resolves when the process has carried it out. */
export interface FakeAgent {
  /** The program's name. */
  readonly name: string;
  readonly argv: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  readonly pid: number;
  /** The prompt, when it came by standard input. */
  readonly stdin: string;
  /** Prints a line on standard output. */
  say(line: string): Promise<void>;
  /** Writes text to standard error as it is. */
  stderr(text: string): Promise<void>;
  /** Writes bytes to standard output as they are. */
  write(bytes: Uint8Array): Promise<void>;
  /** Runs a shell command in the agent's folder and environment. */
  run(command: string): Promise<{ readonly code: number; readonly output: string }>;
  /** Starts a process that stays when the agent goes. */
  linger(options?: LingerOptions): Promise<Lingerer>;
  ignoreSigterm(): Promise<void>;
  /**
   * Says this as opencode does, as its final message, and exits 0. The session is the one to be resumed, or a new one. Before
   * that it shows the commands that it was told to run as tool calls, as opencode does, unless it `hides` them.
   */
  answer(message: string, how?: { readonly hides: true }): Promise<void>;
  exit(code: number): Promise<void>;
  /** Resolves when the process is gone, however it went. */
  readonly gone: Promise<void>;
}

/** How a process that is left behind clings to life. All are off when not given. */
export interface LingerOptions {
  /** It has a session and process group of its own, as the tools of opencode and claude have. */
  readonly ownSession?: boolean;
  /** It holds the agent's standard output open. */
  readonly holdsOutput?: boolean;
  /** It ignores SIGTERM. */
  readonly stubborn?: boolean;
  /** It has dropped the turn's mark from its environment. */
  readonly unmarked?: boolean;
}

/** A process that an agent has left behind. */
export interface Lingerer {
  readonly pid: number;
  /** Resolves when it is gone, however it went. */
  readonly gone: Promise<void>;
  /** Whether it is still there. */
  isAlive(): boolean;
}

/** Puts fake agents of these names on a private PATH and waits for them to connect. */
export async function startFakeAgents(
  names: readonly string[] = ['opencode', 'claude', 'codex', 'gemini', 'my-agent'],
): Promise<FakeAgents> {
  const folder = mkdtempSync(join(tmpdir(), 'oompa-agents-'));
  for (const name of names) writeProgram(folder, name);
  const arrived = waitingLine<FakeAgent>();
  const lingerers = new Map<string, (lingerer: Lingerer) => void>();
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket)).on('error', () => undefined);
    welcome(socket, arrived.put, lingerers);
  });
  const address = join(folder, 'socket');
  server.listen(address);
  await once(server, 'listening');

  return {
    binDir: folder,
    env: {
      PATH: `${folder}${delimiter}${process.env['PATH'] ?? ''}`,
      OOMPA_FAKE_AGENTS: address,
      // Runs of tests that know nothing of each other do not wait for each other's checks.
      OOMPA_VERIFY_PLACE: 'yes',
    },
    next: () => arrived.take(),
    close: async () => {
      arrived.close();
      const closed = once(server, 'close');
      server.close();
      for (const socket of sockets) socket.destroy();
      await closed;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

const child = join(import.meta.dirname, 'fake-agent-child.mjs');

function writeProgram(folder: string, name: string): void {
  const program = join(folder, name);
  writeFileSync(program, `#!/bin/sh\nexec "${process.execPath}" "${child}" agent "${name}" "$@"\n`);
  chmodSync(program, 0o755);
}

interface Hello {
  readonly kind: 'agent';
  readonly name: string;
  readonly argv: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  readonly pid: number;
  readonly stdin: string;
}

type Message =
  | Hello
  | { readonly kind: 'lingerer'; readonly key: string; readonly pid: number }
  | { readonly kind: 'done'; readonly id: number; readonly result: unknown };

function welcome(
  socket: Socket,
  agentArrived: (agent: FakeAgent) => void,
  lingerers: Map<string, (lingerer: Lingerer) => void>,
): void {
  const pending = new Map<number, (result: unknown) => void>();
  const gone = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  const lines = createInterface({ input: socket });
  // A killed process resets the connection, which readline tells of too.
  lines.on('error', () => undefined);
  lines.on('line', (line) => {
    const message = JSON.parse(line) as Message;
    switch (message.kind) {
      case 'agent':
        agentArrived(agentOf(message, { gone, order, lingerers }));
        return;
      case 'lingerer':
        lingerers.get(message.key)?.({ pid: message.pid, gone, isAlive: () => !socket.destroyed });
        return;
      case 'done':
        pending.get(message.id)?.(message.result);
    }
  });

  function order(what: Readonly<Record<string, unknown>>): Promise<unknown> {
    const id = nextId();
    const done = new Promise<unknown>((resolve) => pending.set(id, resolve));
    socket.write(`${JSON.stringify({ id, order: what })}\n`);
    // An order that ends the process is carried out when it is gone.
    return Promise.race([done, gone]);
  }
}

interface Line {
  readonly gone: Promise<void>;
  readonly lingerers: Map<string, (lingerer: Lingerer) => void>;
  readonly order: (what: Readonly<Record<string, unknown>>) => Promise<unknown>;
}

function agentOf(hello: Hello, { gone, order, lingerers }: Line): FakeAgent {
  const commands: string[] = [];
  const print = async (stream: 'stdout' | 'stderr', bytes: Uint8Array): Promise<void> => {
    await order({ kind: 'print', stream, base64: Buffer.from(bytes).toString('base64') });
  };
  const say = (line: string) => print('stdout', Buffer.from(`${line}\n`));
  const exit = async (code: number): Promise<void> => {
    await order({ kind: 'exit', code });
    await gone;
  };
  return {
    ...{ name: hello.name, argv: hello.argv, cwd: hello.cwd, env: hello.env, pid: hello.pid, stdin: hello.stdin, gone },
    say,
    exit,
    stderr: (text) => print('stderr', Buffer.from(text)),
    write: (bytes) => print('stdout', bytes),
    run: async (command) => {
      commands.push(command);
      return (await order({ kind: 'run', command })) as { code: number; output: string };
    },
    linger: async (options = {}) => {
      const key = String(nextId());
      const arrived = new Promise<Lingerer>((resolve) => lingerers.set(key, resolve));
      await order({ kind: 'linger', key, ...options });
      return arrived;
    },
    ignoreSigterm: async () => {
      await order({ kind: 'ignore-sigterm' });
    },
    answer: async (message, how) => {
      const resumed = hello.argv[hello.argv.indexOf('-s') + 1];
      const session = hello.argv.includes('-s') && resumed !== undefined ? resumed : `ses_${String(hello.pid)}`;
      const tools = how === undefined ? commands.map((command) => toolLine(session, command)) : [];
      for (const line of [...tools, ...opencodeAnswer(session, message)]) await say(line);
      await exit(0);
    },
  };
}

let lastId = 0;

function nextId(): number {
  return ++lastId;
}

interface WaitingLine<Item> {
  readonly put: (item: Item) => void;
  take(): Promise<Item>;
  close(): void;
}

/** Whoever comes first waits: an agent for the test, or the test for an agent. */
function waitingLine<Item>(): WaitingLine<Item> {
  const items: Item[] = [];
  const takers: { readonly resolve: (item: Item) => void; readonly reject: (error: Error) => void }[] = [];
  return {
    put: (item) => {
      const taker = takers.shift();
      if (taker === undefined) items.push(item);
      else taker.resolve(item);
    },
    take: () => {
      const item = items.shift();
      return item === undefined
        ? new Promise((resolve, reject) => takers.push({ resolve, reject }))
        : Promise.resolve(item);
    },
    close: () => {
      for (const { reject } of takers) reject(new Error('no agent came before the fake agents were closed'));
    },
  };
}
