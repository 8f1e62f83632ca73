import type { RunEvent } from '../core/event.ts';
import { msBetween } from '../core/run-tables.ts';
import type { StoryLine } from './story-steps.ts';
import { oneLine, someOf } from './text.ts';

type LimitWait = Extract<RunEvent, { readonly type: 'limit:waiting' }>;

interface Limit {
  /** When the first wait for it began. */
  readonly at: string;
  readonly workers: Set<string>;
  /** All waits together. */
  ms: number;
}

interface Wait {
  readonly at: string;
  readonly limit: Limit;
}

/** What was waited for before there was a task: a line for each limit. A wait lasts until its worker's next event, or the log's end. */
export function waitedLines(events: Iterable<RunEvent>): StoryLine[] {
  const limits = new Map<string, Limit>();
  const open = new Map<string, Wait>();
  let last: string | undefined;
  for (const event of events) {
    last = event.at;
    if (!('worker' in event)) continue;
    const { worker } = event;
    end(open.get(worker), event.at);
    open.delete(worker);
    if (event.type === 'limit:waiting' && event.task === '') open.set(worker, begin(event));
  }
  for (const wait of open.values()) end(wait, last);
  // One that nobody noticed is not told.
  const noticed = [...limits].filter(([, { ms }]) => ms >= 1000);
  return noticed.map(([why, { at, workers, ms }]) => {
    return { at, label: 'wait', text: oneLine(`${why}: ${someOf([...workers], 4)}`), ms, style: 'yellow' };
  });

  function begin({ at, why, worker }: LimitWait): Wait {
    const limit = limits.get(why) ?? { at, workers: new Set(), ms: 0 };
    limit.workers.add(worker);
    limits.set(why, limit);
    return { at, limit };
  }

  function end(wait: Wait | undefined, at: string | undefined): void {
    if (wait !== undefined) wait.limit.ms += msBetween(wait.at, at);
  }
}
