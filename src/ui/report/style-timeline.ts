import { laneHeight } from './lane-drawing.ts';
import { paperSizes, widths } from './scale.ts';

/** How the timeline looks: the names stay where they are, the drawing fills the width, and scrolls where it needs more. */
export const timelineStyle = `
.lanes { display: grid; grid-template-columns: minmax(5.5rem, max-content) minmax(0, 1fr); gap: 0 1rem; }
.names { padding-top: 26px; max-width: 11rem; }
.names div { height: ${String(laneHeight)}px; line-height: 1.25; padding-top: 4px; overflow: hidden; }
.names b { display: block; font-weight: 500; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.names small { display: block; white-space: nowrap; }
.chart { overflow-x: auto; }
.drawing { display: block; width: 100%; font-size: 12px; }
${widths.map((width) => `.w${String(width)} { min-width: ${String(width)}px; }`).join('\n')}
.drawing .at { overflow: visible; }
.axis line { stroke: var(--rule); }
.axis text { fill: var(--dim); text-anchor: middle; font-variant-numeric: tabular-nums; }
.axis .first text { text-anchor: start; } .axis .last text { text-anchor: end; }
.bar rect { fill: currentColor; rx: 2px; }
.bar .review { opacity: .6; }
.bar .verify { fill: var(--page); stroke: currentColor; stroke-width: 1.5; }
.bar .bad rect { fill: var(--page); stroke: currentColor; stroke-width: 1.5; stroke-dasharray: 3 2; }
.bar line, .wait line { stroke: currentColor; stroke-width: 2; }
.bar line { opacity: .55; }
.wait { color: var(--grey); }
.wait line { stroke-width: 3; stroke-dasharray: 1 5; stroke-linecap: round; }
.bar text { fill: var(--ink); stroke: none; }
a.bar { text-decoration: none; }
a.bar:hover text { text-decoration: underline; }
.growth { width: 100%; }
.growth .area { fill: var(--grey); opacity: .18; }
.growth .line { fill: none; stroke: var(--grey); stroke-width: 1.5; vector-effect: non-scaling-stroke; }
.legend { display: flex; flex-wrap: wrap; gap: .2rem 1.4rem; list-style: none; margin: .8rem 0 0; padding: 0; font-size: .87em; }
.key { color: var(--grey); margin-right: .45em; vertical-align: -4px; }
@media print {
  .chart { overflow: visible; }
  .drawing { min-width: 0; }
  .axis .minor { display: none; }
  ${paperSizes.map((size) => `.paper${String(size)} { zoom: ${String(size)}%; }`).join(' ')}
}
@media screen and (max-width: 56rem) {
  .names { max-width: 6.5rem; }
  .names small { overflow: hidden; text-overflow: ellipsis; }
}`;
