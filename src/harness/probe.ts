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
  const { timedOut, exitCode, stdout, stderr } = await ask(binary, seen, limitMs);
  if (timedOut) return { kind: 'broken', detail: `${binary} --version did not answer within ${limitMs / 1000} s` };
  const [said] = lines(stdout);
  if (exitCode !== 0 || said === undefined) {
    const reason = lines(stderr).at(-1) ?? said ?? 'it says nothing';
    return { kind: 'broken', detail: `${binary} --version failed: ${reason}` };
  }
  const [version] = /\d+\.\d+\S*/.exec(said) ?? [said];
  return { kind: 'answers', version, ms: performance.now() - startedAt };
}

interface Answer {
  readonly timedOut: boolean;
  readonly exitCode?: number;
  readonly stdout: string;
  readonly stderr: string;
}

async function ask(binary: string, env: Readonly<Record<string, string>>, limitMs: number): Promise<Answer> {
  // Of its own: opencode 1.18 leaves some megabytes in the folder for temporary files at every start.
  const folder = await mkdtemp(join(tmpdir(), 'oompa-probe-'));
  try {
    return await askIn(folder, binary, { ...env, TMPDIR: folder }, limitMs);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function askIn(
  folder: string,
  binary: string,
  env: Readonly<Record<string, string>>,
  limitMs: number,
): Promise<Answer> {
  const agent = startAgentProcess({ binary, args: ['--version'], stdin: '', env: {} }, { cwd: folder, env });
  const output = Promise.all([collect(agent.stdout), collect(agent.stderr)]);
  let timedOut = false;
  let ending = Promise.resolve();
  const timer = setTimeout(() => {
    timedOut = true;
    ending = agent.end(graceMs);
  }, limitMs);
  const { exitCode } = await agent.exited;
  clearTimeout(timer);
  await ending;
  await agent.end(graceMs);
  await agent.release(output);
  const [stdout, stderr] = await output;
  return { timedOut, stdout, stderr, ...(exitCode === undefined ? {} : { exitCode }) };
}

const graceMs = 1000;

/** The first 64 KB of a stream, as text. */
async function collect(stream: Readable): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      if (size < 64 * 1024) chunks.push(chunk);
      size += chunk.length;
    }
  } catch (error) {
    if (!stream.destroyed) throw error;
  }
  return Buffer.concat(chunks).toString('utf8');
}

function lines(text: string): string[] {
  return withoutColours(text)
    .split('\n')
    .map((line) => line.trim())
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
