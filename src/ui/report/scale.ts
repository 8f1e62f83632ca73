import type { Span } from './lanes.ts';

/** How times become places along the timeline. */
export interface Scale extends Span {
  /** Pixels that it is at least wide: one of `widths`. */
  readonly width: number;
  /** The place of a time, `12.5%`. */
  at(time: number): string;
  /** The width of a stretch, never so little that it can't be seen. */
  wide(span: Span): string;
  /** The same in pixels, where the timeline is no wider than it must be. */
  pixels(span: Span): number;
}

/** One mark of the axis. */
export interface Tick {
  readonly time: number;
  /** Stays where there is little room, as on paper. */
  readonly isMajor: boolean;
}

/** The widths that the style sheet knows, in pixels. */
export const widths = [560, 1000, 1500, 2200, 3200, 4500, 6000] as const;

/** How large the timeline may stand on paper, in percent. The style sheet knows these, too. */
export const paperSizes = [100, 80, 65, 50, 40, 30] as const;

/** A scale for the run. `bars`: how many the fullest lane has. */
export function scaleOf({ from, to }: Span, bars: number): Scale {
  const wanted = bars * pixelsForOne;
  const width = widths.find((each) => each >= wanted) ?? widths[widths.length - 1] ?? 0;
  const length = Math.max(1000, to - from);
  const share = (ms: number) => (ms / length) * 100;
  return {
    from,
    to: from + length,
    width,
    at: (time) => percent(share(time - from)),
    wide: (span) => percent(Math.max(share(span.to - span.from), 100 / width)),
    pixels: (span) => ((span.to - span.from) / length) * width,
  };
}

const pixelsForOne = 16;

function percent(share: number): string {
  return `${String(Math.round(Math.min(100, Math.max(0, share)) * 1000) / 1000)}%`;
}

/** Round times along the axis, as many as can be read. */
export function ticksOf({ from, to, width }: Scale): Tick[] {
  const most = Math.max(4, Math.floor(width / 110));
  const step = steps.find((each) => (to - from) / each <= most) ?? day * Math.ceil((to - from) / day / most);
  // Round on the clock of this machine, which is what the axis shows.
  const shift = new Date(from).getTimezoneOffset() * minute;
  const first = Math.ceil((from - shift) / step) * step + shift;
  const count = Math.max(0, Math.floor((to - first) / step) + 1);
  const every = Math.ceil(count / mostMajor);
  return Array.from({ length: count }, (_, index) => ({ time: first + index * step, isMajor: index % every === 0 }));
}

const mostMajor = 6;
const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;
const steps = [
  ...[1, 2, 5, 10, 15, 30].map((count) => count * second),
  ...[1, 2, 5, 10, 15, 30].map((count) => count * minute),
  ...[1, 2, 3, 6, 12].map((count) => count * hour),
  ...[1, 2, 7].map((count) => count * day),
];
