import type { Standing } from '../../core/run-tables.ts';
import { msBetween } from '../../core/run-tables.ts';
import { countStandings } from '../../core/summary.ts';
import { runVerdict } from '../run-verdict.ts';
import { standingWord } from '../run-tables.ts';
import { clockTime, counted, money, shortCommit, spokenTime, tokenCount } from '../text.ts';
import type { Html } from './html.ts';
import { html } from './html.ts';
import { outcomeColour } from './outcomes.ts';
import type { RunReport } from './run-report.ts';
import type { ToldTask } from './told.ts';

/** The verdict on the run in a few words. */
export function verdictOf({ state, life }: RunReport, tasks: readonly ToldTask[]): ReturnType<typeof runVerdict> {
  const counts = countStandings(tasks.map(({ row }) => row));
  return runVerdict({ life, counts, why: state.end?.why });
}

/** The head of the page: how it went, which run, when, what it came to. */
export function headline(report: RunReport, tasks: readonly ToldTask[]): Html {
  const { state, life, now } = report;
  const { head, main } = state;
  const verdict = verdictOf(report, tasks);
  if (head === undefined) return html`<header><h1>A run that wrote nothing into its log</h1></header>`;
  const until = state.end?.at ?? (life === 'live' ? now : (state.lastAt ?? head.at));
  const moved = main === undefined || main === head.base ? '' : ` → ${shortCommit(main)}`;
  const sameDay = day(head.at) === day(until);
  return html`<header>
    <p class="run">oompa run <b>${head.run}</b></p>
    <h1 class="${verdict.style}">${sentence(verdict.text)}</h1>
    <p class="when">
      <time datetime="${head.at}">${day(head.at)}, ${clockTime(head.at).slice(0, 5)}</time>${sameDay ? '–' : ' – '}<time
        datetime="${until}"
        >${sameDay ? '' : `${day(until)}, `}${clockTime(until).slice(0, 5)}</time
      >
      ${zone(head.at)} · ${head.branch} <code>${shortCommit(head.base)}${moved}</code> ·
      ${counted(head.workers.length, 'worker')} on ${head.host}
    </p>
    ${figures(report, tasks, spokenTime(msBetween(head.at, until)))}
  </header>`;
}

function figures({ state, life }: RunReport, tasks: readonly ToldTask[], time: string): Html {
  const { spent, head } = state;
  const counts = Object.entries(countStandings(tasks.map(({ row }) => row))) as [Standing, number][];
  const budget = head?.maxCostUsd === undefined ? '' : ` of ${money(head.maxCostUsd)}`;
  const list = [
    ...counts
      .filter(([standing, count]) => count > 0 || standing === 'landed')
      .map(([standing, count]) => [standingWord(standing, life), count, '', outcomeColour(standing, life)] as const),
    ['time', time, '', ''] as const,
    ['cost', spent.costUsd === undefined ? '–' : money(spent.costUsd), budget, ''] as const,
    ['tokens', tokenCount(spent.input + spent.output), '', ''] as const,
  ];
  return html`<dl class="figures">
    ${list.map(
      ([name, value, of, colour]) =>
        html`<div>
          <dt>${name}</dt>
          <dd class="${value === 0 ? 'dim' : colour}">${value}<small>${of}</small></dd>
        </div>`,
    )}
  </dl>`;
}

function sentence(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}

/** The day on this machine's clock: `2026-11-20`. */
function day(at: string): string {
  const date = new Date(at);
  return [date.getFullYear(), date.getMonth() + 1, date.getDate()]
    .map((part) => String(part).padStart(2, '0'))
    .join('-');
}

/** What this machine's clock is ahead of UTC: `UTC+01:00`. */
function zone(at: string): string {
  const minutes = -new Date(at).getTimezoneOffset();
  const two = (count: number) => String(Math.floor(count)).padStart(2, '0');
  return minutes === 0
    ? 'UTC'
    : `UTC${minutes < 0 ? '−' : '+'}${two(Math.abs(minutes) / 60)}:${two(Math.abs(minutes) % 60)}`;
}
