import type { RunLife, RunState } from '../core/run-state.ts';
import { taskRows } from '../core/run-tables.ts';
import { countStandings } from '../core/summary.ts';
import { runVerdict } from './run-verdict.ts';

/** How a run went that somebody has waited for, in one line with what to type next. `folder`: as a person would type it. */
export function waitedWords(
  { id, life, state }: { readonly id: string; readonly life: RunLife; readonly state: RunState },
  folder: string,
): string {
  const short = id.slice(-4);
  if (life === 'crashed' && state.head === undefined) {
    return `run ${id} has never started; what it said, if anything, is in ${folder}; start one with: oompa swarm`;
  }
  const { text } = runVerdict({ life, counts: countStandings(taskRows(state)), why: state.end?.why });
  const next = life === 'crashed' ? 'go on with: oompa swarm' : `see: oompa runs show ${short}`;
  return `run ${id}: ${text}; ${next}`;
}
