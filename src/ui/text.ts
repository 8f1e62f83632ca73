import { stripVTControlCharacters } from 'node:util';
import stringWidth from 'string-width';

/** `03:41`, from an hour on `1:03:41`. */
export function elapsed(ms: number): string {
  const seconds = Math.floor(Math.max(0, ms) / 1000);
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
  const rest = `${two(minutes)}:${two(seconds % 60)}`;
  return hours === 0 ? rest : `${String(hours)}:${rest}`;
}

/** A length of time in words: `0.4 s`, `41 s`, `25 min`, `2 h 5 min`. */
export function spokenTime(ms: number): string {
  if (ms < 950) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  if (seconds < 120) return `${String(seconds)} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return `${String(minutes)} min`;
  const rest = minutes % 60;
  return `${String(Math.floor(minutes / 60))} h${rest === 0 ? '' : ` ${String(rest)} min`}`;
}

/** `940`, `18k`, `1.2M`. */
export function tokenCount(count: number): string {
  if (count < 1000) return String(count);
  if (count < 999_500) return `${String(Math.round(count / 1000))}k`;
  return `${(count / 1e6).toFixed(count < 9.95e6 ? 1 : 0)}M`;
}

/** `$1.84`; an empty text when no CLI reported a cost. */
export function money(usd: number | undefined): string {
  return usd === undefined ? '' : `$${usd.toFixed(2)}`;
}

/** The time of day on this machine's clock: `14:03:11`. */
export function clockTime(at: string): string {
  const date = new Date(at);
  return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
}

/** The day and the minute on this machine's clock, without the year: `11-20 14:03`. */
export function dayTime(at: string): string {
  const date = new Date(at);
  return `${two(date.getMonth() + 1)}-${two(date.getDate())} ${clockTime(at).slice(0, 5)}`;
}

/** `1 round`, `2 rounds`. */
export function counted(count: number, one: string, many = `${one}s`): string {
  return `${String(count)} ${count === 1 ? one : many}`;
}

/** `once`, `twice`, `three times`, `12 times`. */
export function times(count: number): string {
  return ['never', 'once', 'twice', 'three times', 'four times', 'five times'][count] ?? `${String(count)} times`;
}

/** What a word of a log is called; one of a newer version is its own word. */
export function wordFor<Word extends string>(words: Readonly<Record<Word, string>>, word: Word): string {
  const known: Readonly<Partial<Record<Word, string>>> = words;
  return known[word] ?? word;
}

/** The first `most` of a list, and how many there are besides: `a, b and 3 more`. */
export function someOf(items: readonly string[], most: number): string {
  const rest = items.length - most;
  return rest <= 0 ? items.join(', ') : `${items.slice(0, most).join(', ')} and ${String(rest)} more`;
}

/** The first seven digits of a commit. */
export function shortCommit(commit: string): string {
  return commit.slice(0, 7);
}

/** What agents and files say, on one line: escape sequences are removed, not obeyed; white space is single. */
export function oneLine(text: string): string {
  return stripVTControlCharacters(text)
    .replace(/[\p{Cc}\s\u2028\u2029]+/gu, ' ')
    .replace(/\p{Bidi_C}/gu, '')
    .trim();
}

/** Columns on a terminal, as ink counts them too: two for East Asian wide characters and emoji, none for combining marks. */
export function displayWidth(text: string): number {
  return /^[\x20-\x7e]*$/.test(text) ? text.length : stringWidth(text);
}

/** At most `columns` wide; `…` says that something is missing. */
export function cut(text: string, columns: number): string {
  if (displayWidth(text) <= columns) return text;
  let kept = '';
  let used = 1;
  for (const { segment } of graphemes.segment(text)) {
    used += displayWidth(segment);
    if (used > columns) break;
    kept += segment;
  }
  return columns < 1 ? '' : `${kept.trimEnd()}…`;
}

/** What a reader takes for one character: an emoji may be made of seven. */
const graphemes = new Intl.Segmenter();

/** Exactly `columns` wide, text at the left. */
export function left(text: string, columns: number): string {
  const short = cut(text, columns);
  return short + ' '.repeat(Math.max(0, columns - displayWidth(short)));
}

/** Exactly `columns` wide, text at the right. */
export function right(text: string, columns: number): string {
  const short = cut(text, columns);
  return ' '.repeat(Math.max(0, columns - displayWidth(short))) + short;
}

/** `parts` joined by `between`, broken into lines of at most `columns` where a part doesn't fit any more. */
export function packed(parts: readonly string[], between: string, columns: number): string[] {
  const lines: string[] = [];
  for (const part of parts) {
    const last = lines.at(-1);
    const joined = `${last ?? ''}${between}${part}`;
    if (last !== undefined && displayWidth(joined) <= columns) lines[lines.length - 1] = joined;
    else lines.push(part);
  }
  return lines;
}

/** The words of a text in lines of at most `columns`; a longer word has a line of its own. */
export function wrapped(text: string, columns: number): string[] {
  return packed(text.split(' '), ' ', columns);
}

function two(count: number): string {
  return String(count).padStart(2, '0');
}
