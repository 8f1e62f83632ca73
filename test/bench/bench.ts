import { execFileSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { availableParallelism, loadavg, totalmem } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { measureIdle, measureMemory, measureStartUp } from './footprint.ts';
import { countGit } from './git-count.ts';
import { measureClaims, measureTransitions } from './queue-speed.ts';
import { report } from './report.ts';
import type { Findings } from './report.ts';
import { runCourse } from './rows.ts';
import type { Course, Row } from './rows.ts';
import { checkOutMain, makeWorkspace, openStage } from './stage.ts';
import type { Stage } from './stage.ts';

/** `npm run bench [-- --quick] [--size small]…`: prints the results; the full bench writes them to RESULTS.md too. */
const { quick, size } = parseArgs({
  options: { quick: { type: 'boolean', default: false }, size: { type: 'string', multiple: true } },
}).values;

const small = { name: 'small', files: 50, bytes: 1024 };
const medium = { name: 'medium', files: 5_000, bytes: 4096 };
const large = { name: 'large', files: 50_000, bytes: 1024 };

const all = { nowhere: [1, 8], main: [1, 8] };
const quickCourses: readonly Course[] = [
  { size: small, disk: 'disk', rounds: 3, tasks: 8, loopTasks: 4, workers: { nowhere: [1, 8], main: [1] } },
];
const fullCourses: readonly Course[] = [
  { size: small, disk: 'disk', rounds: 3, tasks: 32, loopTasks: 16, workers: all },
  { size: medium, disk: 'disk', rounds: 3, tasks: 24, loopTasks: 3, workers: all },
  { size: large, disk: 'memory', rounds: 3, tasks: 12, loopTasks: 2, workers: { nowhere: [1, 8], main: [1] } },
];

const stage = await openStage();
try {
  const courses = (quick ? quickCourses : fullCourses).filter((each) => size?.includes(each.size.name) ?? true);
  const text = report(await measure(courses));
  process.stdout.write(`\n${text}`);
  if (!quick && size === undefined) await writeFile(new URL('RESULTS.md', import.meta.url), text);
} finally {
  await stage.close();
}

async function measure(courses: readonly Course[]): Promise<Findings> {
  const load = loadavg()[0] ?? 0;
  const rows: Row[] = [];
  for (const course of courses) rows.push(...(await runCourse(stage, course, say)));
  say('git processes');
  const git = await countBoth(stage);
  say('queue');
  const claims = await measureClaims(stage.disk, quick ? 2_000 : 100_000);
  const transitionMs = await measureTransitions(stage.disk);
  say('start-up');
  const startUp = measureStartUp(stage, 15);
  say('memory');
  const memoryMb = await measureMemory(stage, quick ? 8 : 64, 16);
  say('idle');
  const idle = await measureIdle(stage, quick ? 4 : 20);
  return { machine: machine(load, loadavg()[0] ?? 0), rows, git, claims, transitionMs, startUp, memoryMb, idle };
}

async function countBoth(of: Stage): Promise<Findings['git']> {
  const folder = join(of.disk, 'count');
  await makeWorkspace(folder, small, of.env);
  const heat = (main: 'nowhere' | 'main') => ({
    ...{ folder, workers: 1, main },
    tasks: Array.from({ length: 11 }, (_, n) => `${main}-${String(n)}`),
  });
  const nowhere = await countGit(of, heat('nowhere'));
  await checkOutMain(folder, of.env);
  return { nowhere, main: await countGit(of, heat('main')) };
}

function machine(before: number, after: number): string {
  const git = execFileSync('git', ['--version'], { encoding: 'utf8' }).trim();
  const memory = `${String(Math.round(totalmem() / 1024 ** 3))} GB of memory`;
  const parts = [
    `${String(availableParallelism())} cores`,
    memory,
    process.platform,
    `node ${process.versions.node}`,
    git,
  ];
  return `${parts.join(', ')}. Load when it began: ${before.toFixed(1)}, when it ended: ${after.toFixed(1)} (more than there are cores: others were at work, and times mean little). "disk" is the folder for temporary files, "memory" a tmpfs.${
    quick ? ' Quick: few rounds, few tasks.' : ''
  }`;
}

function say(text: string): void {
  process.stderr.write(`${(performance.now() / 1000).toFixed(0).padStart(4)} s  ${text}\n`);
}
