import { createHash } from 'node:crypto';
import { costs } from './costs.ts';
import { headline, verdictOf } from './headline.ts';
import type { Html } from './html.ts';
import { html } from './html.ts';
import { notes, planning } from './notes.ts';
import { outcomeMarks } from './outcomes.ts';
import type { RunReport } from './run-report.ts';
import { styleSheet } from './style.ts';
import { taskTable } from './tasks.ts';
import { timeline } from './timeline.ts';
import type { ToldTask } from './told.ts';
import { failures, troubles } from './troubles.ts';

/** The report of a run as one HTML page: no script, nothing from anywhere else, links only to the run's own files beside it. */
export function renderReport(report: RunReport, tasks: readonly ToldTask[]): string {
  const { text } = verdictOf(report, tasks);
  const run = report.state.head?.run ?? report.folder;
  const page = html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta
          http-equiv="Content-Security-Policy"
          content="default-src 'none'; style-src '${hashOf(styleSheet)}'; base-uri 'none'; form-action 'none'"
        />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <meta name="referrer" content="no-referrer" />
        <title>${run}: ${text}</title>
        ${style}
      </head>
      <body>
        ${outcomeMarks()}
        <main class="${tasks.length > mostOnPaper ? 'long' : ''}">
          ${parts.map((part) => partOf(() => part(report, tasks)))}
        </main>
      </body>
    </html> `;
  return page.markup;
}

type Part = (report: RunReport, tasks: readonly ToldTask[]) => Html | undefined;

const parts: readonly Part[] = [headline, troubles, timeline, taskTable, costs, failures, planning, notes, record];

/** One part that can't be made keeps no other from being read. */
function partOf(make: () => Html | undefined): Html | undefined {
  try {
    return make();
  } catch {
    return html`<p class="dim">
      A part of this report could not be made: the log says what this version does not know.
    </p>`;
  }
}

/** Of more tasks than that, paper shows only what is open: nobody prints a thousand pages. */
const mostOnPaper = 200;

/** Made apart: what the policy allows is this text to the letter. */
const style: Html = { markup: `<style>${styleSheet}</style>` };

function hashOf(text: string): string {
  return `sha256-${createHash('sha256').update(text).digest('base64')}`;
}

function record({ config, folder, state, now }: RunReport): Html {
  const files = ['events.jsonl', 'summary.json', 'run.yaml', 'reviews/', 'turns/'];
  const by = state.head === undefined ? '' : ` by oompa ${state.head.version}`;
  return html`<section id="record">
    <h2>Record</h2>
    ${
      config.kind === 'text'
        ? html`<details class="fold">
            <summary>run.yaml: the config of this run</summary>
            <pre class="text" tabindex="0">${config.text}</pre>
            ${config.isCut ? html`<p class="dim">… cut: see <a href="run.yaml">run.yaml</a></p>` : undefined}
          </details>`
        : undefined
    }
    <p>${folder}/: ${files.map((file) => html`<a class="file" href="${file}">${file}</a> `)}</p>
    <p class="dim">
      Made${by} at <time datetime="${now}">${now.slice(0, 19).replace('T', ' ')} UTC</time>. Write it anew with
      <code>oompa runs report ${state.head?.run ?? ''}</code>
    </p>
  </section>`;
}
