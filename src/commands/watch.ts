import { relative } from 'node:path';
import type { Repository } from '../git/repository.ts';
import type { RunRecord } from '../runs/read-runs.ts';
import { liveRunIds } from '../runs/read-runs.ts';
import { jsonReporter } from '../ui/json.ts';
import { painter } from '../ui/paint.ts';
import { plainReporter } from '../ui/plain.ts';
import type { Steering } from '../ui/view/live.ts';
import { findRun } from './find-run.ts';
import { followRun } from './follow-run.ts';
import type { ExitCode, Io } from './io.ts';
import { keyboard } from './keyboard.ts';
import type { Showing } from './reporter.ts';
import { liveTerminal, wantsBell } from './reporter.ts';
import { stop } from './stop.ts';
import { openViewSource } from './view-source.ts';
import { openWorkspace } from './workspace.ts';

/** `oompa watch [run]`. */
export interface WatchOptions extends Showing {
  /** An id, or how one begins or ends; when left out the newest live run, or the newest. */
  readonly run?: string;
}

/** Shows a run of any process, one that is over too. Only reads: however it ends, nothing happens to the run. */
export async function watch(options: WatchOptions, io: Io): Promise<ExitCode> {
  const repository = await openWorkspace(io, { identity: false });
  if (repository === undefined) return 2;
  const run = await findRun(io, repository.root, options.run ?? (await liveRunIds(repository.root))[0]);
  if (run === undefined) return 2;
  const leaving = new AbortController();
  io.onStop(() => {
    leaving.abort();
  });
  const terminal = liveTerminal(options, io);
  const scene = { repository, run, leaving };
  return terminal === undefined ? watchLines(scene, options, io) : watchLive(scene, terminal, io);
}

interface Scene {
  readonly repository: Repository;
  readonly run: RunRecord;
  readonly leaving: AbortController;
}

/** From the first event to the last, as lines. */
async function watchLines({ repository, run, leaving }: Scene, { json }: WatchOptions, io: Io): Promise<ExitCode> {
  const write = (text: string) => {
    io.stdout(text);
  };
  const folder = relative(io.cwd, run.folder);
  const reporter =
    json === true
      ? jsonReporter(write)
      : plainReporter({ write, paint: painter(io.color), columns: () => io.columns, folder });
  const end = await followRun(repository.root, run, {
    signal: leaving.signal,
    events: (events) => {
      for (const event of events) reporter.event(event);
    },
  });
  if (end === 'removed') return sayRemoved(folder, io);
  if (end !== 'left') await reporter.end();
  return 0;
}

/** Drawn in place. A run that is over stays on the terminal until it is left. */
async function watchLive({ repository, run, leaving }: Scene, stdout: NodeJS.WriteStream, io: Io): Promise<ExitCode> {
  // Ink and React take a while to load, and only a terminal needs them.
  const { openLive } = await import('../ui/view/live.ts');
  const steering = steeringOf(repository, run, leaving, io);
  const live = openLive({ stdout, color: io.color, place: 'watch', steering, bell: wantsBell(io.env) });
  live.life(run.life);
  if (run.life === 'starting') live.open();
  let isKnown = run.life === 'starting';
  const following = followRun(repository.root, run, {
    signal: leaving.signal,
    events: (events) => {
      if (isKnown) for (const event of events) live.event(event);
      else live.catchUp(events);
    },
    caughtUp: () => {
      isKnown = true;
      live.open();
    },
  }).then((end) => {
    if (end === 'removed') leaving.abort();
    if (end === 'ended' || end === 'crashed') {
      live.life(end);
      live.open();
    }
    return end;
  });
  const left = new Promise<void>((resolve) =>
    leaving.signal.addEventListener('abort', () => resolve(), { once: true }),
  );
  // Without a keyboard nobody could leave.
  const over = following.then(() => undefined);
  const end = await Promise.race([live.ended, left, ...(steering === undefined ? [over] : [])]);
  leaving.abort();
  const followed = await following;
  live.close();
  if (followed === 'removed') return sayRemoved(relative(io.cwd, run.folder), io);
  if (end?.kind === 'failed') {
    io.stderr(
      `The view failed: ${end.why}\nThe run has nothing to do with it. See it as lines with: oompa watch --plain\n`,
    );
    return 1;
  }
  if ((await liveRunIds(repository.root)).includes(run.id)) {
    io.stdout(`\nThe run goes on. Look again with: oompa watch ${run.id.slice(-4)}\n`);
  }
  return 0;
}

function sayRemoved(folder: string, io: Io): ExitCode {
  io.stderr(
    `${folder} was removed; what became of the run can't be seen any more. See what is at work: oompa status\n`,
  );
  return 1;
}

function steeringOf(repository: Repository, run: RunRecord, leaving: AbortController, io: Io): Steering | undefined {
  const stdin = keyboard();
  if (stdin === undefined) return undefined;
  return {
    stdin,
    source: openViewSource(repository, run.folder),
    stop: async (how) => {
      let said = '';
      const say = (text: string) => {
        said += text;
      };
      await stop({ run: run.id, now: how === 'stop-now' }, { ...io, stdout: say, stderr: say });
      return said.trim();
    },
    interrupt: () => {
      leaving.abort();
    },
  };
}
