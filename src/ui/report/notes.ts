import type { RunEvent } from '../../core/event.ts';
import { eventLine } from '../event-lines.ts';
import { planningLines } from '../planning-steps.ts';
import type { StoryLine } from '../story-steps.ts';
import { counted, cut, oneLine } from '../text.ts';
import type { Html } from './html.ts';
import { html } from './html.ts';
import type { RunReport } from './run-report.ts';
import { stepList, transcriptFold } from './task.ts';
import { planningTurns, tellEach } from './told.ts';
import type { ToldTask } from './told.ts';

/** What concerns no single task: unreadable files, limits, budgets, what recovery did, trouble with the surroundings. */
export function notes({ events }: RunReport): Html | undefined {
  const lines = tellEach(events, (event): StoryLine[] => {
    const line = noted.includes(event.type) ? eventLine(event, undefined) : undefined;
    return line === undefined ? [] : [{ ...line, style: 'yellow' }];
  });
  return lines.length === 0
    ? undefined
    : html`<section id="notes">
        <h2>Notes</h2>
        ${someSteps(lines)}
      </section>`;
}

const noted: readonly RunEvent['type'][] = [
  'run:draining',
  'task:unreadable',
  'task:recovered',
  'agent:limited',
  'budget:reached',
  'server:changed',
  'checkout:touched',
  'main:taken',
  'stash:kept',
  'problem:seen',
];

/** What the planner did and said, and which tasks came of it or were proposed by workers. */
export function planning(report: RunReport, tasks: readonly ToldTask[]): Html | undefined {
  const { events, state } = report;
  const lines = planningLines(events);
  if (lines.length + state.added.length === 0) return undefined;
  const anchors = new Map(tasks.map(({ row, anchor }) => [row.task, anchor]));
  const shown = state.added.slice(0, mostLines).map(({ task, title, by }) => {
    const anchor = anchors.get(task);
    const name = anchor === undefined ? html`${task}` : html`<a href="#${anchor}">${task}</a>`;
    return html`<li><b>${name}</b> ${cut(oneLine(title), 200)} <small>proposed by ${by}</small></li>`;
  });
  return html`<section id="planning">
    <h2>Planned tasks</h2>
    <ul class="proposed">
      ${shown}
    </ul>
    ${andMore(state.added.length)} ${someSteps(lines)}
    ${planningTurns(events).map((turn) => transcriptFold(turn, `Planning ${String(turn.iteration)}, turn ${String(turn.number)}: the end of its transcript`, report))}
  </section>`;
}

function someSteps(lines: readonly StoryLine[]): Html {
  return html`${stepList(lines.slice(0, mostLines))}${andMore(lines.length)}`;
}

function andMore(count: number): Html | undefined {
  if (count <= mostLines) return undefined;
  return html`<p class="dim">
    and ${counted(count - mostLines, 'more', 'more')}: see <a href="events.jsonl">events.jsonl</a>
  </p>`;
}

const mostLines = 200;
