import type { RunLife, RunState } from '../core/run-state.ts';
import { taskRows } from '../core/run-tables.ts';
import { countStandings } from '../core/summary.ts';
import { runVerdict } from './run-verdict.ts';
import type { ScreenSize } from './screen.ts';
import { queueWords, screenLines, waitingLines } from './screen.ts';
import { clockTime, dayTime } from './text.ts';

/** What `oompa status` knows of the workspace. */
export interface StatusReport {
  readonly live: readonly RunState[];
  /** The newest run, when none is live. */
  readonly last: { readonly state: RunState; readonly life: RunLife } | undefined;
}

/** `oompa status`: what goes on now; when nothing does, the queue and how the last run went. */
export function renderStatus(
  { live, last }: StatusReport,
  size: ScreenSize & Required<Pick<ScreenSize, 'queue'>>,
): string {
  if (live.length > 0) return `${live.map((state) => screenLines(state, size).join('\n')).join('\n\n')}\n`;
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

function lastWords({ state, life }: NonNullable<StatusReport['last']>, { paint }: ScreenSize): string {
  const { head, end, lastAt } = state;
  if (head === undefined) return 'a run that wrote nothing into its log';
  const { text, style } = runVerdict({ life, counts: countStandings(taskRows(state)), why: end?.why });
  const until = end?.at ?? lastAt ?? head.at;
  return `${dayTime(head.at)}–${clockTime(until).slice(0, 5)}: ${paint(style, text)}`;
}
