import type { RunEvent } from '../core/event.ts';
import { foldRun } from '../core/fold-run.ts';
import { emptyRun } from '../core/run-state.ts';
import type { RunState } from '../core/run-state.ts';
import { taskRows } from '../core/run-tables.ts';
import { jsonReporter } from '../ui/json.ts';
import { painter } from '../ui/paint.ts';
import { plainReporter } from '../ui/plain.ts';
import type { Reporter } from '../ui/reporter.ts';
import type { ExitCode, Io } from './io.ts';

/** A reporter that also knows how the run went. */
export interface RunReporter extends Reporter {
  exitCode(): ExitCode;
}

/** How the run is to be shown. */
export interface Showing {
  readonly json?: boolean;
  readonly plain?: boolean;
}

/** The reporter for this terminal, pipe or program. `folder`: the run's, as a person would type it. */
export async function openReporter(showing: Showing, io: Io, folder: string): Promise<RunReporter> {
  const shown = await choose(showing, io, folder);
  let state = emptyRun;
  return {
    event(event: RunEvent) {
      state = foldRun(state, event);
      shown.event(event);
    },
    end: () => shown.end(),
    exitCode: () => exitCodeOf(state),
  };
}

async function choose({ json, plain }: Showing, io: Io, folder: string): Promise<Reporter> {
  const write = (text: string) => {
    io.stdout(text);
  };
  if (json === true) return jsonReporter(write);
  // In CI a terminal keeps only the last frame.
  if (plain === true || io.terminal === undefined || io.env['CI'] !== undefined) {
    return plainReporter({ write, paint: painter(io.color), columns: io.columns, folder });
  }
  // Ink and React take a while to load, and only a terminal needs them.
  const { liveReporter } = await import('../ui/live.tsx');
  return liveReporter({ stdout: io.terminal, color: io.color, folder });
}

/** 130 when it was stopped, 1 when something needs a person, 0 otherwise. */
function exitCodeOf(state: RunState): ExitCode {
  if (state.end?.why === 'interrupted' || state.end?.why === 'drained') return 130;
  if (state.end?.why === 'workers-stopped' || state.end?.why === 'main-taken') return 1;
  const needsPerson = taskRows(state).some(
    ({ standing }) => standing === 'failed' || standing === 'asks' || standing === 'held',
  );
  return needsPerson ? 1 : 0;
}
