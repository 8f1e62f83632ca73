import type { RunLife } from '../core/run-state.ts';
import type { Summary } from '../core/summary.ts';
import type { Paint, Style } from './paint.ts';
import { runVerdict } from './run-verdict.ts';
import { table } from './table.ts';
import { dayTime, elapsed, money, tokenCount } from './text.ts';

/** One run in the list. */
export interface ListedRun {
  readonly id: string;
  readonly life: RunLife;
  readonly summary: Summary;
}

/** `oompa runs list`: newest first, one line a run. */
export function renderRuns(
  runs: readonly ListedRun[],
  view: { readonly columns: number; readonly paint: Paint },
): string {
  if (runs.length === 0) return 'No run yet. Start one with: oompa swarm\n';
  const styles = new Map<string, Style>();
  const rows = runs.map(({ id, life, summary }) => {
    const verdict = verdictOf(life, summary);
    styles.set(verdict.text, verdict.style);
    const { cost_usd: cost, tokens_in, tokens_out } = summary.spent;
    const began = summary.started_at === '' ? '' : dayTime(summary.started_at);
    const spent = cost === null ? `${tokenCount(tokens_in + tokens_out)} tok` : money(cost);
    return [id, began, elapsed(summary.ms), verdict.text, spent];
  });
  const columns = [
    { title: 'run', align: 'left' },
    { title: 'began', align: 'left' },
    { title: 'time', align: 'right' },
    { title: 'how it went', align: 'left', shrinksTo: 12, style: (cell: string) => styles.get(cell) },
    { title: 'spent', align: 'right' },
  ] as const;
  return `${table(columns, rows, { width: view.columns, paint: view.paint }).join('\n')}\n`;
}

/** A run that was cut off before its first event has nothing to be judged by. */
function verdictOf(
  life: RunLife,
  { counts, ended_because: why, started_at: began }: Summary,
): ReturnType<typeof runVerdict> {
  if (life === 'crashed' && began === '') return { text: 'never started', style: 'red' };
  return runVerdict({ life, counts, why: why ?? undefined });
}
