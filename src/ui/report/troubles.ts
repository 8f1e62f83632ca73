import { failureCounts, lost } from '../../core/failure-table.ts';
import type { FailureRow } from '../../core/failure-table.ts';
import { failureMessage } from '../phrases.ts';
import { troubleLines } from '../run-troubles.ts';
import { someOf } from '../text.ts';
import type { Html } from './html.ts';
import { html } from './html.ts';
import { mark, paintedLine, partsOf } from './painted.ts';
import type { RunReport } from './run-report.ts';
import type { ToldTask } from './told.ts';

/** What needs a person, worst first: the cause, the details, the next commands. Nothing when all went well. */
export function troubles({ state, life, folder }: RunReport, tasks: readonly ToldTask[]): Html | undefined {
  const rows = tasks.map(({ row }) => row);
  const anchors = new Map(tasks.map(({ row, anchor }) => [row.task, anchor]));
  const run = state.head === undefined ? '' : ` --run ${state.head.run}`;
  const lines = troubleLines(state, rows, { life, columns: Infinity, paint: mark, folder, run });
  const groups = groupsOf(lines).map((group) => groupOf(group, anchors));
  return groups.length === 0
    ? undefined
    : html`<section id="troubles">
        <h2>What needs you</h2>
        ${groups}
      </section>`;
}

/** A group begins with a painted name; on an endless line the cause is beside it, and all else stands below. */
function groupsOf(lines: readonly string[]): (readonly [string, ...string[]])[] {
  const groups: [string, ...string[]][] = [];
  for (const line of lines) {
    const last = groups.at(-1);
    if (last === undefined || !line.startsWith('   ')) groups.push([line]);
    else last.push(line);
  }
  return groups;
}

function groupOf([head, ...rest]: readonly [string, ...string[]], anchors: Anchors): Html {
  const [name, ...beside] = partsOf(head).filter(({ text }) => text.trim() !== '');
  if (name?.style === undefined) return html`<p>${paintedLine(head)}</p>`;
  const cause = beside.map(({ text }) => text.trim());
  const lines = [...cause, ...rest.map((line) => line.trim())];
  const task = name.text.trim();
  const anchor = anchors.get(task);
  const title = anchor === undefined ? html`${task}` : html`<a href="#${anchor}">${task}</a>`;
  const [first = '', ...details] = lines;
  return html`<article class="trouble ${name.style}">
    <h3>${title}</h3>
    <p class="cause">${first}</p>
    ${details.map((line) => html`<p>${commandsIn(line) ?? line}</p>`)}
  </article>`;
}

type Anchors = ReadonlyMap<string, string>;

/** The commands of a line that has nothing else. */
function commandsIn(line: string): Html | undefined {
  const parts = line.split(' · ');
  if (!parts.every((part) => part.startsWith('oompa '))) return undefined;
  return html`<span class="commands">${parts.map((part) => html`<code>${part}</code> `)}</span>`;
}

/** Failed turns and reviews by kind, and what became of them; nothing when none failed. */
export function failures({ state }: RunReport): Html | undefined {
  const rows = failureCounts(state);
  if (rows.length === 0) return undefined;
  return html`<section id="failures">
    <h2>Failed turns</h2>
    <div class="wide">
      <table>
        <thead>
          <tr>
            <th>kind</th>
            <th>of</th>
            <th class="n">turns</th>
            <th class="n">got over</th>
            <th class="n">by a fallback</th>
            <th class="n">lost</th>
            <th>what helps</th>
          </tr>
        </thead>
        <tbody>
          ${rows.map(failureRow)}
        </tbody>
      </table>
    </div>
  </section>`;
}

function failureRow(row: FailureRow): Html {
  const { kind, agents, turns, again, fallback } = row;
  const helps = lost(row) === 0 ? '' : failureMessage(kind, { harness: 'the agent' }).remedy;
  return html`<tr>
    <td>${kind}</td>
    <td>${someOf(agents, 3)}</td>
    <td class="n">${turns}</td>
    <td class="n">${again}</td>
    <td class="n">${fallback}</td>
    <td class="n ${lost(row) === 0 ? '' : 'red'}">${lost(row)}</td>
    <td>${helps}</td>
  </tr>`;
}
