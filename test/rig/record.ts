import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { startModelServer } from '../../src/demo/model-server/server.ts';
import { allRoutes } from './model-servers/all.ts';
import { invoke, type TurnEnd } from './model-servers/invoke.ts';
import { cliFolders, findExecutable, type CliName } from './pinned-clis.ts';
import { recordedCases, type RecordedCase } from './recorded-cases.ts';

/*
 * Records what the real CLIs print, for the tests of the harnesses to replay:
 *   npx tsx test/rig/record.ts [cli[/case]]…
 * writes test/harness/recordings/<cli>/<case>.ndjson (stdout) and <case>.json ({exit, stderr, version}).
 */
const checkout = join(import.meta.dirname, '..', '..');
const recordings = join(checkout, 'test', 'harness', 'recordings');
const everyCli: readonly CliName[] = ['opencode', 'claude', 'codex', 'gemini'];
const wanted = process.argv.slice(2);

await Promise.all(everyCli.map(recordCli));

async function recordCli(cli: CliName): Promise<void> {
  const program = findExecutable(cli, cliFolders(process.env['PATH'] ?? ''));
  if (program === undefined) {
    say(`${cli}: not installed, so nothing is recorded`);
    return;
  }
  const version = await versionOf(program);
  for (const [name, recorded] of Object.entries(recordedCases(cli))) {
    const label = `${cli}/${name}`;
    if (wanted.length > 0 && !wanted.some((only) => only === cli || only === label)) continue;
    const { exit, stdout, stderr } = await play(cli, program, recorded);
    await mkdir(join(recordings, cli), { recursive: true });
    await writeFile(join(recordings, `${label}.ndjson`), stdout);
    await writeFile(join(recordings, `${label}.json`), `${JSON.stringify({ exit, stderr, version }, null, 2)}\n`);
    say(`${label}: exit ${String(exit)}`);
  }
}

async function versionOf(program: string): Promise<string> {
  const home = await mkdtemp(join(tmpdir(), 'oompa-record-'));
  try {
    const { stdout } = await promisify(execFile)(program, ['--version'], {
      cwd: home,
      env: { ...process.env, HOME: home },
    });
    return /\d+\.\d+\.\d+/.exec(stdout)?.[0] ?? stdout.trim();
  } finally {
    await rm(home, { recursive: true, force: true });
  }
}

/** The turn that the case is about, without the paths and the port of this machine. */
async function play(cli: CliName, program: string, { script, session, model }: RecordedCase): Promise<TurnEnd> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'oompa-record-')));
  const server = await startModelServer({ script, routes: allRoutes });
  const turn = (kind: 'new' | 'resume', id: string) =>
    invoke({
      ...{ cli, program, server, folder, session: { kind, id }, prompt: 'Do the work.' },
      ...(model === undefined ? {} : { model }),
    });
  try {
    if (session === 'unknown') return anonymous(await turn('resume', unknownSession(cli)), folder, server.url);
    const first = await turn('new', randomUUID());
    if (session === 'new') return anonymous(first, folder, server.url);
    return anonymous(await turn('resume', first.session ?? 'none'), folder, server.url);
  } finally {
    await server.close();
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

function unknownSession(cli: CliName): string {
  return cli === 'opencode' ? 'ses_e073c05f0ffepJUrV0faUAk62K' : '00000000-0000-4000-8000-000000000000';
}

function anonymous(end: TurnEnd, folder: string, url: string): TurnEnd {
  const clean = (text: string) =>
    text
      // Without the slash at its start, because opencode also prints paths that have none.
      .replaceAll(`${folder.slice(1)}/`, '')
      .replaceAll(folder.replaceAll(/[^a-zA-Z0-9]/g, '-'), '')
      .replaceAll(checkout, '/oompa')
      .replaceAll(new URL(url).host, '127.0.0.1:4000')
      .replaceAll(tmpdir(), '/tmp');
  return { ...end, stdout: clean(end.stdout), stderr: clean(end.stderr) };
}

function say(line: string): void {
  process.stdout.write(`record: ${line}\n`);
}
