import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { RunEvent } from '../../src/core/event.ts';
import type { Stage } from './stage.ts';

/** What one contender is to do, once. */
export interface Heat {
  /** The contender's own workspace. */
  readonly folder: string;
  readonly workers: number;
  readonly tasks: readonly string[];
  /** Where main is checked out. */
  readonly main: 'nowhere' | 'main';
}

/** When each task was done, in milliseconds of any clock. */
export type Stamps = readonly number[];

/** (a): the first stamp is the start. */
export async function runLoop(stage: Stage, { folder, workers, tasks }: Heat): Promise<Stamps> {
  const said = await output('bash', [script('loop.sh'), String(workers), stage.agent, ...tasks], folder, stage.env);
  return lines(said).map((line) => Number(line) / 1000);
}

/** What the landings of a run cost, beside the tasks. */
export interface Landed {
  readonly stamps: Stamps;
  /** Milliseconds in which each landing kept others waiting. */
  readonly landingMs: readonly number[];
}

/** (b). */
export async function runFloor(stage: Stage, { folder, workers, tasks, main }: Heat): Promise<Landed> {
  const program = ['--import', import.meta.resolve('tsx'), script('floor.ts')];
  const said = await output(
    process.execPath,
    [...program, main, String(workers), stage.agent, ...tasks],
    folder,
    stage.env,
  );
  const done = lines(said).map((line) => line.split(' ').map(Number));
  return { stamps: done.map(([at = 0]) => at), landingMs: done.map(([, ms = 0]) => ms) };
}

/** oompa, as a user runs it, without reviewer and verify commands. */
export async function runOompa(stage: Stage, heat: Heat): Promise<Landed> {
  const events = await oompaEvents(stage, heat);
  const landingMs = events.flatMap((event) => (event.type === 'landing:landed' ? [event.ms] : []));
  return { stamps: landedAt(events), landingMs };
}

/** The events of one run of oompa; tasks and run folder are gone after. */
export async function oompaEvents(stage: Stage, heat: Heat, env = stage.env): Promise<RunEvent[]> {
  const { folder } = heat;
  await prepareOompa(stage, heat);
  await output(process.execPath, [stage.cli, 'swarm', 'bench.yaml', '--plain'], folder, env);
  const [run = ''] = await readdir(join(folder, 'runs'));
  const text = await readFile(join(folder, 'runs', run, 'events.jsonl'), 'utf8');
  for (const name of ['runs', 'tasks']) await rm(join(folder, name), { recursive: true });
  return lines(text).map((line) => JSON.parse(line) as RunEvent);
}

/** Writes the config and the tasks of a run. `agent`: what is run instead of the agent that costs nothing. */
export async function prepareOompa(stage: Stage, { folder, workers, tasks }: Heat, agent = stage.agent): Promise<void> {
  const config = {
    branch: 'main',
    workers: [{ name: 'w', count: workers, harness: 'cheap' }],
    harnesses: { cheap: { command: ['/bin/sh', agent], prompt: 'file', output: 'text' } },
  };
  await writeFile(join(folder, '.git', 'info', 'exclude'), 'bench.yaml\n');
  await writeFile(join(folder, 'bench.yaml'), JSON.stringify(config));
  const pending = join(folder, 'tasks', 'pending');
  await mkdir(pending, { recursive: true });
  for (const task of tasks) await writeFile(join(pending, `${task}.yaml`), `title: ${task}\n`);
}

/** When each task landed. */
export function landedAt(events: readonly RunEvent[]): Stamps {
  return events.flatMap((event) =>
    event.type === 'iteration:ended' && event.outcome.kind === 'landed' ? [Date.parse(event.at)] : [],
  );
}

/** What a program prints; throws when it fails. */
async function output(program: string, args: readonly string[], cwd: string, env: NodeJS.ProcessEnv): Promise<string> {
  const child = spawn(program, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
  const chunks: Buffer[] = [];
  let errors = '';
  child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (errors = (errors + text).slice(-2000)));
  const timer = setTimeout(() => child.kill('SIGKILL'), limitMs);
  const [code] = (await once(child, 'close')) as [number | null];
  clearTimeout(timer);
  const said = Buffer.concat(chunks).toString('utf8');
  if (code !== 0) throw new Error(`${args.join(' ')} ended with ${String(code)}\n${errors}\n${said.slice(-2000)}`);
  return said;
}

const limitMs = 3 * 60_000;

function script(name: string): string {
  return fileURLToPath(new URL(name, import.meta.url));
}

function lines(text: string): string[] {
  return text.split('\n').filter((line) => line !== '');
}
