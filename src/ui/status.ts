import type { RunLife, RunState } from '../core/run-state.ts';
import { taskRows } from '../core/run-tables.ts';
import { countStandings } from '../core/summary.ts';
import { runVerdict } from './run-verdict.ts';
import type { ScreenSize } from './screen.ts';
import { screenLines } from './screen.ts';
import { queueWords, waitingLines } from './screen-sections.ts';
import { clockTime, dayTime } from './text.ts';

/** What `oompa status` knows of the workspace. */
export interface StatusReport {
  readonly live: readonly RunState[];
  /** Runs whose process has written nothing yet. */
  readonly starting: readonly { readonly id: string; readonly pid: number | undefined }[];
  /** The newest run, when none is live. */
  readonly last: { readonly id: string; readonly state: RunState; readonly life: RunLife } | undefined;
}

/** `oompa status`: what goes on now; when nothing does, the queue and how the last run went. */
export function renderStatus(
  { live, starting, last }: StatusReport,
  size: ScreenSize & Required<Pick<ScreenSize, 'queue'>>,
): string {
  const screens = [
    ...live.map((state) => screenLines(state, size).join('\n')),
    ...starting.map(
      ({ id, pid }) => `oompa  run ${id} is starting${pid === undefined ? '' : `, process ${String(pid)}`}`,
    ),
  ];
  if (screens.length > 0) return `${screens.join('\n\n')}\n`;
  const lines = [
    'No run is live here.',
    '',
    `  queue    ${queueWords(size.queue)}`,
    ...(last === undefined ? [] : [`  last     ${lastWords(last, size)}`, ...waitingLines(last.state, size)]),
    '',
    last === undefined
      ? 'Start one with: oompa swarm'
      : 'Start one with: oompa swarm · see the last one with: oompa runs show',
  ];
  return `${lines.join('\n')}\n`;
}

function lastWords({ id, state, life }: NonNullable<StatusReport['last']>, { paint }: ScreenSize): string {
  const { head, end, lastAt } = state;
  if (head === undefined) return `run ${id} ${paint('red', 'has never started')}`;
  const { text, style } = runVerdict({ life, counts: countStandings(taskRows(state)), why: end?.why });
  const until = end?.at ?? lastAt ?? head.at;
  return `${dayTime(head.at)}–${clockTime(until).slice(0, 5)}: ${paint(style, text)}`;
}
