import { z } from 'zod';

/**
 * The kinds of values in the config. Every message is the end of a sentence that begins with the key's name
 * ("`count` takes a whole number from 1 to 256"); `issues.ts` adds the beginning and what was written instead.
 */

/** Text that is not blank. */
export function text(what = 'text') {
  const error = `takes ${what}`;
  return z.string({ error }).regex(/\S/, { error });
}

/** True or false. */
export function flag() {
  return z.boolean({ error: 'takes true or false' });
}

/** One of the words in `words`. */
export function oneOf<const Words extends readonly [string, ...string[]]>(words: Words) {
  return z.enum(words, { error: `takes ${wordList(words)}` });
}

/** A whole number; both ends are allowed. */
export function wholeNumber(min: number, max = Number.MAX_SAFE_INTEGER) {
  const range = max === Number.MAX_SAFE_INTEGER ? `${min} or more` : `from ${min} to ${max}`;
  const error = `takes a whole number ${range}`;
  return z.int({ error }).min(min, { error }).max(max, { error });
}

/** A number above 0. */
export function amount(what: string) {
  const error = `takes ${what} above 0`;
  return z.number({ error }).positive({ error });
}

/** A list; `what` names its entries. Refuses less than `min` of them. */
export function list<Item extends z.ZodType>(item: Item, what: string, min = 0) {
  const error = `takes a list of ${what}`;
  return z.array(item, { error }).min(min, { error });
}

/** One entry, or a list of them; comes out as a list, empty when the key is left out. */
export function oneOrMore<Item extends z.ZodType>(item: Item, what: string) {
  const either = z.union([item, list(item, what)], { error: `takes ${what}, one or a list` });
  return either.transform((value): z.output<Item>[] => (isList<z.output<Item>>(value) ? value : [value])).prefault([]);
}

/** A map with exactly these keys. */
export function settings<Shape extends z.core.$ZodShape>(shape: Shape, what = 'settings') {
  const error = (issue: { code?: string }) =>
    issue.code === 'unrecognized_keys' ? undefined : `takes a map of ${what}`;
  return z.strictObject(shape, { error });
}

/** A path that stays inside the workspace: relative, with `/`, no `..`. */
export function insidePath() {
  const error = 'takes a path inside the workspace';
  return text('a path inside the workspace').refine(
    (path) => !/^([/\\~]|[A-Za-z]:)/.test(path) && !path.split(/[/\\]/).includes('..'),
    { error },
  );
}

/** A length of time such as `30m`, `90 s` or `1h30m`; comes out in milliseconds. */
export function duration() {
  const error = 'takes a time such as 30m, 90s or 1h30m (units: ms, s, m, h)';
  const range = `takes a time from 1ms to ${maxHours}h`;
  return z
    .string({ error })
    .regex(durationPattern, { error })
    .transform(milliseconds)
    .pipe(
      z
        .number()
        .min(1, { error: range })
        .max(maxHours * unitMs.h, { error: range }),
    );
}

/** An amount of data such as `100MB`; comes out in bytes. */
export function size(max = 100e9) {
  const error = 'takes a size such as 500kB, 100MB or 1GB';
  const range = `takes a size from 1kB to ${max / 1e9}GB`;
  return z
    .string({ error })
    .regex(sizePattern, { error })
    .transform(bytes)
    .pipe(z.number().min(1000, { error: range }).max(max, { error: range }));
}

/** Timers of Node (20) fire at once when asked for more than 2^31-1 ms, which is just above this. */
const maxHours = 596;
const unitMs = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 } as const;
const durationPattern = /^\s*(\d+(\.\d+)?\s*(ms|s|m|h)\s*)+$/;
const sizePattern = /^\s*\d+(\.\d+)?\s*([kK]B|MB|GB)\s*$/;

function milliseconds(text: string): number {
  let sum = 0;
  for (const [, number, unit] of text.matchAll(/(\d+(?:\.\d+)?)\s*(ms|s|m|h)/g)) {
    sum += Number(number) * unitMs[unit as keyof typeof unitMs];
  }
  return Math.round(sum);
}

function bytes(text: string): number {
  const factor = text.includes('G') ? 1e9 : text.includes('M') ? 1e6 : 1e3;
  return Math.round(Number.parseFloat(text) * factor);
}

function wordList(words: readonly string[]): string {
  return words.length === 1 ? String(words[0]) : `${words.slice(0, -1).join(', ')} or ${String(words.at(-1))}`;
}

function isList<T>(value: unknown): value is T[] {
  return Array.isArray(value);
}
