import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import type { RunEvent } from '../core/event.ts';
import type { Repository } from '../git/repository.ts';
import { followEvents } from '../runs/follow-events.ts';
import { readEvents } from '../runs/read-events.ts';
import { runFiles } from '../runs/run-folder.ts';
import { newRunId } from '../runs/run-id.ts';
import type { StartingRun } from '../runs/starting.ts';
import { noteStarting, outputFile } from '../runs/starting.ts';
import { identityOf } from '../system/process-identity.ts';
import { renderDetached } from '../ui/detached.ts';
import type { ExitCode, Io } from './io.ts';
import type { SwarmOptions } from './swarm.ts';

/** A run to be started apart, after everything that could keep it from starting was looked at. */
export interface DetachOrder {
  readonly repository: Repository;
  readonly options: SwarmOptions;
}

/**
 * Starts the run in a process and a session of its own, and returns when its log has begun; before that, the end of the process
 * is the end of the run, and its words and exit code are given on. What ends this process from then on does not reach it.
 */
export async function detach({ repository, options }: DetachOrder, io: Io): Promise<ExitCode> {
  const id = newRunId(io.now(), Math.random());
  const noted = noteStarting(repository.root, { id, now: io.now() });
  if (noted.kind === 'failed') {
    io.stderr(`${noted.message}\n`);
    return 1;
  }
  const { run } = noted;
  const started = await startApart(run, [`--as-run=${id}`, ...flagsOf(options)], io);
  if (started.kind === 'failed') {
    await run.forget();
    io.stderr(`The run could not be started: ${started.why}. Check with: oompa doctor\n`);
    return 1;
  }
  const { child } = started;
  const first = await beginning(child, run, io);
  child.unref();
  switch (first.kind) {
    case 'begun': {
      const folder = relative(io.cwd, run.folder);
      const { workers, pending } = first.event;
      const output = join(folder, outputFile);
      const told = { id, workers: workers.length, pending, output };
      io.stdout(
        options.json === true
          ? `${JSON.stringify({ run: id, pid: child.pid, folder: run.folder })}\n`
          : renderDetached(told),
      );
      return 0;
    }
    case 'ended':
      io.stderr(wordsOf(run, child));
      await run.forget();
      return first.code;
    case 'left':
      io.stderr(`run ${id} is starting, and goes on by itself; see: oompa status\n`);
      return 130;
  }
}

/** The flags of `swarm` that make the same run again. */
function flagsOf({ config, only, iterations }: SwarmOptions): string[] {
  return [
    '--plain',
    ...(only === undefined ? [] : [`--only=${only}`]),
    ...(iterations === undefined ? [] : [`--iterations=${String(iterations)}`]),
    ...(config === undefined ? [] : ['--', config]),
  ];
}

type Started =
  { readonly kind: 'started'; readonly child: ChildProcess } | { readonly kind: 'failed'; readonly why: string };

/** This very program, in a session of its own: no terminal, and no signal that a terminal sends, reaches it. */
async function startApart(run: StartingRun, flags: readonly string[], io: Io): Promise<Started> {
  let child: ChildProcess | undefined;
  try {
    const output = openSync(join(run.folder, outputFile), 'a');
    try {
      const program = [...process.execArgv, process.argv[1] ?? '', 'swarm', ...flags];
      child = spawn(process.execPath, program, {
        cwd: io.cwd,
        env: io.env,
        detached: true,
        stdio: ['ignore', output, output],
      });
    } finally {
      closeSync(output);
    }
    const failed = new Promise<Error>((resolve) => child?.once('error', resolve));
    const identity = child.pid === undefined ? undefined : identityOf(child.pid);
    // One that has ended already is met where its beginning is waited for.
    if (identity !== undefined) run.handOver(identity);
    return child.pid === undefined ? { kind: 'failed', why: (await failed).message } : { kind: 'started', child };
  } catch (error) {
    child?.kill('SIGKILL');
    return { kind: 'failed', why: error instanceof Error ? error.message : String(error) };
  }
}

type Beginning =
  | { readonly kind: 'begun'; readonly event: Extract<RunEvent, { type: 'run:started' }> }
  | { readonly kind: 'ended'; readonly code: ExitCode }
  /** This process was told to end, and the other one was not. */
  | { readonly kind: 'left' };

/** What comes first: the run's first event, or the end of its process. Ctrl-C ends what has not begun. */
async function beginning(child: ChildProcess, run: StartingRun, io: Io): Promise<Beginning> {
  const events = join(run.folder, runFiles.events);
  const known = new AbortController();
  const left = new Promise<Beginning>((resolve) => {
    io.onStop((how) => {
      if (how === 'polite') child.kill('SIGTERM');
      else resolve({ kind: 'left' });
    });
  });
  const ended = exitOf(child).then((code): Beginning => {
    // It may have been a very short run.
    const event = startIn(readEvents(events));
    return event === undefined ? { kind: 'ended', code } : { kind: 'begun', event };
  });
  const begun = (async (): Promise<Beginning> => {
    for await (const piece of followEvents(events, { signal: known.signal, everyMs: 50 })) {
      const event = startIn(piece);
      if (event !== undefined) return { kind: 'begun', event };
    }
    return ended;
  })();
  try {
    return await Promise.race([begun, ended, left]);
  } finally {
    known.abort();
  }
}

/** As the same run would have ended in the foreground. */
async function exitOf(child: ChildProcess): Promise<ExitCode> {
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  const { exitCode: code, signalCode: signal } = child;
  if (code === 2 || code === 130) return code;
  return signal === 'SIGINT' || signal === 'SIGTERM' ? 130 : 1;
}

function startIn(events: Iterable<RunEvent>): Extract<RunEvent, { type: 'run:started' }> | undefined {
  for (const event of events) if (event.type === 'run:started') return event;
  return undefined;
}

/** What the process has said before it ended; when that is nothing, what is known of it. */
function wordsOf({ folder }: StartingRun, { signalCode }: ChildProcess): string {
  const said = textOf(join(folder, outputFile));
  if (said !== '') return `${said}\n`;
  const by = signalCode === null ? '' : ` (${signalCode})`;
  return `The run ended before it began${by}, and said nothing. Check with: oompa doctor\n`;
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    return '';
  }
}
