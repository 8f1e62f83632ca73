import { existsSync } from 'node:fs';
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { until } from '../chaos/patience.ts';
import { startCli } from '../rig/cli.ts';
import type { CliProcess } from '../rig/cli.ts';
import type { Server } from './checker-calls.ts';
import type { Handles } from './handles.ts';
import { handlesOf } from './handles.ts';
import type { Call, RunLog } from './logs.ts';
import { readCalls, readRuns, textIn } from './logs.ts';
import { gates } from './plan.ts';
import type { AttachServer } from './attach-server.ts';
import type { Stage } from './stage.ts';
import { patientConfig } from './stage.ts';

/** All that a soak has left, for the checker. */
export interface Performance {
  readonly calls: readonly Call[];
  readonly run: RunLog;
  readonly server: Server;
  readonly code: number;
  readonly stderr: string;
  /** It did not end within `boundMs`. */
  readonly hung: boolean;
  /** The handles of oompa at each gate that it came to. */
  readonly handles: readonly Handles[];
  /** What is left in the folder for temporary files. */
  readonly leftInTmp: readonly string[];
}

/** Much longer than the largest soak takes. */
const boundMs = 20 * 60_000;

/** How a run is to go. */
export interface Act {
  /** The server that all turns of opencode go through; directly when left out. */
  readonly attached?: AttachServer;
  /** It has a patient config, and is stopped once so many agents are at work. */
  readonly stopAt?: number;
}

/** Runs a swarm to its end, with a login that is renewed once, and a look at its handles when it has one agent at work only. */
export async function performRun(stage: Stage, { attached, stopAt }: Act = {}): Promise<Performance> {
  const env = attached === undefined ? stage.env : { ...stage.env, OOMPA_OPENCODE_ATTACH: attached.url };
  const config = stopAt === undefined ? [] : [patientConfig];
  const swarm = startCli(stage.workspace.root, ['swarm', ...config, '--json'], env);
  const server = attached === undefined ? 'none' : attached.down ? 'down' : 'up';
  const bound = { hung: false };
  const kill = () => swarm.kill('SIGKILL');
  const timer = setTimeout(() => {
    bound.hung = true;
    kill();
  }, boundMs);
  process.once('exit', kill);
  const handles: Handles[] = [];
  const [{ code, stderr }] = await Promise.all([
    swarm.ended,
    renewLogin(stage, swarm),
    passGates(stage, swarm, handles),
    stopAt === undefined ? undefined : stopOnce(stage, swarm, stopAt),
  ]);
  process.off('exit', kill);
  clearTimeout(timer);
  const [calls, runs] = await Promise.all([readCalls(stage.workspace), readRuns(stage.workspace)]);
  const run = runs.at(-1) ?? { id: 'none', events: [], earlier: [], summary: undefined };
  return {
    ...{ run, server, code, stderr, handles, hung: bound.hung },
    calls: calls.filter((call) => call.run === run.id),
    leftInTmp: (await readdir(stage.tmp)).filter((name) => !name.startsWith('tsx-')),
  };
}

/** Once oompa knows that the login was refused: as a user would do it. */
async function renewLogin(stage: Stage, { ended }: CliProcess): Promise<void> {
  const { workspace } = stage;
  if (!(await until(() => existsSync(join(workspace.notes, 'refused')), ended))) return;
  const isKnown = async () =>
    (await readRuns(workspace))
      .flatMap(({ events }) => events)
      .some((event) => event.type === 'agent:limited' && textIn(event, 'why').includes('auth'));
  if (await until(isKnown, ended)) await stage.renewLogin();
}

/** The agents of these tasks wait to be let go; nobody else works then. */
async function passGates({ workspace }: Stage, { pid, ended }: CliProcess, handles: Handles[]): Promise<void> {
  const closed = gates.filter((gate) => !existsSync(join(workspace.notes, `${gate}.goes`)));
  for (const gate of closed) {
    if (!(await until(() => existsSync(join(workspace.notes, `${gate}.waits`)), ended))) return;
    await until(async () => workingIn((await readRuns(workspace)).at(-1)) === 1, ended);
    handles.push(await handlesOf(pid));
    await writeFile(join(workspace.notes, `${gate}.goes`), '');
  }
}

/** As somebody does who presses Ctrl-C twice. */
async function stopOnce({ workspace }: Stage, swarm: CliProcess, working: number): Promise<void> {
  const begun = async () => (await readCalls(workspace)).filter(({ fate }) => fate === 'stopped').length;
  if (!(await until(async () => (await begun()) >= working, swarm.ended))) return;
  swarm.kill('SIGINT');
  const isDraining = async () => (await readRuns(workspace)).at(-1)?.events.some(({ type }) => type === 'run:draining');
  await until(async () => (await isDraining()) === true, swarm.ended);
  swarm.kill('SIGINT');
}

/** How many iterations have begun and not ended. */
function workingIn(run: RunLog | undefined): number {
  const count = (type: string) => run?.events.filter((event) => event.type === type).length ?? 0;
  return count('task:claimed') - count('iteration:ended');
}
