import { closeSync, openSync, readSync } from 'node:fs';
import type { RunEvent } from '../core/event.ts';

/**
 * The events of a log, in order, read piece by piece. Lines that are no events are passed over: a crash tears the last
 * one, and anybody can edit a file. Nothing at all when there is no such file.
 */
export function* readEvents(path: string): Generator<RunEvent> {
  for (const line of linesOf(path)) {
    const event = eventOf(line);
    if (event !== undefined) yield event;
  }
}

/** Each line without its end, the last one also when it has none. */
function* linesOf(path: string): Generator<string> {
  const descriptor = openForReading(path);
  if (descriptor === undefined) return;
  try {
    const chunk = Buffer.alloc(256 * 1024);
    let rest = Buffer.alloc(0);
    for (;;) {
      const count = readSync(descriptor, chunk);
      if (count === 0) break;
      const bytes = Buffer.concat([rest, chunk.subarray(0, count)]);
      const end = bytes.lastIndexOf(newline) + 1;
      rest = bytes.subarray(end);
      if (end > 0) yield* bytes.toString('utf8', 0, end - 1).split('\n');
    }
    if (rest.length > 0) yield rest.toString('utf8');
  } finally {
    closeSync(descriptor);
  }
}

const newline = 0x0a;

function openForReading(path: string): number | undefined {
  try {
    return openSync(path, 'r');
  } catch {
    return undefined;
  }
}

/** One event of a log; undefined for a line that is none. Types of a newer version pass too; who folds events leaves out those that it doesn't know. */
export function eventOf(line: string): RunEvent | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return isEvent(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isEvent(value: unknown): value is RunEvent {
  if (typeof value !== 'object' || value === null) return false;
  const { type, at } = value as { type?: unknown; at?: unknown };
  return typeof type === 'string' && typeof at === 'string' && !Number.isNaN(Date.parse(at));
}
