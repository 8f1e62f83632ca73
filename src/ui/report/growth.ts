import type { RunEvent } from '../../core/event.ts';
import { money } from '../text.ts';
import type { Html } from './html.ts';
import { html } from './html.ts';
import type { Scale } from './scale.ts';
import { tellEach } from './told.ts';

/** Something that only grows in the course of a run. */
export interface Growth {
  readonly name: string;
  /** What it came to, in words. */
  readonly total: string;
  readonly points: readonly { readonly time: number; readonly value: number }[];
}

/** What landed, and what was spent as far as that is known; nothing that stayed at zero. */
export function growthsOf(events: readonly RunEvent[]): Growth[] {
  const landed = sums(events, (event) => (event.type === 'landing:landed' ? 1 : 0));
  const spent = sums(events, (event) =>
    event.type === 'turn:ended' || event.type === 'review:ended' ? (event.usage.costUsd ?? 0) : 0,
  );
  return [
    { name: 'landed', total: String(landed.at(-1)?.value ?? 0), points: landed },
    { name: 'spent', total: money(spent.at(-1)?.value), points: spent },
  ].filter(({ points }) => points.length > 0);
}

function sums(events: readonly RunEvent[], amountOf: (event: RunEvent) => number): Growth['points'] {
  let value = 0;
  return tellEach(events, (event) => {
    const amount = amountOf(event);
    value += amount;
    return amount === 0 ? [] : [{ time: Date.parse(event.at), value }];
  });
}

/** It as a stepped line over an area, its top at zero. */
export function growthDrawing({ name, total, points }: Growth, scale: Scale, height: number): Html {
  const most = points.at(-1)?.value ?? 1;
  const x = (time: number) => round(((time - scale.from) / (scale.to - scale.from)) * wide);
  const y = (value: number) => round((height - 8) * (1 - value / most) + 4);
  const steps = thinned(points).map(({ time, value }) => `H${String(x(time))}V${String(y(value))}`);
  const line = `M0 ${String(y(0))}${steps.join('')}H${String(wide)}`;
  return html`<svg class="growth" viewBox="0 0 ${wide} ${height}" preserveAspectRatio="none" height="${height}">
    <title>${name}: ${total}</title>
    <path class="area" d="${line}V${y(0)}H0Z" />
    <path class="line" d="${line}" />
  </svg>`;
}

const wide = 1000;

/** More steps than that can't be told apart. */
function thinned(points: Growth['points']): Growth['points'] {
  const every = Math.ceil(points.length / 500);
  return points.filter((_, index) => index % every === 0 || index === points.length - 1);
}

function round(value: number): number {
  return Math.round(Math.min(wide, Math.max(0, value)) * 10) / 10;
}
