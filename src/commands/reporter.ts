import type { RunEvent } from '../core/event.ts';
import { foldRun } from '../core/fold-run.ts';
import { emptyRun } from '../core/run-state.ts';
import type { Repository } from '../git/repository.ts';
import { jsonReporter } from '../ui/json.ts';
import { painter } from '../ui/paint.ts';
import { plainReporter } from '../ui/plain.ts';
import type { Reporter } from '../ui/reporter.ts';
import type { Steering } from '../ui/view/live.ts';
import type { ExitCode, Io } from './io.ts';
import { isInForeground, keyboard } from './keyboard.ts';
import { exitCodeOf } from './run-exit-code.ts';
import { openViewSource } from './view-source.ts';

/** A reporter that also knows how the run went. */
export interface RunReporter extends Reporter {
  /** A line on standard error; while a terminal is drawn on it would be lost, and comes after the end. */
  say(line: string): void;
  exitCode(): ExitCode;
}

/** How the run is to be shown. */
export interface Showing {
  readonly json?: boolean;
  readonly plain?: boolean;
}

/** What the keys of the live view do with the run, and where they look. */
export interface RunControls {
  readonly repository: Repository;
  /** The run's folder, absolute. */
  readonly folder: string;
  /** Nothing new is begun; what is at work ends its turn. */
  drain(): void;
  /** Agents are ended; their work is kept. */
  stopNow(): void;
}

/** The reporter for this terminal, pipe or program. `folder`: the run's, as a person would type it. */
export async function openReporter(
  showing: Showing,
  io: Io,
  folder: string,
  controls?: RunControls,
): Promise<RunReporter> {
  const shown = await choose(showing, io, folder, controls);
  let isDrawn = liveTerminal(showing, io) !== undefined;
  const later: string[] = [];
  let state = emptyRun;
  return {
    event(event: RunEvent) {
      state = foldRun(state, event);
      shown.event(event);
    },
    say(line) {
      if (isDrawn) later.push(line);
      else io.stderr(`${line}\n`);
    },
    end: async () => {
      await shown.end();
      isDrawn = false;
      for (const line of later.splice(0)) io.stderr(`${line}\n`);
    },
    exitCode: () => exitCodeOf(state),
  };
}

/** The terminal that a live view can be drawn on. In CI a terminal keeps only the last frame; in the background it is somebody else's. */
export function liveTerminal({ json, plain }: Showing, io: Io): NodeJS.WriteStream | undefined {
  const isWanted = json !== true && plain !== true && !isInCi(io.env);
  return isWanted && io.terminal !== undefined && isInForeground() ? io.terminal : undefined;
}

/** As ink (6.8) takes it, which draws nothing there. */
function isInCi(env: NodeJS.ProcessEnv): boolean {
  return ['CI', 'CONTINUOUS_INTEGRATION'].some((name) => !['0', 'false', undefined].includes(env[name]));
}

/** What `OOMPA_BELL` says; true without it. */
export function wantsBell(env: NodeJS.ProcessEnv): boolean {
  return env['OOMPA_BELL'] !== '0';
}

async function choose(showing: Showing, io: Io, folder: string, controls: RunControls | undefined): Promise<Reporter> {
  const write = (text: string) => {
    io.stdout(text);
  };
  if (showing.json === true) return jsonReporter(write);
  const terminal = liveTerminal(showing, io);
  if (terminal === undefined) {
    return plainReporter({ write, paint: painter(io.color), columns: () => io.columns, folder, hasReport: true });
  }
  // Ink and React take a while to load, and only a terminal needs them.
  const { liveReporter } = await import('../ui/view/live-reporter.ts');
  const steering = controls === undefined ? undefined : steeringOf(controls);
  return liveReporter({ stdout: terminal, color: io.color, folder, steering, bell: wantsBell(io.env) });
}

/** The keyboard as the steering wheel of a run of this process. */
function steeringOf(controls: RunControls): Steering | undefined {
  const stdin = keyboard();
  if (stdin === undefined) return undefined;
  return {
    stdin,
    source: openViewSource(controls.repository, controls.folder),
    stop: (how) => {
      if (how === 'drain') controls.drain();
      else controls.stopNow();
      return Promise.resolve('');
    },
    // In raw mode the terminal sends no signal for it.
    interrupt: () => void process.kill(process.pid, 'SIGINT'),
  };
}
