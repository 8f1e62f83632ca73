import { stripVTControlCharacters } from 'node:util';
import type { Usage } from '../core/usage.ts';
import type { DiffLine } from './diff.ts';
import { diffSize, paintDiff, readDiff } from './diff.ts';
import type { Paint } from './paint.ts';
import { verdictStyles, verdictWords } from './review-words.ts';
import { clockTime, counted, money, oneLine, packed, spokenTime, tokenCount, wordFor } from './text.ts';

/** All reviews of a task in one run, in order. */
export interface ReviewLog {
  readonly run: string;
  readonly task: string;
  readonly title: string;
  /** Where the task stands now, in a word. */
  readonly standing: string;
  readonly rounds: readonly ReviewedRound[];
}

/** One review. Paths are as a person would type them. */
export interface ReviewedRound {
  readonly worker: string;
  readonly iteration: number;
  readonly attempt: number;
  readonly round: number;
  /** 2, 3 … for the reviewers that were asked after another one had failed. */
  readonly try: number;
  readonly verdict: keyof typeof verdictWords;
  readonly reviewer: string;
  /** ISO 8601: when it ended. */
  readonly at: string;
  readonly ms: number;
  readonly usage: Usage;
  /** First sentence. */
  readonly summary: string;
  readonly log: string;
  /** The reviewer's whole message; null when the review log is gone. */
  readonly text: string | null;
  /** What was reviewed; null in logs of an older version. */
  readonly commit: string | null;
  /** Null in logs of an older version, and where nothing had changed. */
  readonly diff: string | null;
  /** What was reviewed: what changed since the round before, all of the work in the first; null when the file is gone. */
  readonly changed: string | null;
}

/** `oompa runs review`: each round from its verdict to the end of its text, before it what had changed since the round before. */
export function renderReviews(
  log: ReviewLog,
  view: { readonly columns: number; readonly paint: Paint; readonly diffs: boolean },
): string {
  const head = [view.paint('bold', oneLine(log.task)), oneLine(log.title), log.standing, `run ${log.run}`];
  const blocks = log.rounds.map((round, index) => [
    ...iterationLines(round, log.rounds[index - 1], view.paint),
    ...(view.diffs ? diffLines(round, log.rounds[index - 1], view.paint) : []),
    ...roundLines(round, view),
  ]);
  return `${[packed(head, '  ', view.columns), ...blocks].map((lines) => lines.join('\n')).join('\n\n')}\n`;
}

/** The first round of an iteration reviews all of the work. */
function isFirst(round: ReviewedRound, before: ReviewedRound | undefined): boolean {
  return before?.worker !== round.worker || before.iteration !== round.iteration;
}

function iterationLines(round: ReviewedRound, before: ReviewedRound | undefined, paint: Paint): string[] {
  if (!isFirst(round, before)) return [];
  return [paint('dim', `${round.worker}, iteration ${String(round.iteration)}, attempt ${String(round.attempt)}`), ''];
}

function roundLines(round: ReviewedRound, { columns, paint }: { columns: number; paint: Paint }): string[] {
  const { verdict, usage, text } = round;
  const words = oneLine(wordFor(verdictWords, verdict));
  const head = [
    `round ${String(round.round)}${round.try > 1 ? `, try ${String(round.try)}` : ''}`,
    words,
    oneLine(round.reviewer),
    clockTime(round.at),
    spokenTime(round.ms),
    `${tokenCount(usage.input + usage.output)} tokens`,
    ...(usage.costUsd === undefined ? [] : [money(usage.costUsd)]),
  ];
  const [first = '', ...more] = packed(head, '  ', columns);
  return [
    first.replace(words, () => paint(verdictStyles[verdict], words)),
    ...more,
    paint('dim', round.log),
    '',
    ...(text === null
      ? [oneLine(round.summary), 'The review itself is gone: its file can not be read.']
      : harmlessLines(text)),
  ];
}

function diffLines(reviewed: ReviewedRound, before: ReviewedRound | undefined, paint: Paint): string[] {
  const { round, commit, diff, changed } = reviewed;
  const first = isFirst(reviewed, before);
  // All reviewers of a round are shown the same.
  if (!first && before?.round === round) return [];
  const since = first ? 'what was reviewed' : `what changed since round ${String(round - 1)}`;
  if (diff === null && !first && commit !== null && before?.commit === commit)
    return [paint('dim', `${since}: nothing`), ''];
  if (diff === null) return [paint('dim', `${since}: not kept by the version that ran it`), ''];
  if (changed === null) return [paint('dim', `${since}: ${diff} can not be read`), ''];
  const lines = readDiff(harmlessLines(changed));
  const head = paint('dim', `${since}: ${sizeOf(lines)}, ${diff}`);
  return first ? [head, ''] : [head, ...lines.map(({ kind, text }) => paintDiff(kind, text, paint)), ''];
}

function sizeOf(lines: readonly DiffLine[]): string {
  const { files, added, deleted } = diffSize(lines);
  return `${counted(files, 'file')} +${String(added)} −${String(deleted)}`;
}

/** The lines of what an agent wrote, as long as they are; nothing in them is obeyed by a terminal. */
function harmlessLines(text: string): string[] {
  return stripVTControlCharacters(text.trimEnd())
    .replaceAll(/\r\n/g, '\n')
    .replaceAll(/[\u2028\u2029]/g, '\n')
    .replaceAll(/[^\P{Cc}\n\t]|\p{Bidi_C}/gu, '\ufffd')
    .split('\n');
}
