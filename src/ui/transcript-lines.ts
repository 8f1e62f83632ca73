import { stripVTControlCharacters } from 'node:util';
import type { TranscriptEntry } from '../core/transcript.ts';
import type { Paint } from './paint.ts';
import { counted, cut, displayWidth } from './text.ts';

/** How a transcript is shown. */
export interface TranscriptView {
  /** Width in columns; no line is wider. */
  readonly columns: number;
  readonly paint: Paint;
}

/**
 * A transcript as lines for a terminal: what the agent says as it is, tools as `$ npm test` or `edit src/x.ts`, a few lines
 * of what they gave back below them, thoughts and the CLI's own notes dimmed. Escape sequences are removed, not obeyed.
 */
export function transcriptLines(entries: readonly TranscriptEntry[], view: TranscriptView): string[] {
  return entries.flatMap((entry) => linesOf(entry, view));
}

function linesOf(entry: TranscriptEntry, { columns, paint }: TranscriptView): string[] {
  switch (entry.kind) {
    case 'text':
      return cleanLines(entry.text).flatMap((line) => brokenLine(line, columns));
    case 'thought':
      return cleanLines(entry.text)
        .flatMap((line) => brokenLine(line, columns))
        .map((line) => paint('dim', line));
    case 'tool':
      return toolLines(entry, columns).map((line) => paint('bold', line));
    case 'result':
      return someLines(cleanLines(entry.text)).map((line) =>
        paint(entry.failed ? 'red' : 'dim', cut(`  ${line}`, columns)),
      );
    case 'note':
      return cleanLines(entry.text)
        .flatMap((line) => brokenLine(line, columns - 2))
        .map((line, index) => paint(entry.failed ? 'red' : 'dim', `${index === 0 ? '·' : ' '} ${line}`));
  }
}

function toolLines({ name, input }: Extract<TranscriptEntry, { kind: 'tool' }>, columns: number): string[] {
  const what = cleanLines(input)
    .map((line) => line.trim())
    .filter((line) => line !== '')
    .join(' ⏎ ');
  const lines = brokenLine(name === 'bash' ? `$ ${what}` : `${cleanLines(name).join(' ')} ${what}`.trimEnd(), columns);
  const [first = '', second = '', third = '', ...more] = lines;
  return more.length === 0 ? lines : [first, second, cut(`${third} …`, columns)];
}

/** The beginning and the end of a long result: what it is, and what came of it. */
function someLines(lines: readonly string[]): readonly string[] {
  const left = lines.length - shownFirst - shownLast;
  if (left <= 1) return lines;
  return [...lines.slice(0, shownFirst), `… ${counted(left, 'more line')}`, ...lines.slice(-shownLast)];
}

const shownFirst = 3;
const shownLast = 2;

/** Lines that do nothing to a terminal; their indentation stays, as do blank lines, one at a time and not at the end. */
function cleanLines(text: string): string[] {
  return stripVTControlCharacters(text)
    .trimEnd()
    .split(/\r?\n|[\v\f\u0085\u2028\u2029]/)
    .map((line) => cleanLine(line))
    .filter((line, index, all) => line !== '' || all[index - 1] !== '');
}

/** Of a line that draws itself anew, such as a progress bar, only its last state. */
function cleanLine(line: string): string {
  return line
    .slice(line.trimEnd().lastIndexOf('\r') + 1)
    .replaceAll('\t', '    ')
    .replace(/[\p{Cc}\p{Bidi_C}]/gu, '')
    .trimEnd();
}

/** A line in pieces of at most `columns`, broken between words where there are some, each as far indented as the first. */
function brokenLine(line: string, columns: number): string[] {
  const width = Math.max(columns, 2);
  const [space = ''] = /^ */.exec(line) ?? [];
  const indent = space.length * 2 > width ? '' : space;
  const pieces: string[] = [];
  let start = space.length;
  while (start < line.length) {
    const end = endOfPiece(line, start, width - indent.length);
    pieces.push(indent + line.slice(start, end).trimEnd());
    start = end;
    while (line[start] === ' ') start += 1;
  }
  return pieces.length === 0 ? [''] : pieces;
}

/** Where a piece that begins at `start` ends: at the last space that leaves it narrow enough, or within a word that is too long. */
function endOfPiece(line: string, start: number, columns: number): number {
  let used = 0;
  let lastSpace = start;
  let end = start;
  while (end < line.length) {
    const one = String.fromCodePoint(line.codePointAt(end) ?? 0);
    used += displayWidth(one);
    if (one === ' ') lastSpace = end;
    else if (used > columns) return lastSpace > start ? lastSpace : Math.max(end, start + one.length);
    end += one.length;
  }
  return end;
}
