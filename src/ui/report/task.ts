import type { LoggedTurn } from '../../core/logged-turn.ts';
import type { IterationRecord, ReviewRecord } from '../../core/run-state.ts';
import type { TaskRow } from '../../core/run-tables.ts';
import { outcomeMessage } from '../phrases.ts';
import { verdictStyles, verdictWords } from '../review-words.ts';
import type { StoryLine } from '../story-steps.ts';
import { clockTime, cut, money, oneLine, spokenTime, tokenCount, wordFor } from '../text.ts';
import type { Html } from './html.ts';
import { html } from './html.ts';
import type { RunReport } from './run-report.ts';
import { diffText, fileLink, reviewText, transcriptText } from './texts.ts';
import type { ToldIteration, ToldTask } from './told.ts';

/** Everything about one task: its iterations with their steps, rounds and checks, and the end of its last transcript. */
export function taskInside({ row, iterations, lastTurn }: ToldTask, report: RunReport): Html {
  const several = iterations.length > 1;
  return html`${facts(row)}${iterations.map((told) => iteration(told, several, report))}${transcript(lastTurn, report)}`;
}

function facts({ title, rescue, commit, last }: TaskRow): Html {
  const { outcome } = last.ended ?? {};
  const agent = last.turns.at(-1) ?? { harness: 'the agent' };
  const { what, remedy } = outcome === undefined ? { what: '', remedy: '' } : outcomeMessage(outcome, agent);
  const list = [
    ['title', title === titleInRow({ title }) ? '' : cut(title, longestTitle)],
    ['outcome', outcome?.kind === 'landed' ? '' : what],
    ['what helps', remedy],
    ['work kept', rescue ?? ''],
    ['commit', commit ?? ''],
  ] as const;
  return html`<dl class="facts">
    ${list
      .filter(([, text]) => text !== '')
      .map(
        ([name, text]) =>
          html`<div>
            <dt>${name}</dt>
            <dd>${text}</dd>
          </div>`,
      )}
  </dl>`;
}

const longestTitle = 20_000;

/** The title as far as a row of the table has room for it. */
export function titleInRow({ title }: Pick<TaskRow, 'title'>): string {
  return cut(oneLine(title), 160);
}

function iteration({ record, steps }: ToldIteration, several: boolean, report: RunReport): Html {
  const { worker, iteration: number, attempt } = record;
  const head = html`<h4>Attempt ${attempt}, ${worker}, iteration ${number}</h4>`;
  return html`${several ? head : undefined}${stepList(steps)}${record.reviews.map((review) =>
    round(review, report),
  )}${record.sentBack.map(sentBack)}${checks(record)}`;
}

/** A step a line: when, what, how long. */
export function stepList(steps: readonly StoryLine[]): Html | undefined {
  if (steps.length === 0) return undefined;
  return html`<ol class="steps">
    ${steps.map(
      ({ at, label, text, ms, style }) =>
        html`<li>
          <time datetime="${at}">${clockTime(at)}</time><b class="${style ?? ''}">${label}</b
          ><span>${cut(text, 400)}</span><i>${ms === undefined ? '' : spokenTime(ms)}</i>
        </li>`,
    )}
  </ol>`;
}

function round(review: ReviewRecord, { files }: RunReport): Html {
  const { verdict, reviewer, summary, usage, log, diff, commit } = review;
  const tried = (review.try ?? 1) > 1 ? `, try ${String(review.try)}` : '';
  const figures = [spokenTime(review.ms), `${tokenCount(usage.input + usage.output)} tokens`, money(usage.costUsd)];
  const about = `${reviewer}${tried}${commit === undefined ? '' : `, of ${commit.slice(0, 7)}`}`;
  return html`<details class="fold round">
    <summary>
      <b>Round ${review.round}</b> <b class="${verdictStyles[verdict]}">${wordFor(verdictWords, verdict)}</b>
      <span class="said">${cut(summary, 300)}</span>
    </summary>
    <p class="dim">${[about, ...figures].filter((part) => part !== '').join(' · ')}</p>
    ${reviewText(
      files.get(log) ?? { kind: 'left-out' },
      log,
    )}${diff === undefined ? undefined : change(review, diff, files.get(diff) ?? { kind: 'left-out' })}
  </details>`;
}

function change({ round: number }: ReviewRecord, path: string, excerpt: Parameters<typeof diffText>[0]): Html {
  const name = number === 1 ? 'What was reviewed' : 'What changed since the round before';
  return html`<details class="fold">
    <summary>${name}</summary>
    ${diffText(excerpt, path)}
  </details>`;
}

function sentBack({ source, text }: IterationRecord['sentBack'][number]): Html | undefined {
  // A review is a round of its own.
  if (source === 'review') return undefined;
  const name = { scope: 'scope', verify: 'verify', commit: 'commit', conflict: 'conflict with main' }[source];
  return html`<details class="fold">
    <summary>Sent back: ${name}</summary>
    <div class="text mono" tabindex="0" role="group" aria-label="output">${cut(text, longestOutput)}</div>
  </details>`;
}

const longestOutput = 20_000;

function checks({ checks: ended }: IterationRecord): Html | undefined {
  const wordy = ended.filter(({ detail }) => detail.length > 200);
  if (wordy.length === 0) return undefined;
  return html`${wordy.map(
    ({ command, detail }) =>
      html`<details class="fold">
        <summary>Verify: ${cut(command, 120)}</summary>
        <div class="text mono">${cut(detail, longestOutput)}</div>
      </details>`,
  )}`;
}

function transcript(turn: LoggedTurn | undefined, report: RunReport): Html | undefined {
  return turn === undefined ? undefined : transcriptFold(turn, 'The end of its last transcript', report);
}

/** The end of a turn's transcript, folded; the link to all of it alone where nothing of it was read. */
export function transcriptFold(turn: LoggedTurn, summary: string, { transcripts }: RunReport): Html {
  const entries = transcripts.get(turn.label);
  const path = `turns/${turn.label}.stdout`;
  const link = html`<p class="dim">${turn.agent}, turn ${turn.number}: ${fileLink(path)}</p>`;
  if (entries === undefined || entries.length === 0) return link;
  return html`<details class="fold">
    <summary>${summary}</summary>
    ${transcriptText(entries)}${link}
  </details>`;
}
