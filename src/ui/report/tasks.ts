import type { TaskRow } from '../../core/run-tables.ts';
import { cut, elapsed, money, shortCommit, tokenCount } from '../text.ts';
import type { Html } from './html.ts';
import { html } from './html.ts';
import { outcomeWord } from './outcomes.ts';
import type { RunReport } from './run-report.ts';
import { taskInside, titleInRow } from './task.ts';
import type { ToldTask } from './told.ts';

/** The tasks, a row each that opens to all that is known of it. */
export function taskTable(report: RunReport, tasks: readonly ToldTask[]): Html {
  if (tasks.length === 0)
    return html`<section id="tasks">
      <h2>Tasks</h2>
      <p>No task was started.</p>
    </section>`;
  const heads = ['outcome', 'task', 'worker', 'try', 'rounds', 'turns', 'time', 'tokens', 'cost', 'commit'];
  return html`<section id="tasks">
    <h2>Tasks</h2>
    <div class="row heads" aria-hidden="true">${heads.map((head) => html`<span class="${head}">${head}</span>`)}</div>
    ${tasks.map((task) => taskFold(task, report))}
  </section>`;
}

function taskFold(task: ToldTask, report: RunReport): Html {
  // A link to something inside opens the fold, in browsers that follow the standard.
  return html`<details class="task">
    <summary>${summaryRow(task.row, report)}</summary>
    <div class="inside" id="${task.anchor}">${taskInside(task, report)}</div>
  </details>`;
}

function summaryRow({ usage, ...row }: TaskRow, { life }: RunReport): Html {
  const title = titleInRow(row);
  return html`<div class="row">
    <span class="state">${outcomeWord(row.standing, life)}</span
    ><span class="task"
      ><b>${cut(row.task, 120)}</b>${title === row.task ? undefined : html` <small>${title}</small>`}</span
    ><span class="worker">${row.worker}</span>${figure('try', row.attempt, 'try ', '')}${figure(
      'rounds',
      row.rounds,
      '',
      row.rounds === 1 ? ' round' : ' rounds',
    )}${figure('turns', row.turns, '', row.turns === 1 ? ' turn' : ' turns')}${figure('time', elapsed(row.ms), '', '')}${figure(
      'tokens',
      tokenCount(usage.input + usage.output),
      '',
      ' tokens',
    )}${figure('cost', usage.costUsd === undefined ? '–' : money(usage.costUsd), '', '')}<span class="commit"
      ><code>${row.commit === undefined ? '' : shortCommit(row.commit)}</code></span
    >
  </div>`;
}

/** What is said around it shows where there is no room for columns, and is always read out. */
function figure(name: string, value: string | number, before: string, after: string): Html {
  return html`<span class="n ${name}"><i>${before}</i>${value}<i>${after}</i></span>`;
}
