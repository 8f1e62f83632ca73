import { execFileSync, spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, readdirSync } from 'node:fs';
import { readFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { prepareOompa } from './contenders.ts';
import { makeWorkspace } from './stage.ts';
import type { Size, Stage } from './stage.ts';
import { median } from './statistics.ts';

const tiny: Size = { name: 'tiny', files: 10, bytes: 160 };

/** Median milliseconds of `oompa --help`, from the build, and of a node that does nothing. */
export function measureStartUp(stage: Stage, times: number): { readonly helpMs: number; readonly nodeMs: number } {
  const once = (args: readonly string[]) => {
    const begun = performance.now();
    execFileSync(process.execPath, args, { env: stage.env, stdio: 'ignore' });
    return performance.now() - begun;
  };
  const rounds = Array.from({ length: times }, () => ({ help: once([stage.cli, '--help']), node: once(['-e', '0']) }));
  return { helpMs: median(rounds.map(({ help }) => help)), nodeMs: median(rounds.map(({ node }) => node)) };
}

/** Peak resident memory of oompa in MB, while each of `workers` agents prints `megabytes`. Linux only; NaN elsewhere. */
export async function measureMemory(stage: Stage, workers: number, megabytes: number): Promise<number> {
  const line = 'x'.repeat(99);
  const agent = await writeAgent(stage, 'loud', [
    `yes ${line} | head -c ${String(megabytes * 1024 * 1024)}`,
    'echo x >"$OOMPA_TASK.txt"',
    'echo; echo COMPLETE_AND_READY_FOR_MERGE',
  ]);
  const { child, ended } = await start(stage, { name: 'memory', workers, tasks: workers, agent });
  let peak = Number.NaN;
  while (child.exitCode === null) {
    peak = peakOf(child.pid) ?? peak;
    await Promise.race([ended, pause(50)]);
  }
  if (child.exitCode !== 0) throw new Error(`oompa ended with ${String(child.exitCode)} while its memory was measured`);
  return peak;
}

/** What a run costs that waits. Linux only; NaN elsewhere. */
export interface Idleness {
  readonly cpuPercent: number;
  /** 0, or 1 for "at least one": processes that oompa started in the time. */
  readonly started: number;
}

/** One agent sleeps, another worker has nothing to do: what does oompa itself use in `seconds`? */
export async function measureIdle(stage: Stage, seconds: number): Promise<Idleness> {
  const agent = await writeAgent(stage, 'asleep', ['echo >"$OOMPA_TASK.txt"', 'exec sleep 600']);
  const { child, ended, folder } = await start(stage, { name: 'idle', workers: 2, tasks: 1, agent });
  const hasBegun = async () =>
    (await eventsOf(folder)).includes('"worker:waiting"') && (await eventsOf(folder)).includes('"turn:started"');
  for (let tries = 0; tries < 600 && !(await hasBegun()); tries += 1) await pause(50);
  await pause(2000);
  const before = usageOf(child.pid);
  await pause(seconds * 1000);
  const after = usageOf(child.pid);
  child.kill('SIGTERM');
  await ended;
  if (before === undefined || after === undefined) return { cpuPercent: Number.NaN, started: Number.NaN };
  // The faults of a child are added to its parent's when it ends: a process that came and went is seen there.
  const quiet = before.childFaults === after.childFaults && before.children === after.children;
  return { cpuPercent: (100 * (after.cpuSeconds - before.cpuSeconds)) / seconds, started: quiet ? 0 : 1 };
}

async function writeAgent(stage: Stage, name: string, commands: readonly string[]): Promise<string> {
  const path = join(stage.disk, `${name}.sh`);
  await writeFile(path, `${commands.join('\n')}\n`);
  return path;
}

interface Scene {
  readonly name: string;
  readonly workers: number;
  readonly tasks: number;
  readonly agent: string;
}

async function start(stage: Stage, { name, workers, tasks, agent }: Scene) {
  const folder = join(stage.disk, name);
  await makeWorkspace(folder, tiny, stage.env);
  const ids = Array.from({ length: tasks }, (_, n) => `task-${String(n)}`);
  await prepareOompa(stage, { folder, workers, tasks: ids, main: 'nowhere' }, agent);
  const args = [stage.cli, 'swarm', 'bench.yaml', '--plain'];
  const child: ChildProcess = spawn(process.execPath, args, { cwd: folder, env: stage.env, stdio: 'ignore' });
  const timer = setTimeout(() => child.kill('SIGKILL'), 5 * 60_000);
  const ended = once(child, 'exit').finally(() => {
    clearTimeout(timer);
  });
  return { child, ended, folder };
}

async function eventsOf(folder: string): Promise<string> {
  const [run = ''] = await readdir(join(folder, 'runs')).catch(() => []);
  return readFile(join(folder, 'runs', run, 'events.jsonl'), 'utf8').catch(() => '');
}

function peakOf(pid: number | undefined): number | undefined {
  const kilobytes = /^VmHWM:\s+(\d+)/m.exec(procFile(pid, 'status'))?.[1];
  return kilobytes === undefined ? undefined : Number(kilobytes) / 1024;
}

/** Fields of /proc/<pid>/stat after the name: proc(5). A tick is 10 ms on every Linux that node runs on. */
function usageOf(pid: number | undefined) {
  const stat = procFile(pid, 'stat');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  if (fields.length < 15) return undefined;
  return {
    cpuSeconds: (Number(fields[11]) + Number(fields[12])) / 100,
    childFaults: fields[8],
    children: childrenOf(pid),
  };
}

function childrenOf(pid: number | undefined): string {
  const threads = readdirSync(`/proc/${String(pid)}/task`);
  return threads.map((thread) => procFile(pid, `task/${thread}/children`)).join('');
}

function procFile(pid: number | undefined, name: string): string {
  try {
    return readFileSync(`/proc/${String(pid)}/${name}`, 'utf8');
  } catch {
    return '';
  }
}
