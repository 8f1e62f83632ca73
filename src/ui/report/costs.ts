import type { AgentRow, WorkerRow } from '../../core/run-tables.ts';
import { agentRows, workerRows } from '../../core/run-tables.ts';
import type { Usage } from '../../core/usage.ts';
import { elapsed, money, tokenCount } from '../text.ts';
import type { Html } from './html.ts';
import { html } from './html.ts';
import type { RunReport } from './run-report.ts';

/** What each harness and model did and used, and each worker; nothing before the first turn has ended. */
export function costs({ state }: RunReport): Html | undefined {
  const agents = agentRows(state);
  if (agents.length === 0) return undefined;
  const workers = workerRows(state);
  return html`<section id="costs">
      <h2>Cost and tokens by agent</h2>
      ${table(['agent', 'turns', 'reviews', 'failed', 'time', ...usageHeads], rowsOf(agents, agentCells))}
    </section>
    <section id="workers">
      <h2>Workers</h2>
      ${table(
        ['worker', 'iterations', 'landed', 'rejected', 'failed', 'turns', 'busy', ...usageHeads],
        rowsOf(workers, workerCells),
      )}
    </section>`;
}

const usageHeads = ['tokens', 'cost'];

/** A cell is its words, and the share of a bar below them where looking beats reading. */
interface Cell {
  readonly words: string | number;
  readonly share?: number;
}

function agentCells({ agent, turns, reviews, failed, ms }: AgentRow): Cell[] {
  return [{ words: agent }, ...[turns, reviews, failed].map((words) => ({ words })), { words: elapsed(ms) }];
}

function workerCells({ worker, iterations, landed, rejected, failed, turns, busy }: WorkerRow): Cell[] {
  const counts = [iterations, landed, rejected, failed, turns].map((words) => ({ words }));
  return [{ words: worker.name }, ...counts, { words: `${String(Math.round(busy * 100))} %`, share: busy }];
}

function rowsOf<Row extends { readonly usage: Usage }>(
  rows: readonly Row[],
  cellsOf: (row: Row) => Cell[],
): (readonly Cell[])[] {
  const most = (amountOf: (usage: Usage) => number) => Math.max(...rows.map(({ usage }) => amountOf(usage)), 0);
  const [mostTokens, mostCost] = [most(tokensOf), most(costOf)];
  return rows.map((row) => [
    ...cellsOf(row),
    { words: tokenCount(tokensOf(row.usage)), share: mostTokens === 0 ? 0 : tokensOf(row.usage) / mostTokens },
    row.usage.costUsd === undefined
      ? { words: '–' }
      : { words: money(row.usage.costUsd), share: mostCost === 0 ? 0 : costOf(row.usage) / mostCost },
  ]);
}

function tokensOf({ input, output }: Usage): number {
  return input + output;
}

function costOf({ costUsd }: Usage): number {
  return costUsd ?? 0;
}

function table(heads: readonly string[], rows: readonly (readonly Cell[])[]): Html {
  const align = (index: number) => (index === 0 ? '' : 'n');
  return html`<div class="wide">
    <table>
      <thead>
        <tr>
          ${heads.map((head, index) => html`<th class="${align(index)}">${head}</th>`)}
        </tr>
      </thead>
      <tbody>
        ${rows.map(
          (cells) =>
            html`<tr>
              ${cells.map((cell, index) => html`<td class="${align(index)}">${inCell(cell)}</td>`)}
            </tr>`,
        )}
      </tbody>
    </table>
  </div>`;
}

function inCell({ words, share }: Cell): Html {
  if (share === undefined) return html`${words}`;
  const width = `${String(Math.round(share * 1000) / 10)}%`;
  return html`${words}<svg class="share" height="4" aria-hidden="true">
      <rect class="all" width="100%" height="4" rx="2" />
      <rect width="${width}" height="4" rx="2" />
    </svg>`;
}
