import { randomUUID } from 'node:crypto';
import { mkdir, mkdtemp, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { opencodeFor, warmOpencode, type ScriptedCli } from '../../src/demo/model-server/opencode.ts';
import { startModelServer, type ModelServer } from '../../src/demo/model-server/server.ts';
import { agentEnvironment } from '../../src/harness/environment.ts';
import type { Session } from '../../src/harness/harness.ts';
import { findHarness } from '../../src/harness/registry.ts';
import { runAgent } from '../../src/harness/run-agent.ts';
import type { Turn } from '../../src/harness/turn.ts';
import { endProcesses, findProcesses } from '../../src/system/reap.ts';
import { keepChanging } from '../rig/keep-changing.ts';
import { allRoutes } from '../rig/model-servers/all.ts';
import { claudeFor, codexFor, geminiFor } from '../rig/model-servers/clis.ts';
import type { CliName } from '../rig/pinned-clis.ts';
import type { Case } from './cases.ts';

/** A CLI that is installed. */
export interface Cli {
  readonly name: CliName;
  /** Absolute path. */
  readonly program: string;
}

/** A CLI that talks to a scripted model, with all that it writes in one folder. */
export interface Stage {
  readonly folder: string;
  readonly server: ModelServer;
  /** Runs one turn by way of oompa's own adapter. */
  turn(order: TurnOrder): Promise<StagedTurn>;
  /** What is still there of the processes of all turns. */
  leftovers(): Promise<readonly number[]>;
  close(): Promise<void>;
}

export interface TurnOrder {
  /** A folder below that of the stage, for the agent to work in. */
  readonly place: string;
  readonly prompt: string;
  readonly session?: Session;
  /** Milliseconds. */
  readonly timeoutMs: number;
  /** Milliseconds; they begin when the model is asked, however long the CLI takes to start. */
  readonly silenceMs: number;
  /** Is told the process id of the CLI as it starts. */
  readonly onStart?: (pid: number) => void;
}

/** A turn, and what the CLI printed. */
export interface StagedTurn extends Turn {
  readonly stdout: string;
  readonly stderr: string;
}

const prepare: Readonly<Record<CliName, (server: ModelServer, folder: string) => Promise<ScriptedCli>>> = {
  opencode: (server, folder) => opencodeFor(server, folder),
  claude: (server, folder) => claudeFor(server, folder),
  codex: (server, folder) => codexFor(server, folder),
  gemini: (server, folder) => geminiFor(server, folder),
};

/** Sets a CLI up for a case. `signal` ends its turns at once. */
export async function openStage(
  { name, program }: Cli,
  { script, setting, model, atOnce }: Case,
  signal: AbortSignal,
): Promise<Stage> {
  const harness = findHarness(name, {})!;
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'oompa-conformance-')));
  const state = join(folder, 'state');
  const starting = new Set<{ end(): void }>();
  const started = () => starting.forEach((each) => each.end());
  const server = await startModelServer({ script, routes: allRoutes, onRequest: started });
  const cli = await prepare[name](server, state);
  for (const [path, text] of Object.entries(setting?.files ?? {})) await put(join(state, path), text);
  if (atOnce !== undefined && name === 'opencode') await warmOpencode(program, cli);
  const run = `conformance-${randomUUID()}`;
  const processes = { leaderAlive: false, marker: `OOMPA_RUN=${run}`, graceMs: 1000 };
  // Of the surroundings nothing but the PATH: no key, proxy or setting of whoever runs this.
  const env = agentEnvironment(
    { PATH: process.env['PATH'] },
    { configEnv: { ...cli.env, ...setting?.env }, own: { OOMPA_RUN: run } },
  );
  return {
    folder,
    server,
    turn: async ({ place, prompt, session, timeoutMs, silenceMs, onStart }) => {
      const cwd = join(folder, place);
      const id = randomUUID();
      const transcript = { stdout: join(folder, `${id}.stdout`), stderr: join(folder, `${id}.stderr`) };
      await mkdir(cwd, { recursive: true });
      starting.add(keepChanging(cwd));
      const turn = await runAgent({
        harness,
        request: {
          ...{ prompt, cwd, model: model ?? cli.model, newSessionId: id, root: process.getuid?.() === 0 },
          settings: { binary: program, args: [...cli.args, ...(setting?.args ?? [])] },
          promptFile: join(folder, `${id}.md`),
          ...(session === undefined ? {} : { session }),
        },
        limits: { timeoutMs, silenceMs, outputBytes: 100_000_000 },
        ...{ env, transcript, signal, redact: (text: string) => text },
        note: ({ pid }) => {
          onStart?.(pid);
          return () => undefined;
        },
      }).finally(started);
      const [stdout, stderr] = await Promise.all([printed(transcript.stdout), printed(transcript.stderr)]);
      return { ...turn, stdout, stderr };
    },
    leftovers: async () => (await findProcesses(processes)).map(({ pid }) => pid),
    close: async () => {
      await endProcesses(() => processes);
      await server.close();
      await rm(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 });
    },
  };
}

/** '' for a turn that was stopped before it started. */
function printed(transcript: string): Promise<string> {
  return readFile(transcript, 'utf8').catch(() => '');
}

async function put(path: string, text: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, text);
}
