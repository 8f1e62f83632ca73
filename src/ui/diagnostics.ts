import type { Diagnostic, Place } from '../core/diagnostic.ts';

/**
 * Problems in files as a person reads them: where and what, then the line with a squiggle and the remedy behind it.
 * No line break at the end; an empty text for no problems.
 */
export function renderDiagnostics(problems: readonly Diagnostic[], { color }: { color: boolean }): string {
  const paint = color ? painted : plain;
  return problems.map((problem) => linesOf(problem, paint).join('\n')).join('\n');
}

const columns = 80;

type Paint = (style: keyof typeof styles, text: string) => string;

const styles = {
  bold: ['\u001b[1m', '\u001b[22m'],
  dim: ['\u001b[2m', '\u001b[22m'],
  red: ['\u001b[31m', '\u001b[39m'],
} as const;
/** Not `styleText` of node:util: as of Node 20.20 it looks at standard output, and problems go to standard error. */
const painted: Paint = (style, text) => styles[style].join(text);
const plain: Paint = (_style, text) => text;

function linesOf({ file, place, message, hint }: Diagnostic, paint: Paint): string[] {
  const remedy = hint === undefined ? '' : printable(hint);
  if (place === undefined) {
    const whole = remedy === '' ? printable(message) : `${printable(message)}; ${remedy}`;
    return [`${paint('bold', printable(file))}  ${whole}`];
  }
  const number = String(place.line).padStart(4);
  const gutter = `${' '.repeat(number.length)} | `;
  const { source, indent, squiggle } = excerpt(place, columns - gutter.length);
  const marked = `${paint('dim', gutter)}${indent}${paint('red', squiggle)}`;
  const room = columns - gutter.length - width(indent) - squiggle.length - 2;
  const beside = width(remedy) <= room;
  const below = beside ? [] : wrapped(remedy, columns - gutter.length).map((line) => `${paint('dim', gutter)}${line}`);
  return [
    `${paint('bold', `${printable(file)}:${place.line}:${place.column}`)}  ${printable(message)}`,
    `${paint('dim', `${number} | `)}${source}`,
    beside && remedy !== '' ? `${marked}  ${remedy}` : marked,
    ...below,
  ];
}

interface Excerpt {
  readonly source: string;
  /** What puts the squiggle under its text: tabs stay tabs. */
  readonly indent: string;
  readonly squiggle: string;
}

/** The line as far as it fits into `room` columns, with the marked part in view. */
function excerpt({ source, column, length }: Place, room: number): Excerpt {
  const characters = Array.from(printable(source));
  const start = column - 1;
  const fits = characters.length <= most && width(characters.join('')) <= room;
  const markedFits = start + length <= most && width(characters.slice(0, start + length).join('')) < room;
  const from = fits || markedFits ? 0 : Math.max(0, start - 20);
  const to = fits ? characters.length : from + fitting(characters.slice(from, from + most), room - 2);
  const front = from > 0 ? '…' : '';
  const shown = characters.slice(from, to).join('') + (to < characters.length ? '…' : '');
  const before = characters.slice(from, start).map((one) => (one === '\t' ? one : ' '.repeat(width(one))));
  const marked = width(characters.slice(start, Math.min(to, start + length)).join(''));
  return {
    source: front + shown,
    indent: ' '.repeat(front.length) + before.join(''),
    squiggle: '^'.repeat(Math.max(1, marked)),
  };
}

/** A line may hold millions of characters; no more than this are looked at, which leaves room for those without width. */
const most = 4 * columns;

/** How many of the characters fit into `room` columns. */
function fitting(characters: readonly string[], room: number): number {
  let used = 0;
  const over = characters.findIndex((one) => (used += width(one)) > room);
  return over === -1 ? characters.length : over;
}

function wrapped(text: string, room: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last !== undefined && width(last) + 1 + width(word) <= room) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}

/** A file may hold escape sequences; they are shown, not obeyed. */
function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Bidi_C}\u2028\u2029]/gu, (one) => (one === '\t' ? one : '\ufffd'));
}

/** Columns on a terminal: none for combining marks, two for East Asian wide characters and emoji, one for the rest. */
function width(text: string): number {
  let sum = 0;
  for (const one of text) sum += /[\p{M}\p{Cf}]/u.test(one) ? 0 : widePattern.test(one) ? 2 : 1;
  return sum;
}

const widePattern =
  /[\p{Emoji_Presentation}\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\u3000-\u303f\uff01-\uff60\uffe0-\uffe6]/u;
