import { mkdir, writeFile } from 'node:fs/promises';
import { constants, tmpdir } from 'node:os';
import { join } from 'node:path';
import { casesOf, type Case } from '../conformance/cases.ts';
import { everyCli, installedCli, type InstalledCli } from '../conformance/clis.ts';
import { inLanes } from '../conformance/lanes.ts';
import { play, type Played } from '../conformance/play.ts';
import type { CliName } from './pinned-clis.ts';

/*
 * Records what the real CLIs print, for the tests of the harnesses to replay:
 *   npx tsx test/rig/record.ts [cli[/case]]…
 * writes test/harness/recordings/<cli>/<case>.ndjson (stdout) and <case>.json ({exit, stderr, version}; `signal` when one
 * from outside ended the CLI, `stop` when oompa did because it was silent).
 */
const checkout = join(import.meta.dirname, '..', '..');
const recordings = join(checkout, 'test', 'harness', 'recordings');
const wanted = process.argv.slice(2);
const stop = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort());

await inLanes(everyCli, 2, recordCli);

async function recordCli(name: CliName): Promise<void> {
  const cli = await installedCli(name);
  if (cli === undefined) {
    say(`${name}: not installed, so nothing is recorded`);
    return;
  }
  for (const [title, each] of casesOf(name)) {
    const label = `${name}/${title}`;
    if (wanted.length > 0 && !wanted.some((only) => only === name || only === label)) continue;
    if ('cannot' in each || each.atOnce !== undefined) continue;
    await record(cli, label, each);
  }
}

async function record(cli: InstalledCli, label: string, each: Case): Promise<void> {
  const played = await play(cli, each, stop.signal);
  if (stop.signal.aborted) return;
  const { stdout, stderr } = anonymous(played);
  const sidecar = { ...exitOf(played, each), stderr, version: cli.version };
  await mkdir(join(recordings, cli.name), { recursive: true });
  await writeFile(join(recordings, `${label}.ndjson`), stdout);
  await writeFile(join(recordings, `${label}.json`), `${JSON.stringify(sidecar, null, 2)}\n`);
  say(`${label}: ${[played.got, ...played.problems].join('; ')}`);
}

/** How the CLI ended. Where oompa has ended it, that says nothing. */
function exitOf({ turn: { exitCode, signal }, got }: Played, { kill }: Case) {
  if (got === 'silent') return { exit: null, stop: got };
  const isEnded = kill === undefined && (signal !== undefined || exitCode === 128 + constants.signals.SIGTERM);
  return isEnded ? { exit: null } : { exit: exitCode ?? null, ...(signal === undefined ? {} : { signal }) };
}

/** What the CLI printed, without the paths and the port of this machine. */
function anonymous({ turn, folder, url }: Played): { readonly stdout: string; readonly stderr: string } {
  const clean = (text: string) =>
    text
      // Without the slash at its start, because opencode also prints paths that have none.
      .replaceAll(`${folder.slice(1)}/`, '')
      .replaceAll(folder.replaceAll(/[^a-zA-Z0-9]/g, '-'), '')
      .replaceAll(checkout, '/oompa')
      .replaceAll(new URL(url).host, '127.0.0.1:4000')
      .replaceAll(tmpdir(), '/tmp');
  return { stdout: clean(turn.stdout), stderr: clean(turn.stderr) };
}

function say(line: string): void {
  process.stdout.write(`record: ${line}\n`);
}
