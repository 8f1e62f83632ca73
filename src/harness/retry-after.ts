import { numberAt, textAt, type JsonObject } from './json.ts';

/** Milliseconds. Whoever names a longer wait is asked again after a day: clocks, units and minds are wrong more often. */
const longestWaitMs = 24 * 3_600_000;

/** The wait that an answer's headers name, in milliseconds; undefined when they name none. A date counts from the answer's own. */
export function waitOfHeaders(headers: JsonObject): number | undefined {
  const ms = numericAt(headers, 'retry-after-ms');
  if (ms !== undefined) return believed(ms);
  const seconds = numericAt(headers, 'retry-after');
  if (seconds !== undefined) return believed(seconds * 1000);
  return believed(Date.parse(textAt(headers, 'retry-after') ?? '') - Date.parse(textAt(headers, 'date') ?? ''));
}

/**
 * The wait that a message of a provider's or a CLI's names, in milliseconds; undefined when it names none. `nowMs` is when it
 * was said, for what names a time and not a span; without it these are not understood.
 * Seen: "Please try again in 2.054s", "Please retry in 3h20m", "usage limit reached|1795179589" (seconds since 1970),
 * "try again at 12:38 PM", "try again at Nov 26th, 2026 2:38 AM" (codex 0.169.0), "resets 12:40pm (UTC)", "resets Nov 26,
 * 2:40am (UTC)" (claude 2.1.329).
 */
export function waitInWords(text: string, nowMs?: number): number | undefined {
  const span = spanIn(text);
  if (span !== undefined || nowMs === undefined) return believed(span);
  const [, seconds] = /limit reached\|(\d{10})\b/.exec(text) ?? [];
  return believed(seconds === undefined ? untilTimeIn(text, nowMs) : Number(seconds) * 1000 - nowMs);
}

/** A wait as it may be used: negative ones and what is no number are dropped, long ones are cut to a day. */
export function believed(ms: number | undefined): number | undefined {
  return ms === undefined || !(ms >= 0) ? undefined : Math.min(Math.ceil(ms), longestWaitMs);
}

function numericAt(headers: JsonObject, key: string): number | undefined {
  const text = textAt(headers, key);
  const number = text === undefined ? numberAt(headers, key) : Number(text);
  return number === undefined || Number.isNaN(number) ? undefined : number;
}

const unit = '(?:milliseconds?|ms|seconds?|secs?|s|minutes?|mins?|m|hours?|hrs?|h|days?|d)(?![a-z])';
const span = new RegExp(`\\b(?:try again|retry) (?:in|after) ((?:\\d+(?:\\.\\d+)?\\s*${unit}[\\s,]*(?:and )?)+)`, 'i');

function spanIn(text: string): number | undefined {
  const [, parts] = span.exec(text) ?? [];
  if (parts === undefined) return undefined;
  return [...parts.matchAll(/([\d.]+)\s*([a-z]+)/gi)].reduce(
    (sum, [, count = '', name = '']) => sum + Number(count) * unitMs(name.toLowerCase()),
    0,
  );
}

function unitMs(name: string): number {
  if (name.startsWith('ms') || name.startsWith('milli')) return 1;
  if (name.startsWith('s')) return 1000;
  if (name.startsWith('m')) return 60_000;
  return name.startsWith('h') ? 3_600_000 : 86_400_000;
}

const clockTime = new RegExp(
  [
    String.raw`\b(?:try again at|resets(?: at)?)\s+`,
    String.raw`(?:(?<month>[A-Z][a-z]{2}) (?<day>\d{1,2})(?:st|nd|rd|th)?,?\s+(?:(?<year>\d{4}),?\s+)?(?:at\s+)?)?`,
    String.raw`(?<hour>\d{1,2})(?::(?<minute>\d\d))?\s?(?<half>[ap])m\b(?:\s\((?<zone>[\w/+-]+)\))?`,
  ].join(''),
  'i',
);
const dayMs = 24 * 3_600_000;
const months = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];

/** Times are cut to the minute, so that one has passed when its minute has; those without a zone are of the local one. */
function untilTimeIn(text: string, nowMs: number): number | undefined {
  const { month, day, year, hour, minute = '0', half = '', zone } = clockTime.exec(text)?.groups ?? {};
  const offset = offsetMs(zone, nowMs);
  if (hour === undefined || offset === undefined) return undefined;
  const wall = new Date(nowMs + offset);
  const at = Date.UTC(
    year === undefined ? wall.getUTCFullYear() : Number(year),
    month === undefined ? wall.getUTCMonth() : months.indexOf(month.toLowerCase()),
    day === undefined ? wall.getUTCDate() : Number(day),
    (Number(hour) % 12) + (half.toLowerCase() === 'p' ? 12 : 0),
    Number(minute) + 1,
  );
  const wait = at - wall.getTime();
  if (day === undefined && wait < 0) return wait + dayMs;
  // A day in January that is named in December is one of the next year.
  return year === undefined && wait < -182 * dayMs ? wait + 365 * dayMs : wait;
}

/** How far a zone's clocks are ahead of UTC; undefined for a zone that nobody knows. */
function offsetMs(zone: string | undefined, atMs: number): number | undefined {
  if (zone === undefined) return new Date(atMs).getTimezoneOffset() * -60_000;
  try {
    const wall = new Date(atMs).toLocaleString('sv-SE', { timeZone: zone });
    return Date.parse(`${wall.replace(' ', 'T')}Z`) - Math.floor(atMs / 1000) * 1000;
  } catch {
    return undefined;
  }
}
