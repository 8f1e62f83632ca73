import type { TranscriptEntry } from '../../core/transcript.ts';
import type { DiffLine } from '../diff.ts';
import { readDiff } from '../diff.ts';
import { transcriptLines } from '../transcript-lines.ts';
import type { Html } from './html.ts';
import { html } from './html.ts';
import { mark, paintedLine } from './painted.ts';
import type { Excerpt } from './run-report.ts';
import { isOwnFile } from './told.ts';

/** A link to a file of the run, beside which the report lies; its bare name where it would lead elsewhere. */
export function fileLink(path: string): Html {
  return isOwnFile(path)
    ? html`<a class="file" href="${path.split('/').map(encodeURIComponent).join('/')}">${path}</a>`
    : html`<code>${path}</code>`;
}

/** A review as its reviewer wrote it; what its front matter says stands in the report's own words above it. */
export function reviewText(excerpt: Excerpt, path: string): Html {
  const shown = excerpt.kind === 'text' ? excerpt.text.replace(/^---\n.*?\n---\n/s, '').trim() : '';
  return html`<div class="text" tabindex="0" role="group" aria-label="review">${shown}</div>
    ${rest(excerpt, path)}`;
}

/** A diff, what came and what went in colours besides their signs. */
export function diffText(excerpt: Excerpt, path: string): Html {
  if (excerpt.kind === 'text' && excerpt.text.trim() === '') return html`<p class="dim">No file was changed.</p>`;
  const lines = excerpt.kind === 'text' ? excerpt.text.trimEnd().split('\n') : [];
  const runs = runsOf(lines).map(([kind, some]) => html`<span class="${kind}">${some.join('\n')}</span>`);
  return html`${runs.length === 0 ? undefined : html`<pre class="diff" tabindex="0">${runs}</pre>`}
  ${rest(excerpt, path)}`;
}

/** A transcript as `oompa logs` shows it. */
export function transcriptText(entries: readonly TranscriptEntry[]): Html {
  const lines = transcriptLines(entries, { columns: 160, paint: mark });
  const shown = lines.map((line, index) => html`${index === 0 ? '' : '\n'}${paintedLine(line)}`);
  return html`<pre class="transcript" tabindex="0">${shown}</pre>`;
}

function rest(excerpt: Excerpt, path: string): Html | undefined {
  switch (excerpt.kind) {
    case 'text':
      return html`<p class="dim">${excerpt.isCut ? '… cut: see ' : ''}${fileLink(path)}</p>`;
    case 'missing':
      return html`<p class="dim">${path} is not there any more.</p>`;
    case 'left-out':
      return html`<p class="dim">Left out here, as this report is long: see ${fileLink(path)}</p>`;
  }
}

/** Lines of one kind in a row stand together, each file for itself. */
function runsOf(lines: readonly string[]): [DiffLine['kind'], string[]][] {
  const runs: [DiffLine['kind'], string[]][] = [];
  for (const { kind, text } of readDiff(lines)) {
    const last = runs.at(-1);
    if (last?.[0] === kind && !text.startsWith('diff --git ')) last[1].push(text);
    else runs.push([kind, [text]]);
  }
  return runs;
}
