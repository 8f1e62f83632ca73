import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { runFloor, runLoop, runOompa } from './contenders.ts';
import type { Heat, Stamps } from './contenders.ts';
import { checkOutMain, makeWorkspace } from './stage.ts';
import type { Size, Stage } from './stage.ts';
import { median, steadyMs } from './statistics.ts';

/** What is compared on one repository. */
export interface Course {
  readonly size: Size;
  readonly disk: 'disk' | 'memory';
  readonly rounds: number;
  /** Tasks in one round of (b) and oompa, warm-up not counted, and of (a), which is slow on large repositories. */
  readonly tasks: number;
  readonly loopTasks: number;
  /** With how many workers, where main is checked out nowhere, and where it is in the workspace. */
  readonly workers: Readonly<Record<Heat['main'], readonly number[]>>;
}

/** One row of the table: milliseconds a task, a value for each round. */
export interface Row {
  readonly course: Course;
  readonly workers: number;
  readonly main: Heat['main'];
  /** Empty where (a) would repeat an earlier row. */
  readonly loop: readonly number[];
  readonly floor: readonly number[];
  readonly oompa: readonly number[];
  /** Median milliseconds in which a landing held the mutex. */
  readonly mutexMs: { readonly floor: number; readonly oompa: number };
}

/** Compares the three on a repository of that size, main checked out nowhere and then in the workspace. */
export async function runCourse(stage: Stage, course: Course, say: (text: string) => void): Promise<Row[]> {
  const home = join(stage[course.disk], course.size.name);
  await mkdir(home);
  const folders = { loop: join(home, 'loop'), floor: join(home, 'floor'), oompa: join(home, 'oompa') };
  for (const folder of Object.values(folders)) await makeWorkspace(folder, course.size, stage.env);
  await checkOutMain(folders.loop, stage.env);
  const rows: Row[] = [];
  for (const main of ['nowhere', 'main'] as const) {
    if (main === 'main') for (const name of ['floor', 'oompa'] as const) await checkOutMain(folders[name], stage.env);
    for (const workers of course.workers[main]) {
      say(`${course.size.name}, ${String(workers)} workers, main checked out: ${main === 'main' ? 'yes' : 'no'}`);
      rows.push(await runRow(stage, course, { folders, workers, main }));
    }
  }
  await rm(home, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  return rows;
}

interface Lane {
  readonly folders: { readonly loop: string; readonly floor: string; readonly oompa: string };
  readonly workers: number;
  readonly main: Heat['main'];
}

async function runRow(stage: Stage, course: Course, { folders, workers, main }: Lane): Promise<Row> {
  const times = { loop: new Array<number>(), floor: new Array<number>(), oompa: new Array<number>() };
  const landings = { floor: new Array<number>(), oompa: new Array<number>() };
  const warmUp = workers;
  const heat = (folder: string, round: string, count: number): Heat => ({
    ...{ folder, workers, main },
    tasks: Array.from({ length: count }, (_, n) => `${main}-${String(workers)}-${round}-${String(n)}`),
  });
  // The pools are filled outside of the timing: in both, worktrees stay from run to run.
  await runFloor(stage, heat(folders.floor, 'warm', 2 * workers));
  await runOompa(stage, heat(folders.oompa, 'warm', 2 * workers));
  for (let round = 1; round <= course.rounds; round += 1) {
    const name = String(round);
    if (main === 'nowhere') {
      const count = Math.max(course.loopTasks, workers);
      times.loop.push(msATask(await runLoop(stage, heat(folders.loop, name, count)), 1, count));
    }
    const count = course.tasks + warmUp;
    const floor = await runFloor(stage, heat(folders.floor, name, count));
    const oompa = await runOompa(stage, heat(folders.oompa, name, count));
    times.floor.push(msATask(floor.stamps, warmUp, course.tasks));
    times.oompa.push(msATask(oompa.stamps, warmUp, course.tasks));
    landings.floor.push(...floor.landingMs);
    landings.oompa.push(...oompa.landingMs);
  }
  const mutexMs = { floor: median(landings.floor), oompa: median(landings.oompa) };
  return { course, workers, main, ...times, mutexMs };
}

/** A contender that lost tasks is not fast. */
function msATask(stamps: Stamps, warmUp: number, tasks: number): number {
  return stamps.length === warmUp + tasks ? steadyMs(stamps, warmUp) : Number.NaN;
}
