import { createServer } from 'node:net';
import type { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import type { Noter } from '../../system/process-notes.ts';
import { startAgentProcess, type AgentProcess, type ProcessExit } from '../agent-process.ts';
import { withoutColours } from '../failure-words.ts';
import { lineSplitter } from '../line-splitter.ts';
import { checkServer } from './health.ts';
import type { OpencodeServer } from './server.ts';

/** A server to start. */
export interface ServerOrder {
  readonly binary: string;
  /** Where it runs; agents work in the folders that their clients name. */
  readonly cwd: string;
  /** All that it may see, and all tools of its agents: permissions and state folders are the server's, never the client's. */
  readonly env: Readonly<Record<string, string>>;
  readonly password: string;
  /** Writes the process down for as long as anything of it is there. */
  readonly note?: Noter;
  /** Ends a start that is not through at once. */
  readonly signal: AbortSignal;
}

/** A server that was started and answers. */
export interface ServerProcess {
  readonly server: OpencodeServer;
  readonly pid: number;
  /** What all that it starts has as OOMPA_TURN in its environment. */
  readonly mark: string;
  /** When it is gone, with all that it had started: how it ended, in one line. */
  readonly ended: Promise<string>;
  /** Ends it and all that it has started, politely and then by force; resolves when that is done. */
  end(): Promise<void>;
}

/** What came of a start. `why` is one line. */
export type Started =
  { readonly kind: 'up'; readonly process: ServerProcess } | { readonly kind: 'failed'; readonly why: string };

/** Starts a server on a free port of 127.0.0.1 and waits until it answers. */
export async function startServer(order: ServerOrder): Promise<Started> {
  for (let tries = 1; ; tries += 1) {
    const started = await tryPort(order, await freePort());
    if (started.kind === 'up' || !isPortTaken(started.why) || tries === mostPorts) return started;
  }
}

/** A port that is free now can be taken before the server has it. */
const mostPorts = 3;
const startLimitMs = 60_000;
const healthLimitMs = 10_000;
const graceMs = 3000;

/** All that opencode 1.18.33 says of a port that is taken. */
function isPortTaken(why: string): boolean {
  return why.includes('ServeError');
}

async function tryPort(order: ServerOrder, port: number): Promise<Started> {
  const noted = { pid: 0, mark: '' };
  // Port 0 would be 4096 where that is free: the port of a server of the user's own, had it not been stopped just now.
  const args = ['serve', '--hostname', '127.0.0.1', '--port', String(port)];
  const agent = startAgentProcess(
    { binary: order.binary, args, stdin: '', env: {} },
    {
      cwd: order.cwd,
      env: { ...order.env, OPENCODE_SERVER_PASSWORD: order.password },
      note: (process) => {
        Object.assign(noted, process);
        return order.note?.(process) ?? (() => undefined);
      },
    },
  );
  const output = drain(agent);
  const ended = agent.exited.then(async (exit) => {
    await agent.end(graceMs);
    await agent.release(output.drained);
    return `${order.binary} serve ${ending(exit, output.lastLine())}`;
  });
  const end = async () => {
    await agent.end(graceMs);
    await ended;
  };
  const server = { url: `http://127.0.0.1:${String(port)}`, password: order.password };
  const settled = new AbortController();
  const stop = AbortSignal.any([order.signal, settled.signal]);
  const why = await Promise.race([ended, whenUp(server, output.listening, stop)]);
  settled.abort();
  if (why === undefined) return { kind: 'up', process: { server, ...noted, ended, end } };
  await end();
  return { kind: 'failed', why };
}

/** Why it did not come up; undefined when it did. */
async function whenUp(
  server: OpencodeServer,
  listening: Promise<void>,
  signal: AbortSignal,
): Promise<string | undefined> {
  const late = delay(startLimitMs, 'late', { signal }).catch(() => 'stopped');
  const first = await Promise.race([listening, late]);
  if (first === 'stopped') return 'oompa is being stopped';
  if (first === 'late') return `opencode serve did not come up within ${String(startLimitMs / 1000)} s`;
  const health = await checkServer(server, healthLimitMs);
  return health.kind === 'healthy' ? undefined : health.detail;
}

function ending({ exitCode, signal, spawnError }: ProcessExit, lastLine: string | undefined): string {
  if (spawnError !== undefined) return `could not be started: ${spawnError.message}`;
  const how = signal === undefined ? `ended with exit code ${String(exitCode)}` : `was ended by ${signal}`;
  return lastLine === undefined ? how : `${how}: ${lastLine}`;
}

interface Output {
  /** When the server says that it listens; never, when it does not come so far. */
  readonly listening: Promise<void>;
  readonly drained: Promise<unknown>;
  /** The last thing that it has said, but for where it listens. */
  lastLine(): string | undefined;
}

/** Reads on for ever: a server whose pipe is full stands still. */
function drain({ stdout, stderr }: AgentProcess): Output {
  let last: string | undefined;
  let heard: () => void = () => undefined;
  const listening = new Promise<void>((resolve) => {
    heard = resolve;
  });
  const take = (line: string) => {
    const text = withoutColours(line).trim();
    if (text.includes('server listening on')) heard();
    else if (text !== '') last = text;
  };
  return { listening, drained: Promise.all([readLines(stdout, take), readLines(stderr, take)]), lastLine: () => last };
}

async function readLines(stream: Readable, take: (line: string) => void): Promise<void> {
  const splitter = lineSplitter(longestLine);
  try {
    for await (const chunk of stream as AsyncIterable<Buffer>) splitter.push(chunk).forEach(take);
  } catch (error) {
    // It was closed while somebody still held its other end.
    if (!stream.destroyed) throw error;
  }
  splitter.end().forEach(take);
}

const longestLine = 4096;

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const holder = createServer();
    holder.once('error', reject);
    holder.listen(0, '127.0.0.1', () => {
      const address = holder.address();
      holder.close(() => {
        resolve(typeof address === 'object' && address !== null ? address.port : 0);
      });
    });
  });
}
