import { parseArgs } from 'node:util';
import { casesOf, type Case } from './cases.ts';
import { everyCli, installedCli, type InstalledCli } from './clis.ts';
import { inLanes } from './lanes.ts';
import { play } from './play.ts';
import { supportTable, tallyOf, type Column, type Result } from './report.ts';

/*
 * `npm run conformance -- [--table] [cli[/case]]…`: every case with every real CLI that is installed, two at a time. Prints
 * what oompa makes of each; `--table` leaves nothing but the table on stdout. Exit code 1 when a case has failed.
 */
const { values, positionals: wanted } = parseArgs({
  allowPositionals: true,
  options: { table: { type: 'boolean', default: false } },
});

/** A column that fills as its cases are played. */
interface Filling extends Column {
  readonly installed: InstalledCli | undefined;
  readonly results: Map<string, Result>;
}

/** One case to play. */
interface Task {
  readonly column: Filling;
  readonly cli: InstalledCli;
  readonly name: string;
  readonly each: Case;
}

const stop = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort());
const begun = performance.now();
const columns = (await Promise.all(everyCli.map(columnOf))).filter(({ cases }) => cases.size > 0);
if (columns.length === 0) say(`there is no such case: ${wanted.join(' ')}`);
for (const { cli, installed } of columns) if (installed === undefined) say(`SKIPPED: ${cli} is not installed`);
await inLanes(columns.flatMap(tasksOf), 2, playOne);

const { passed, failed, skipped } = tallyOf(columns);
process.stdout.write(`${supportTable(columns)}\n`);
const counts = `${String(passed)} passed, ${String(failed)} failed, ${String(skipped)} skipped`;
if (values.table) say(counts);
else process.stdout.write(`\n${counts}\n`);
process.exitCode = failed > 0 || columns.length === 0 || isStopped() ? 1 : 0;

async function columnOf(cli: (typeof everyCli)[number]): Promise<Filling> {
  const cases = new Map([...casesOf(cli)].filter(([name]) => isWanted(cli, name)));
  const installed = cases.size > 0 ? await installedCli(cli) : undefined;
  return { cli, installed, version: installed?.version, cases, results: new Map() };
}

function isWanted(cli: string, name: string): boolean {
  return wanted.length === 0 || wanted.some((each) => each === cli || each === `${cli}/${name}`);
}

function tasksOf(column: Filling): Task[] {
  const { installed: cli, cases } = column;
  if (cli === undefined) return [];
  return [...cases].flatMap(([name, each]) => ('cannot' in each ? [] : [{ column, cli, name, each }]));
}

async function playOne({ column, cli, name, each }: Task): Promise<void> {
  if (isStopped()) return;
  const { got, problems, seconds } = await play(cli, each, stop.signal);
  if (isStopped()) return;
  column.results.set(name, { got, problems });
  const end = problems.length === 0 ? got : `FAILED: ${problems.join('; ')}`;
  say(`${cli.name}/${name} (${seconds.toFixed(1)} s): ${end}`);
}

function isStopped(): boolean {
  return stop.signal.aborted;
}

function say(line: string): void {
  process.stderr.write(`${((performance.now() - begun) / 1000).toFixed(0).padStart(4)} s  ${line}\n`);
}
