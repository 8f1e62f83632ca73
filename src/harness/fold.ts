import { asObject, textAt, type JsonObject } from './json.ts';
import type { Reading, ReportedFailure } from './harness.ts';

/** The reading after a line that shows the agent at work: whatever failed before has been got over. */
export function progressed(reading: Reading, activity?: string): Reading {
  const { failure: _recovered, ...rest } = reading;
  return { ...rest, progress: reading.progress + 1, ...(activity === undefined ? {} : { activity }) };
}

/** The reading after a line that shows `count` tool calls. */
export function usedTools(reading: Reading, count = 1): Reading {
  return { ...reading, tools: reading.tools + count };
}

/** The reading after a line that only says that the CLI tries again. */
export function retried(reading: Reading, failure: ReportedFailure): Reading {
  return { ...reading, retries: reading.retries + 1, failure };
}

/** The reading after the CLI gave up. */
export function gaveUp(reading: Reading, failure: ReportedFailure): Reading {
  return { ...reading, finished: false, failure };
}

/** The reading without a message: what was said so far is not the agent's last word. */
export function unspoken(reading: Reading): Reading {
  const { message: _earlier, ...rest } = reading;
  return { ...rest, finished: false };
}

/** The reading with the session that the CLI names; the first name stays when it names none. */
export function inSession(reading: Reading, session: string | undefined): Reading {
  return session === undefined || session === reading.session ? reading : { ...reading, session };
}

/** One line on what the agent does, for people: a verb and what of it is worth a glance, at most 120 characters. */
export function activityOf(verb: string, subject?: string): string {
  const line = (subject === undefined ? verb : `${verb} ${subject}`).replace(/[\s\p{Cc}]+/gu, ' ').trim();
  return line.length > 120 ? `${line.slice(0, 119)}…` : line;
}

/** What a tool call is about: its command, path, pattern or URL, whichever it has. */
export function subjectOf(input: JsonObject): string | undefined {
  for (const key of ['command', 'file_path', 'filePath', 'path', 'pattern', 'url', 'description', 'query']) {
    const found = textAt(input, key);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** What a value reports as a failure: an object with a `message`, a plain string, or the fallback. */
export function failureText(value: unknown, fallback: string): string {
  if (typeof value === 'string' && value !== '') return value;
  const object = asObject(value);
  return (object === undefined ? undefined : textAt(object, 'message')) ?? fallback;
}
