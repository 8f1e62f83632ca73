import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { keepProof } from './pruned-log.ts';
import { signsOfLife } from './read-runs.ts';
import { isRemoved, removeRunFolder, removeTree } from './remove-run.ts';
import { runFiles, runsFolder } from './run-folder.ts';
import { isRunId } from './run-id.ts';
import { isUnfinished } from './run-record.ts';

/** A folder that is named like a run. */
export interface PastRun {
  readonly id: string;
  /** False: it holds something else, and is nobody's business. */
  readonly isRun: boolean;
  /** Its process is there, and has not written the end. */
  readonly goesOn: boolean;
  /** Milliseconds since it began, or was written to last. */
  readonly ageMs: number;
}

/** Why a run goes (`old`) or stays (all others). */
export type Standing =
  | { readonly kind: 'old' }
  | { readonly kind: 'newest' }
  | { readonly kind: 'no-run' }
  | { readonly kind: 'goes-on' }
  | { readonly kind: 'fresh' }
  /** `by`: what points to it, in words. */
  | { readonly kind: 'needed'; readonly by: string };

/** What counts when runs are pruned. */
export interface Retention {
  /** So many of the newest stay; 0 = all. */
  readonly keep: number;
  /** What still points to a run, in words, by the run's id. */
  readonly neededBy: ReadonlyMap<string, string>;
}

/** A run younger than this many milliseconds is fresh: somebody may be about to look at it. */
export const freshMs = 24 * 60 * 60 * 1000;

/** Judges each run; `runs` are newest first. */
export function judgeRuns<Run extends PastRun>(
  runs: readonly Run[],
  { keep, neededBy }: Retention,
): { readonly run: Run; readonly standing: Standing }[] {
  let rank = 0;
  return runs.map((run) => {
    if (!run.isRun) return { run, standing: { kind: 'no-run' } };
    rank += 1;
    if (keep === 0 || rank <= keep) return { run, standing: { kind: 'newest' } };
    if (run.goesOn) return { run, standing: { kind: 'goes-on' } };
    if (run.ageMs < freshMs) return { run, standing: { kind: 'fresh' } };
    const by = neededBy.get(run.id);
    return { run, standing: by === undefined ? { kind: 'old' } : { kind: 'needed', by } };
  });
}

/** All folders named like a run, newest first. Reads no log, and follows no link. */
export async function pastRuns(workspace: string, now: Date): Promise<PastRun[]> {
  const entries = await readdir(runsFolder(workspace), { withFileTypes: true }).catch(() => []);
  const ids = entries.flatMap((entry) => (entry.isDirectory() && isRunId(entry.name) ? [entry.name] : []));
  const newestFirst = ids.sort().reverse();
  return Promise.all(newestFirst.map((id) => pastRun(workspace, id, now)));
}

/** Removes a run for good; what proves the fate of its work is kept (`prunedLog`). */
export async function pruneRun(
  workspace: string,
  id: string,
): Promise<{ readonly kind: 'removed' } | { readonly kind: 'failed'; readonly why: string }> {
  try {
    await keepProof(workspace, id);
    await removeRunFolder(workspace, id);
    return { kind: 'removed' };
  } catch (error) {
    return { kind: 'failed', why: error instanceof Error ? error.message : String(error) };
  }
}

/** Names, below `runs/`, of what killed processes have left of folders that they made or removed. */
export async function leftoversOfRuns(workspace: string, now: Date): Promise<string[]> {
  const names = await readdir(runsFolder(workspace)).catch(() => []);
  const unfinished = await Promise.all(
    names.filter(isUnfinished).map(async (name) => {
      const ageMs = now.getTime() - ((await changedAt(join(runsFolder(workspace), name))) ?? now.getTime());
      return ageMs < freshMs ? [] : [name];
    }),
  );
  return [...names.filter(isRemoved), ...unfinished.flat()];
}

/** Removes one of them. Rejects with node's own error. */
export async function removeLeftover(workspace: string, name: string): Promise<void> {
  await removeTree(join(runsFolder(workspace), name));
}

async function pastRun(workspace: string, id: string, now: Date): Promise<PastRun> {
  const folder = join(runsFolder(workspace), id);
  const { hasProcess, hasEnded } = await signsOfLife(workspace, id);
  const times = [
    beganAt(id),
    await changedAt(join(folder, runFiles.events)),
    await changedAt(join(folder, runFiles.record)),
  ];
  const last = Math.max(...times.filter((time) => time !== undefined));
  return { id, isRun: await holdsRun(folder), goesOn: hasProcess && !hasEnded, ageMs: now.getTime() - last };
}

/** An empty folder is what is left of a run. */
async function holdsRun(folder: string): Promise<boolean> {
  const names = await readdir(folder).catch(() => undefined);
  if (names === undefined) return false;
  const known: readonly string[] = Object.values(runFiles);
  return names.length === 0 || names.some((name) => known.includes(name));
}

/** As its id tells; undefined for a date that is none. */
function beganAt(id: string): number | undefined {
  const time = Date.parse(id.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)-.*$/, '$1-$2-$3T$4:$5:$6Z'));
  return Number.isNaN(time) ? undefined : time;
}

/** Milliseconds since 1970; undefined when there is no such file. */
async function changedAt(path: string): Promise<number | undefined> {
  return (await lstat(path).catch(() => undefined))?.mtimeMs;
}
