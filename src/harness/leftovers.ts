import { rm } from 'node:fs/promises';
import { hostname } from 'node:os';
import { isAlive } from '../system/process-identity.ts';
import { readProcessNotes, type FoundNote, type ProcessNote } from '../system/process-notes.ts';
import { readProcess, variableOfEach } from '../system/process-table.ts';
import { markName } from '../system/process-tree.ts';
import { endProcesses, findProcesses, type Target } from '../system/reap.ts';

/** A process that a run which is gone has left behind. */
export interface Leftover {
  readonly run: string;
  /** As `ps` shows it; negative where only a whole group is known. */
  readonly pid: number;
  /** The turn's label or the command that was started; undefined for what came of one. */
  readonly what: string | undefined;
}

/** What runs that are gone have left behind, to be shown or to be ended. */
export interface Leftovers {
  readonly processes: readonly Leftover[];
  /** Runs of which there may be processes with their mark. */
  readonly runs: readonly string[];
  /** What those runs wrote down, with every process that is still the very one. */
  readonly notes: readonly { readonly path: string; readonly leader: Leader | undefined }[];
}

/** A noted process that still runs. */
interface Leader {
  readonly note: ProcessNote;
  readonly since: string | undefined;
}

/**
 * What is left of the processes of runs that are gone: when oompa itself is killed, its agents and commands go on. They are
 * known by the notes of the workspace, and where there is a /proc by `OOMPA_RUN` in their environment. Whatever belongs to
 * a live run, or has only the number of a noted process, is not among them. Changes nothing.
 */
export async function findLeftovers(workspace: string, isGone: (run: string) => Promise<boolean>): Promise<Leftovers> {
  const found = await readProcessNotes(workspace);
  const gone = new Set<string>();
  const leftBehind = await Promise.all(found.map((each) => isLeftBehind(each, isGone)));
  const notes = found.filter((_, index) => leftBehind[index]);
  for (const { run } of notes) gone.add(run);
  for (const run of await variableOfEach(runName)) if (!gone.has(run) && (await isGone(run))) gone.add(run);
  const left = { runs: [...gone], notes: notes.map(({ path, note }) => ({ path, leader: leaderOf(note) })) };
  return { ...left, processes: await processesOf(left) };
}

/** Ends what was found, politely and after `graceMs` by force, and clears the notes. Gives those that could not be ended. */
export async function endLeftovers(found: Leftovers, graceMs = 5000): Promise<readonly Leftover[]> {
  const cleared = await Promise.all(
    found.notes.map(async ({ path, leader }) => {
      const ended = leader === undefined || (await endProcesses(() => treeOf(leader, graceMs)));
      if (ended) await rm(path, { force: true }).catch(() => undefined);
      return ended;
    }),
  );
  const ended = await Promise.all(found.runs.map((run) => endProcesses(() => allOf(run, graceMs))));
  const stays = cleared.includes(false) || ended.includes(false);
  return stays ? processesOf(found) : [];
}

const runName = 'OOMPA_RUN';

/** Its owner tells, also where the run's folder has been removed; a note that was cut off has none. */
async function isLeftBehind({ run, note }: FoundNote, isGone: (run: string) => Promise<boolean>): Promise<boolean> {
  if (note === undefined) return isGone(run);
  return note.host === hostname() && !isAlive(note.owner.pid, note.owner.start);
}

function leaderOf(note: ProcessNote | undefined): Leader | undefined {
  if (note === undefined || !isAlive(note.pid, note.start)) return undefined;
  return { note, since: readProcess(note.pid, '')?.startedAt };
}

async function processesOf({ runs, notes }: Pick<Leftovers, 'runs' | 'notes'>): Promise<Leftover[]> {
  const left = new Map<number, Leftover>();
  for (const { leader } of notes) {
    if (leader === undefined) continue;
    const { run, what, pid: own } = leader.note;
    for (const { pid } of await findProcesses(treeOf(leader, 0))) {
      left.set(pid, { run, pid, what: Math.abs(pid) === own ? what : undefined });
    }
  }
  for (const run of runs) {
    for (const { pid } of await findProcesses(allOf(run, 0))) {
      if (!left.has(pid)) left.set(pid, { run, pid, what: undefined });
    }
  }
  return [...left.values()];
}

/** A process and all that came of it. Its id counts only as long as it is the very process that was noted. */
function treeOf({ note, since }: Leader, graceMs: number): Target {
  return {
    group: note.pid,
    leaderAlive: isAlive(note.pid, note.start),
    marker: `${markName}=${note.mark}`,
    graceMs,
    sparesOwn: true,
    ...(since === undefined ? {} : { since }),
  };
}

function allOf(run: string, graceMs: number): Target {
  return { leaderAlive: false, marker: `${runName}=${run}`, graceMs, sparesOwn: true };
}
