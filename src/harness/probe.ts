import { accessSync, constants, statSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import type { Readable } from 'node:stream';
import { startAgentProcess } from './agent-process.ts';
import { agentEnvironment } from './environment.ts';
import { withoutColours } from './failure-words.ts';
import type { Harness, HarnessSettings } from './harness.ts';

/** Whether a CLI is there. `ms` = how long it took to say its version. */
export type Probe =
  | { readonly kind: 'answers'; readonly version: string; readonly ms: number }
  | { readonly kind: 'missing' }
  | { readonly kind: 'broken'; readonly detail: string };

/** Where a CLI is looked for, and for how long it may take to answer. */
export interface ProbeOptions {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly limitMs: number;
}

/** Absolute path of the first executable file of that name on the PATH (or of the path itself); undefined when there is none. */
export function findBinary(name: string, path: string): string | undefined {
  const candidates = name.includes('/') ? [name] : path.split(delimiter).map((folder) => join(folder || '.', name));
  return candidates.find(isExecutable);
}

/** Asks a CLI for its version, within 20 s unless told otherwise. Costs no model call. */
export async function probeVersion(
  harness: Harness,
  settings: Pick<HarnessSettings, 'binary'> & { readonly env?: Readonly<Record<string, string>> },
  { env, limitMs }: ProbeOptions = { env: process.env, limitMs: 20_000 },
): Promise<Probe> {
  const seen = agentEnvironment(env, { configEnv: settings.env ?? {}, own: {} });
  const binary = findBinary(settings.binary ?? harness.binary, seen['PATH'] ?? '');
  if (binary === undefined) return { kind: 'missing' };
  const startedAt = performance.now();
  const { timedOut, exitCode, stdout, stderr } = await askCli({ binary, args: ['--version'], env: seen }, { limitMs });
  if (timedOut) return { kind: 'broken', detail: `${binary} --version did not answer within ${limitMs / 1000} s` };
  const [said] = linesOf(stdout);
  if (exitCode !== 0 || said === undefined) {
    const reason = linesOf(stderr).at(-1) ?? said ?? 'it says nothing';
    return { kind: 'broken', detail: `${binary} --version failed: ${reason}` };
  }
  const [version] = /\d+\.\d+\S*/.exec(said) ?? [said];
  return { kind: 'answers', version: version.slice(0, longestVersion), ms: performance.now() - startedAt };
}

/** Something to be asked of a CLI that sets it to no work. `env` is all that it sees; `cwd` is a folder of its own when left out. */
export interface Question {
  readonly binary: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd?: string;
}

/** What came of asking; `exitCode` is missing when a signal ended it, or when it could not be started. */
export interface Answer {
  readonly timedOut: boolean;
  readonly exitCode?: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** How long a CLI may take to answer, and how much of each stream is kept: 64 KB unless told otherwise. */
export interface Patience {
  readonly limitMs: number;
  readonly maxBytes?: number;
  /** Ends it at once. */
  readonly signal?: AbortSignal;
}

/** Runs a CLI until it has answered or its time is over, and ends all that it started. Leaves nothing. */
export async function askCli(question: Question, patience: Patience): Promise<Answer> {
  // Of its own: opencode 1.18 leaves some megabytes in the folder for temporary files at every start.
  const folder = await mkdtemp(join(tmpdir(), 'oompa-probe-'));
  try {
    return await askIn(folder, question, patience);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function askIn(
  folder: string,
  { binary, args, env, cwd = folder }: Question,
  { limitMs, maxBytes = 64 * 1024, signal }: Patience,
): Promise<Answer> {
  const agent = startAgentProcess({ binary, args, stdin: '', env: {} }, { cwd, env: { ...env, TMPDIR: folder } });
  const output = Promise.all([collect(agent.stdout, maxBytes), collect(agent.stderr, maxBytes)]);
  let timedOut = false;
  let ending = Promise.resolve();
  const end = (): void => {
    ending = agent.end(graceMs);
  };
  const timer = setTimeout(() => {
    timedOut = true;
    end();
  }, limitMs);
  signal?.addEventListener('abort', end, { once: true });
  if (signal?.aborted === true) end();
  const { exitCode } = await agent.exited;
  clearTimeout(timer);
  signal?.removeEventListener('abort', end);
  await ending;
  await agent.end(graceMs);
  await agent.release(output);
  const [stdout, stderr] = await output;
  return { timedOut, stdout, stderr, ...(exitCode === undefined ? {} : { exitCode }) };
}

const graceMs = 1000;

/** Characters of a version, and of any other line: what a CLI says is shown to people. */
const longestVersion = 40;
const longestLine = 300;

/** The beginning of a stream, as text. */
async function collect(stream: Readable, maxBytes: number): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      if (size < maxBytes) chunks.push(chunk);
      size += chunk.length;
    }
  } catch (error) {
    if (!stream.destroyed) throw error;
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** The lines of what a CLI said, without colours and blank lines; of very long ones the beginning. */
export function linesOf(text: string): string[] {
  return withoutColours(text)
    .split('\n')
    .map((line) => line.trim().slice(0, longestLine))
    .filter((line) => line !== '');
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
