import { timelineStyle } from './style-timeline.ts';

const colours = `
:root {
  color-scheme: light dark;
  --page: #fafaf8; --ink: #202327; --dim: #5f656d; --rule: #e3e3de; --sunk: #f1f1ed; --link: #2a5b8f;
  --green: #2c7a4b; --yellow: #946200; --red: #b83226; --grey: #7b828b; --focus: #2a5b8f;
  --added: #e3f2e6; --deleted: #fae4e1;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #16181b; --ink: #dfe2e6; --dim: #98a0a9; --rule: #2d3136; --sunk: #1d2023; --link: #86b4e0;
    --green: #66bd8b; --yellow: #dcaa4c; --red: #ec7a6c; --grey: #8b939c; --focus: #86b4e0;
    --added: #1b3324; --deleted: #3d2220;
  }
}
@media print {
  :root {
    color-scheme: light;
    --page: #fff; --ink: #111; --dim: #555; --rule: #ccc; --sunk: #f5f5f5; --link: #111;
    --green: #1d6b3c; --yellow: #7d5200; --red: #a52a1f; --grey: #666; --added: #e9f5eb; --deleted: #fbeae8;
  }
}`;

const page = `
* { box-sizing: border-box; }
html { scroll-padding-top: 1rem; -webkit-text-size-adjust: 100%; }
body { margin: 0; background: var(--page); color: var(--ink); font: 15px/1.5 system-ui, -apple-system, "Segoe UI", sans-serif; }
main { max-width: 76rem; margin: 0 auto; padding: 2.5rem 1.5rem 4rem; }
section { margin-top: 3rem; }
h1 { font-size: 1.9rem; line-height: 1.2; font-weight: 600; letter-spacing: -.01em; margin: .2rem 0 .5rem; }
h2 { font-size: 1.05rem; font-weight: 600; margin: 0 0 .9rem; }
h3, h4 { font-size: 1rem; font-weight: 600; margin: 0; }
h4 { margin-top: 1.2rem; }
p { margin: .25rem 0; }
a { color: var(--link); text-decoration-thickness: 1px; text-underline-offset: 2px; }
:focus-visible { outline: 2px solid var(--focus); outline-offset: 2px; border-radius: 3px; }
code, pre, .mono, .file { font: .92em/1.5 ui-monospace, "SF Mono", Menlo, Consolas, "Liberation Mono", monospace; }
small { font-size: .87em; color: var(--dim); }
h1, h3, dd, td, li, small, b, p, code, summary span, .text { overflow-wrap: anywhere; unicode-bidi: isolate; }
.dim { color: var(--dim); }
.green { color: var(--green); } .yellow { color: var(--yellow); } .red { color: var(--red); }
.going, .plan { color: var(--link); }
.bold { font-weight: 600; }
.n { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
.defs { position: absolute; }
.mark, use { fill: none; stroke: currentColor; stroke-width: 2; stroke-linecap: round; stroke-linejoin: round; }
.mark { width: 13px; height: 13px; margin-right: .35em; vertical-align: -1.5px; }
.run, .when { color: var(--dim); margin: 0; }
.figures { display: flex; flex-wrap: wrap; gap: .9rem 2.2rem; margin: 1.6rem 0 0; }
.figures div { display: flex; flex-direction: column-reverse; }
.figures dt { color: var(--dim); font-size: .87em; }
.figures dd { margin: 0; font-size: 1.5rem; line-height: 1.25; font-variant-numeric: tabular-nums; }
.figures small { font-size: .9rem; }`;

const parts = `
.trouble { border-left: 3px solid currentColor; padding: .1rem 0 .1rem 1rem; margin: 0 0 1.3rem; }
.trouble > * { color: var(--ink); }
.trouble h3 a { color: inherit; }
.trouble .cause { font-weight: 500; }
.commands code, .commands a { display: inline-block; background: var(--sunk); border-radius: 4px; padding: .05rem .45rem; margin: .2rem .35rem .1rem 0; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; }
th { font-weight: 400; font-size: .87em; color: var(--dim); text-align: left; }
th.n { text-align: right; }
th, td { padding: .4rem 1.5rem .4rem 0; border-bottom: 1px solid var(--rule); vertical-align: top; }
td:not(.n) { min-width: 9rem; }
td:last-child, th:last-child { padding-right: 0; }
.share { display: block; width: 6.5rem; margin: .2rem 0 0 auto; }
.share rect { fill: var(--grey); }
.share .all { fill: var(--rule); }
.row { display: grid; grid-template-columns: 6.2rem minmax(8rem, 1fr) 7rem 2.2rem 3.4rem 2.9rem 4.2rem 3.6rem 4rem 4.5rem; gap: 0 .8rem; align-items: baseline; }
.row i { position: absolute; clip-path: inset(50%); width: 1px; height: 1px; overflow: hidden; white-space: nowrap; font-style: normal; }
.row .worker, .row .commit { color: var(--dim); overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.row .task b { font-weight: 500; }
.row .task small { display: block; }
.heads { color: var(--dim); font-size: .87em; padding: 0 0 .4rem 1.25rem; border-bottom: 1px solid var(--rule); }
.heads .try, .heads .rounds, .heads .turns, .heads .time, .heads .tokens, .heads .cost { text-align: right; }
.outcome { white-space: nowrap; }
summary { cursor: pointer; list-style: none; position: relative; padding-left: 1.25rem; }
summary::-webkit-details-marker { display: none; }
summary::before { content: ""; position: absolute; left: .2rem; top: .95em; width: .4em; height: .4em; margin-top: -.3em; border: solid var(--dim); border-width: 0 1.5px 1.5px 0; transform: rotate(-45deg); }
details[open] > summary::before { transform: rotate(45deg); }
.task > summary { padding-top: .5rem; padding-bottom: .5rem; }
.task > summary::before { top: 1.4em; }
.task > summary:hover, .fold > summary:hover { background: var(--sunk); }
summary:focus-visible { outline-offset: -2px; }
details.task { border-bottom: 1px solid var(--rule); }
.inside { padding: .3rem 0 1.5rem 1.25rem; scroll-margin-top: 4rem; }
.inside:target { box-shadow: inset 3px 0 0 var(--link); }
.facts { margin: .2rem 0 .8rem; }
.facts div { display: flex; gap: .8rem; }
.facts dt { flex: 0 0 6.5rem; color: var(--dim); }
.facts dd { margin: 0; min-width: 0; }
.steps { max-width: 60rem; list-style: none; margin: .4rem 0 .9rem; padding: 0; }
.steps li { display: grid; grid-template-columns: 4.7rem 4.7rem minmax(0, 1fr) auto; gap: 0 .8rem; padding: .12rem 0; }
.steps time, .steps i { white-space: nowrap; color: var(--dim); font-style: normal; font-variant-numeric: tabular-nums; }
.steps b { font-weight: 500; }
.fold { margin: .25rem 0; }
.fold > summary { padding-top: .15rem; padding-bottom: .15rem; }
.fold b { font-weight: 500; margin-right: .4em; }
.fold .said { color: var(--dim); }
.fold > :not(summary) { margin-left: 1.25rem; }
.text, pre { background: var(--sunk); border-radius: 6px; padding: .8rem 1rem; margin: .5rem 0; white-space: pre-wrap; overflow-wrap: anywhere; tab-size: 4; }
.text:empty { display: none; }
.text, .transcript, .diff { max-height: 36rem; overflow-y: auto; }
.diff { padding: .6rem 0; }
.diff span { display: block; padding: 0 1rem; min-height: 1.5em; }
.diff .file { font-weight: 600; } .diff .hunk { color: var(--dim); }
.diff .added { background: var(--added); } .diff .deleted { background: var(--deleted); }
.transcript .dim { color: var(--dim); }
.proposed { list-style: none; padding: 0; margin: 0 0 1rem; }
.proposed b { font-weight: 500; }`;

const narrow = `
@media screen {
  .long details.task { content-visibility: auto; contain-intrinsic-size: auto 3.6rem; }
}
@media screen and (max-width: 56rem) {
  main { padding: 1.5rem 1rem 3rem; }
  h1 { font-size: 1.5rem; }
  .row.heads { display: none; }
  .row { display: flex; flex-wrap: wrap; gap: 0 .9rem; }
  .row .state { order: -2; } .row .task { order: -1; flex: 1 0 60%; }
  .row i { position: static; clip-path: none; width: auto; height: auto; white-space: pre; }
  .row .n, .row .worker, .row .commit { font-size: .87em; color: var(--dim); }
  .facts div { display: block; }
  .steps li { grid-template-columns: 4.7rem minmax(0, 1fr) auto; }
  .steps span { grid-column: 1 / -1; grid-row: 2; padding-left: 0; }
  .steps li { padding-bottom: .4rem; }
}`;

const paper = `
@page { margin: 14mm; }
@media print {
  body { font-size: 9.5pt; }
  main { max-width: none; padding: 0; }
  a { text-decoration: none; }
  h2, h3, h4, summary { break-after: avoid; }
  .trouble, tr, .steps li, .lanes, .figures { break-inside: avoid; }
  .legend { break-before: avoid; }
  thead { display: table-header-group; }
  section { margin-top: 1.6rem; }
  main:not(.long) details::details-content { content-visibility: visible; display: block; block-size: auto; }
  summary { padding-left: 0; }
  summary::before { display: none; }
  .inside, .heads { padding-left: 0; }
  .wide { overflow: visible; }
  th, td { padding-right: .7rem; }
  td:not(.n) { min-width: 0; }
  .share { width: 3.2rem; }
  .text, .transcript, .diff { max-height: none; overflow: visible; background: none; border: 1px solid var(--rule); }
  .added, .deleted, rect, .share, .outcome { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  .row { grid-template-columns: 5.5rem minmax(6rem, 1fr) 5.5rem 1.6rem 3rem 2.6rem 3.4rem 3rem 3.2rem 4rem; gap: 0 .5rem; }
}`;

/** The style sheet of the report. Colours say only what words, marks or shapes say too. */
export const styleSheet = [colours, page, parts, timelineStyle, narrow, paper].join('\n');
