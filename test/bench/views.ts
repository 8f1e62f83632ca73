import { execFileSync, spawnSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { writeLongRun } from '../rig/long-run.ts';
import { measureLive } from './live-memory.ts';
import { median, ratio } from './statistics.ts';
import { figure, table } from './table.ts';

/**
 * What it costs to look at a run of 100,000 events, start-up included: each view as a process of the built oompa, against a
 * plain node that only reads the same log and parses its lines. Rounds go through all of them in turn, because the machine's
 * mood changes between rounds.
 */
const events = 100_000;
const rounds = 5;

interface View {
  readonly name: string;
  /** The arguments of node, in the workspace of the run. */
  readonly args: readonly string[];
  /** Most milliseconds that it may take. */
  readonly most?: number;
}

const root = join(import.meta.dirname, '..', '..');
const workspace = mkdtempSync(join(tmpdir(), 'oompa-views-'));
// Below node_modules, so that the build finds the packages that it needs.
const built = mkdtempSync(join(root, 'node_modules', '.oompa-views-'));
try {
  const { folder } = await writeLongRun(workspace, { events });
  const identity = ['-c', 'user.name=Bench', '-c', 'user.email=bench@example.org'];
  execFileSync('git', ['init', '-q', '-b', 'main'], { cwd: workspace });
  execFileSync('git', [...identity, 'commit', '-q', '--allow-empty', '-m', 'Start'], { cwd: workspace });
  const compiler = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
  const build = ['-p', 'tsconfig.build.json', '--outDir', join(built, 'dist')];
  execFileSync(process.execPath, [compiler, ...build], { cwd: root, stdio: 'inherit' });
  // It tells its version from there.
  copyFileSync(join(root, 'package.json'), join(built, 'package.json'));
  const plain = `for (const line of require('fs').readFileSync(process.argv[1], 'utf8').split('\\n')) if (line) JSON.parse(line);`;
  const cli = join(built, 'dist', 'cli.js');
  const views: readonly View[] = [
    { name: 'plain node: read and parse', args: ['-e', plain, join(folder, 'events.jsonl')] },
    { name: 'oompa --version', args: [cli, '--version'] },
    { name: 'oompa runs show', args: [cli, 'runs', 'show'], most: 1000 },
    { name: 'oompa runs list', args: [cli, 'runs', 'list'], most: 1000 },
    { name: 'oompa runs report', args: [cli, 'runs', 'report'], most: 5000 },
  ];
  process.stdout.write(`${tableOf(views, measure(views))}\n`);
  const { megabytes, idlePercent } = await measureLive(cli, workspace, join(folder, 'events.jsonl'), 5);
  process.stdout.write(
    `\noompa watch, as the log grows by a fifth at a time: ${megabytes.map((each) => each.toFixed(0)).join(', ')} MB\n` +
      `CPU of it while nothing happens: ${idlePercent.toFixed(1)} % of one core\n`,
  );
} finally {
  for (const each of [workspace, built]) rmSync(each, { recursive: true, force: true });
}

/** Milliseconds of each view in each round. */
function measure(views: readonly View[]): number[][] {
  const times: number[][] = views.map(() => []);
  for (let round = 0; round < rounds; round += 1) {
    for (const [index, view] of views.entries()) times[index]?.push(timeOf(view));
  }
  return times;
}

function timeOf({ name, args }: View): number {
  const begun = performance.now();
  const { status, stderr } = spawnSync(process.execPath, args, {
    cwd: workspace,
    encoding: 'utf8',
    maxBuffer: 2 ** 30,
  });
  const took = performance.now() - begun;
  if (status !== 0) throw new Error(`${name} ended with ${String(status)}: ${stderr}`);
  return took;
}

function tableOf(views: readonly View[], times: readonly number[][]): string {
  const [plain = []] = times;
  return table(
    [`${String(events)} events, median of ${String(rounds)}`, 'ms', 'of plain', 'at most ms'],
    views.map(({ name, most }, index) => {
      const own = times[index] ?? [];
      return [name, figure(median(own)), figure(ratio(own, plain)), most === undefined ? '' : String(most)];
    }),
  );
}
