import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { RunEvent } from '../core/event.ts';
import { followEvents } from '../runs/follow-events.ts';
import type { RunRecord } from '../runs/read-runs.ts';
import { signsOfLife } from '../runs/read-runs.ts';
import { runFiles } from '../runs/run-folder.ts';

/** Who follows a run. */
export interface Follower {
  /** Aborted when nobody wants to know any more. */
  readonly signal: AbortSignal;
  /** The events, from the run's first on, in order. */
  events(events: readonly RunEvent[]): void;
  /** All that had happened before has been given. */
  caughtUp?(): void;
}

/**
 * Follows a run until it ends (`ended`), its process is gone without an end (`crashed`), its folder is gone and nobody can tell
 * (`removed`), or nobody wants to know any more (`left`).
 */
export async function followRun(
  workspace: string,
  { id, folder }: Pick<RunRecord, 'id' | 'folder'>,
  follower: Follower,
): Promise<'ended' | 'crashed' | 'removed' | 'left'> {
  const over = new AbortController();
  const gone = new AbortController();
  const watching = whenGone(workspace, id, over.signal).then(() => {
    gone.abort();
  });
  let hasEnded = false;
  const signal = AbortSignal.any([follower.signal, gone.signal]);
  for await (const events of followEvents(join(folder, runFiles.events), { signal })) {
    if (events.length === 0) follower.caughtUp?.();
    else follower.events(events);
    hasEnded ||= events.at(-1)?.type === 'run:ended';
  }
  over.abort();
  await watching;
  if (hasEnded) return 'ended';
  if (follower.signal.aborted) return 'left';
  return existsSync(folder) ? 'crashed' : 'removed';
}

/** Looks twice before it says so: what the process wrote last is read meanwhile. */
async function whenGone(workspace: string, id: string, signal: AbortSignal): Promise<void> {
  for (let missed = 0; !signal.aborted;) {
    missed = (await signsOfLife(workspace, id)).hasProcess ? 0 : missed + 1;
    if (missed === 2) return;
    await sleep(lookMs, undefined, { signal }).catch(() => undefined);
  }
}

const lookMs = 2000;
