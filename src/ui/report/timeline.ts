import type { Standing, WorkerRow } from '../../core/run-tables.ts';
import { standingOf, workerRows } from '../../core/run-tables.ts';
import { clockTime, counted, dayTime } from '../text.ts';
import type { Growth } from './growth.ts';
import { growthDrawing, growthsOf } from './growth.ts';
import type { Html } from './html.ts';
import { html } from './html.ts';
import { laneDrawing, laneHeight } from './lane-drawing.ts';
import type { Lane } from './lanes.ts';
import { lanesOf } from './lanes.ts';
import { outcomeWord } from './outcomes.ts';
import type { RunReport } from './run-report.ts';
import type { Scale } from './scale.ts';
import { paperSizes, scaleOf, ticksOf } from './scale.ts';
import type { ToldTask } from './told.ts';

/** What each worker did when: a lane each, and what landed and was spent meanwhile. Nothing for a run without a beginning. */
export function timeline(report: RunReport, tasks: readonly ToldTask[]): Html | undefined {
  const { state, events, life, now } = report;
  if (state.head === undefined) return undefined;
  const until = Date.parse(state.end?.at ?? (life === 'live' ? now : (state.lastAt ?? now)));
  const lanes = lanesOf(state, events, tasks, until);
  if (lanes.length === 0) return undefined;
  const fullest = Math.max(...lanes.map(({ bars }) => bars.length));
  const scale = scaleOf({ from: Date.parse(state.head.at), to: until }, fullest);
  const growths = growthsOf(events);
  const names = workerRows(state);
  return html`<section id="timeline">
    <h2>Timeline</h2>
    <div class="lanes ${paperSize(lanes.length + growths.length)}">
      <div class="names">
        ${lanes.map(({ worker }) => laneName(names.find((row) => row.worker.name === worker)))}${growths.map(growthName)}
      </div>
      <div class="chart" tabindex="0" role="region" aria-label="Timeline">
        ${drawing({ lanes, growths, scale, life })}
      </div>
    </div>
    ${legend(tasks, life)}
  </section>`;
}

interface Drawn {
  readonly lanes: readonly Lane[];
  readonly growths: readonly Growth[];
  readonly scale: Scale;
  readonly life: RunReport['life'];
}

function drawing({ lanes, growths, scale, life }: Drawn): Html {
  const height = heightOf(lanes.length + growths.length);
  const top = (index: number) => axisHeight + index * laneHeight;
  const label = 'What each worker did when. The table of tasks says the same in words.';
  return html`<svg class="drawing w${scale.width}" height="${height}" role="img" aria-label="${label}">
    ${axis(scale, height)}${lanes.map(
      (lane, index) => html`<svg y="${top(index)}" height="${laneHeight}">${laneDrawing(lane, scale, life)}</svg>`,
    )}${growths.map(
      (growth, index) =>
        html`<svg y="${top(lanes.length + index)}" height="${laneHeight}">
          ${growthDrawing(growth, scale, laneHeight)}
        </svg>`,
    )}
  </svg>`;
}

const axisHeight = 26;

/** The class that lets so many lanes fit on one sheet of paper. */
function paperSize(lanes: number): string {
  const size = paperSizes.find((percent) => heightOf(lanes) * percent <= 100 * paperHeight);
  return `paper${String(size ?? paperSizes.at(-1))}`;
}

/** Pixels of an A4 or letter sheet that are left beside margins, title and legend. */
const paperHeight = 830;

function heightOf(lanes: number): number {
  return axisHeight + lanes * laneHeight;
}

function axis(scale: Scale, height: number): Html {
  const ticks = ticksOf(scale);
  const isLong = scale.to - scale.from > 20 * 60 * 60 * 1000;
  const isShort = scale.to - scale.from < 4 * 60 * 1000;
  const words = (time: number) => {
    const at = new Date(time).toISOString();
    return isLong ? dayTime(at) : isShort ? clockTime(at) : clockTime(at).slice(0, 5);
  };
  return html`<g class="axis"
    >${ticks.map(
      ({ time, isMajor }) =>
        html`<g class="${isMajor ? 'major' : 'minor'} ${edgeOf(time, scale)}"
          ><line x1="${scale.at(time)}" x2="${scale.at(time)}" y1="${axisHeight - 6}" y2="${height}" /><text
            x="${scale.at(time)}"
            y="14"
            >${words(time)}</text
          ></g
        >`,
    )}</g
  >`;
}

/** At which edge a time is so near that its words, in the middle below it, would be cut where the drawing is narrowest. */
function edgeOf(time: number, { from, to }: Scale): string {
  const share = (time - from) / (to - from);
  return share < 0.07 ? 'first' : share > 0.93 ? 'last' : '';
}

function laneName(row: WorkerRow | undefined): Html | undefined {
  if (row === undefined) return undefined;
  const { worker, landed, busy } = row;
  const done = landed === 0 ? '' : `${String(landed)} landed · `;
  return html`<div>
    <b title="${worker.name}">${worker.name}</b><small>${done}${Math.round(busy * 100)} % busy</small>
  </div>`;
}

function growthName({ name, total }: Growth): Html {
  return html`<div><b>${name}</b><small>${total}</small></div>`;
}

/** Only the outcomes that are there. */
function legend(tasks: readonly ToldTask[], life: RunReport['life']): Html {
  const counts = new Map<Standing, number>();
  for (const { record } of tasks.flatMap(({ iterations }) => iterations)) {
    const standing = standingOf(record);
    counts.set(standing, (counts.get(standing) ?? 0) + 1);
  }
  const outcomes = [...counts].map(
    ([standing, count]) => html`<li title="${counted(count, 'iteration')}">${outcomeWord(standing, life)}</li>`,
  );
  const shapes = [
    ['turn', html`<rect class="turn" x="0" y="2" width="22" height="14" />`],
    ['review', html`<rect class="review" x="0" y="5.5" width="22" height="7" />`],
    ['verify', html`<rect class="verify" x="0.75" y="2.75" width="20.5" height="12.5" />`],
    ['failed step', html`<g class="bad"><rect class="turn" x="0.75" y="2.75" width="20.5" height="12.5" /></g>`],
    ['in between', html`<line x1="0" x2="22" y1="9" y2="9" />`],
  ] as const;
  const keys = shapes.map(
    ([name, shape]) =>
      html`<li><svg class="bar key" width="22" height="18" aria-hidden="true">${shape}</svg>${name}</li>`,
  );
  return html`<ul class="legend">
    ${keys}${outcomes}
  </ul>`;
}
