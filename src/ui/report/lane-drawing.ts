import type { RunLife } from '../../core/run-state.ts';
import type { Standing } from '../../core/run-tables.ts';
import { standingWord } from '../run-tables.ts';
import { cut, oneLine, spokenTime } from '../text.ts';
import type { Html } from './html.ts';
import { html } from './html.ts';
import type { Bar, Lane, Span, Step, Wait } from './lanes.ts';
import { outcomeColour } from './outcomes.ts';
import type { Scale } from './scale.ts';

/** Pixels from one lane to the next. The style sheet knows it too. */
export const laneHeight = 46;

/**
 * One lane, its top at zero: the colour is the outcome, the shape is the step (a turn is a high block, a review a low one, a
 * check is hollow, all else a line), and below it a mark says the outcome again. Where there is no room, steps become one block.
 */
export function laneDrawing({ bars, waits }: Lane, scale: Scale, life: RunLife): Html {
  const drawn = crowds(bars, scale).map(([first, ...more]) =>
    more.length === 0 ? barDrawing(first, scale, life) : crowdDrawing([first, ...more], scale, life),
  );
  return html`${waits.map((wait) => waitDrawing(wait, scale))}${drawn}`;
}

function waitDrawing(wait: Wait, scale: Scale): Html {
  const why = cut(oneLine(wait.why), 200);
  return html`<g class="wait">${line(wait, scale)}<title>waiting ${spokenTime(lengthOf(wait))}: ${why}</title></g>`;
}

function barDrawing(bar: Bar, scale: Scale, life: RunLife): Html {
  const { task, anchor, standing } = bar;
  const title = `${task === '' ? 'planning' : `${task}, ${standingWord(standing, life)}`}, ${spokenTime(lengthOf(bar))}`;
  const inside = html`<title>${title}</title>${blocks(bar, scale)}${markDrawing(bar, scale)}${nameDrawing(bar, scale)}`;
  const colour = task === '' ? 'plan' : outcomeColour(standing, life);
  // Tab goes to the tasks themselves: hundreds of bars on the way there help nobody.
  return anchor === ''
    ? html`<g class="bar ${colour}">${inside}</g>`
    : html`<a class="bar ${colour}" href="#${anchor}" tabindex="-1">${inside}</a>`;
}

function blocks(bar: Bar, scale: Scale): Html {
  if (bar.steps.length === 0 || scale.pixels(bar) < pixelsForSteps) return block(bar, scale, 'turn');
  return html`${line(bar, scale)}${bar.steps.map((step) => stepDrawing(step, bar.task, scale))}`;
}

function stepDrawing(step: Step, task: string, scale: Scale): Html {
  const title = html`<title>${cut(`${task}, ${step.what}`, 200)}, ${spokenTime(lengthOf(step))}</title>`;
  return html`<g class="${step.failed ? 'bad' : ''}"
    >${title}${step.kind === 'other' ? line(step, scale) : block(step, scale, step.kind)}</g
  >`;
}

function block(span: Span, scale: Scale, kind: 'turn' | 'review' | 'verify'): Html {
  const { y, height } = { turn: { y: 5, height: 18 }, review: { y: 10, height: 8 }, verify: { y: 5.75, height: 16.5 } }[
    kind
  ];
  return html`<rect
    class="${kind}"
    x="${scale.at(span.from)}"
    width="${scale.wide(span)}"
    y="${y}"
    height="${height}"
  />`;
}

function line(span: Span, scale: Scale): Html {
  return html`<line x1="${scale.at(span.from)}" x2="${scale.at(span.to)}" y1="14" y2="14" />`;
}

/** What went well needs no mark where there is no room for one. */
function markDrawing(bar: Bar, scale: Scale): Html | undefined {
  const isCalm = bar.standing === 'landed' || bar.standing === 'proposed';
  if (isCalm && scale.pixels(bar) < pixelsForMark) return undefined;
  return html`<svg class="at" x="${scale.at(bar.from)}" y="34"><use href="#is-${bar.standing}" x="6" /></svg>`;
}

function nameDrawing(bar: Bar, scale: Scale): Html | undefined {
  if (scale.pixels(bar) < pixelsForName) return undefined;
  const name = bar.task === '' ? 'planning' : cut(bar.task, 60);
  return html`<svg x="${scale.at(bar.from)}" y="25" width="${scale.wide(bar)}" height="18">
    <text x="16" y="13">${name}</text>
  </svg>`;
}

/** Neighbours that would fall on the same few pixels. */
function crowds(bars: readonly Bar[], scale: Scale): [Bar, ...Bar[]][] {
  const crowded: [Bar, ...Bar[]][] = [];
  for (const bar of bars) {
    const last = crowded.at(-1);
    if (last !== undefined && scale.pixels({ from: last[0].from, to: bar.to }) < pixelsForBar) last.push(bar);
    else crowded.push([bar]);
  }
  return crowded;
}

function crowdDrawing(bars: readonly [Bar, ...Bar[]], scale: Scale, life: RunLife): Html {
  const worst = bars.reduce((found, bar) => (rank(bar) < rank(found) ? bar : found));
  const words = bars.map(({ task, standing }) => `${task}, ${standingWord(standing, life)}`);
  const span = { from: bars[0].from, to: bars.at(-1)?.to ?? bars[0].to };
  return html`<g class="bar ${outcomeColour(worst.standing, life)}">
    <title>${words.join('\n')}</title>${block(span, scale, 'turn')}${markDrawing({ ...worst, ...span }, scale)}
  </g>`;
}

function rank({ standing }: Bar): number {
  return worstFirst.indexOf(standing);
}

const worstFirst: readonly Standing[] = ['failed', 'asks', 'held', 'open', 'back', 'lost', 'proposed', 'landed'];
const pixelsForBar = 3;
const pixelsForSteps = 8;
const pixelsForMark = 13;
const pixelsForName = 44;

function lengthOf({ from, to }: Span): number {
  return to - from;
}
