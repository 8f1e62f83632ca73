import type { RunEvent } from '../core/event.ts';
import { followLines } from '../system/follow-lines.ts';
import type { Following } from '../system/follow-lines.ts';
import { eventOf } from './read-events.ts';

/**
 * The events of a log that is being written: first all that are there, then those that come, until the signal or the end of
 * the run. Only reads. An empty piece says that everything that was there has been given.
 */
export async function* followEvents(path: string, following: Following): AsyncGenerator<readonly RunEvent[]> {
  for await (const lines of followLines(path, following)) {
    const events = lines.flatMap((line) => eventOf(line) ?? []);
    yield events;
    if (events.at(-1)?.type === 'run:ended') return;
  }
}
