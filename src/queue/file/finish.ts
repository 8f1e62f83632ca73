import { readdir } from 'node:fs/promises';
import { withLockIfFree } from '../../system/lock.ts';
import type { RecoverOptions } from '../queue.ts';
import { readNote } from './claim-note.ts';
import { isLive } from './lease.ts';
import { locate, moveTask } from './move.ts';
import type { Located } from './move.ts';
import type { Places } from './places.ts';
import { placesOf, taskLock } from './places.ts';
import { taskNameOf } from './task-name.ts';
import { readText } from './task-reader.ts';

/** A task file outside of `current/` although nobody ended its last claim, and that claim's work is on main. */
export interface LandedElsewhere {
  readonly id: string;
  /** Relative to the workspace. */
  readonly path: string;
  readonly commit: string;
}

type LandedCommit = Required<RecoverOptions>['landedCommit'];

/**
 * The files that a hand has moved out of `current/` while somebody worked on them, and whose work has landed since. Looks at the
 * notes of waiting tasks only; a task that was settled, and then put back by a hand, is to be done again.
 */
export async function landedElsewhere(
  workspace: string,
  landedCommit: LandedCommit,
  now: Date,
): Promise<LandedElsewhere[]> {
  const places = placesOf(workspace);
  const noted = new Set((await namesIn(places.claims)).map((name) => name.replace(/\.json$/, '')));
  const found: LandedElsewhere[] = [];
  for (const state of waitingStates) {
    const names = (await namesIn(places.folder(state))).flatMap((name) => taskNameOf(name) ?? []);
    for (const name of names.filter(({ id }) => noted.has(id))) {
      const commit = await landingOf(places, { ...name, state }, { landedCommit, now });
      if (commit !== undefined) found.push({ id: name.id, path: places.shown(state, name.name), commit });
    }
  }
  return found;
}

/**
 * Moves such a file back to `current/`, where recovery completes it. Killed in between, it is for the next recovery to do.
 * False when somebody has taken the task meanwhile, or is just taking it.
 */
export async function returnLanded(
  workspace: string,
  id: string,
  parts: { readonly landedCommit: LandedCommit; readonly now: Date },
): Promise<boolean> {
  const places = placesOf(workspace);
  const done = await withLockIfFree(taskLock(places, id), async () => {
    const [file, twin] = locate(places, id, waitingStates);
    if (file === undefined || twin !== undefined) return false;
    if ((await landingOf(places, file, parts)) === undefined) return false;
    return moveTask(places, file.name, file.state, 'current') === 'moved';
  });
  return done.kind === 'done' && done.value;
}

/** Who has the claim of a task: its lease may run while its file is somewhere else. */
export function claimHolder(workspace: string, id: string, now: Date): 'live' | 'gone' {
  const { claims } = placesOf(workspace);
  const note = readNote(claims, id);
  return note !== undefined && isLive(claims, note, now) ? 'live' : 'gone';
}

/** The run that claimed the task last; undefined when none did. */
export function lastRunOf(workspace: string, id: string): string | undefined {
  return readNote(placesOf(workspace).claims, id)?.run;
}

const waitingStates = ['pending', 'failed', 'blocked'] as const;

async function landingOf(
  places: Places,
  { id, state, name }: Located,
  { landedCommit, now }: { readonly landedCommit: LandedCommit; readonly now: Date },
): Promise<string | undefined> {
  const note = readNote(places.claims, id);
  if (note?.state !== 'claimed' || isLive(places.claims, note, now)) return undefined;
  // With a twin in `current/`, that one counts.
  if (locate(places, id, ['current']).length > 0) return undefined;
  const commit = await landedCommit(id, note.generation);
  if (typeof commit !== 'string') return undefined;
  // A file that names its landing was complete already: a hand has put it back, to be done again.
  const text = readText(places.file(state, name));
  return typeof text === 'string' && !text.includes(commit) ? commit : undefined;
}

async function namesIn(folder: string): Promise<string[]> {
  return readdir(folder).catch(() => []);
}
