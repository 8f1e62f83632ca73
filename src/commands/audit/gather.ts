import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { squashesToCompare } from '../../core/audit/commits.ts';
import type { AuditFacts, RecordedRun, TakenCommit, TaskFile } from '../../core/audit/facts.ts';
import { recordRun } from '../../core/audit/record.ts';
import { goesOn } from '../../core/run-state.ts';
import { compareSquashes, surveyGit } from '../../git/audit.ts';
import type { SurveyOrder } from '../../git/audit.ts';
import { readFreed } from '../../git/rescue/freed.ts';
import type { Repository } from '../../git/repository.ts';
import { readTaken } from '../../git/guard/taken.ts';
import { prunedLog, prunedRunIds } from '../../runs/pruned-log.ts';
import { readEvents } from '../../runs/read-events.ts';
import { listRuns } from '../../runs/read-runs.ts';
import { runFiles, runsFolder } from '../../runs/run-folder.ts';
import { readQueue } from '../read-queue.ts';
import { idIn } from '../tasks/queue.ts';
import { readAccepted } from './accepted.ts';

/**
 * Everything that the audit is made of. Read in this order because runs may go on meanwhile: what a log tells of was on a ref
 * before, so a ref that is read later has it.
 */
export async function gatherFacts(repository: Repository): Promise<AuditFacts> {
  const { root } = repository;
  const { runs, withoutLog } = await readRecords(root);
  const files = await readTaskFiles(root);
  const [taken, freed] = await Promise.all([readTakenCommits(root), readFreed(root)]);
  const commits = [
    ...runs.flatMap((run) => run.commits.map(({ commit }) => commit)),
    ...runs.flatMap((run) => run.landings.flatMap(({ commit, landed }) => (landed ? [commit] : []))),
    ...files.flatMap(({ commit }) => (commit === undefined ? [] : [commit])),
    ...[...taken, ...runs.flatMap((run) => run.taken), ...freed].map(({ commit }) => commit),
  ];
  const survey = await surveyGit(repository, { mains: landingBranches(repository, runs), commits });
  const { squashed, trouble } = await compareSquashes(root, squashesToCompare(runs, survey));
  const troubles = [...survey.troubles, ...(trouble === undefined ? [] : [trouble])];
  return {
    runs: runs.map((run) => withLateLandings(root, run)),
    withoutLog,
    files,
    git: { ...survey, squashed, troubles },
    taken,
    freed,
    accepted: readAccepted(root),
  };
}

/** What agents have done to main. */
export async function readTakenCommits(root: string): Promise<TakenCommit[]> {
  return (await readTaken(root)).map((each) => ({ ...each, accepted: each.accepted !== undefined }));
}

/** All runs, oldest first, each from its own log. */
async function readRecords(root: string): Promise<{ runs: RecordedRun[]; withoutLog: string[] }> {
  const entries = (await listRuns(root)).reverse();
  const logged = entries.filter(({ id }) => existsSync(logOf(root, id)));
  const withoutLog = entries.flatMap((entry) => (logged.includes(entry) ? [] : [entry.id]));
  const pruned = prunedRunIds(root).filter((id) => !entries.some((entry) => entry.id === id));
  const runs = [
    ...pruned.map((id) => recordRun({ id, life: 'ended' }, readEvents(prunedLog(root, id)))),
    ...logged.map(({ id, life }) => recordRun({ id, life }, readEvents(logOf(root, id)))),
  ].sort((a, b) => (a.id < b.id ? -1 : 1));
  return { runs, withoutLog };
}

function logOf(root: string, run: string): string {
  return join(runsFolder(root), run, runFiles.events);
}

/** A live run may have landed after its log was read and before main was: main then has a landing that the log has by now. */
function withLateLandings(root: string, run: RecordedRun): RecordedRun {
  if (!goesOn(run.life)) return run;
  const late = recordRun(run, readEvents(logOf(root, run.id))).landings;
  return { ...run, landings: [...run.landings, ...late.map((each) => ({ ...each, landed: false }))] };
}

/** A task that changes folders while they are read is seen twice, or once more than it should; a look or two later it is not. */
async function readTaskFiles(root: string): Promise<TaskFile[]> {
  let files: TaskFile[] = [];
  for (let look = 0; look < 3; look += 1) {
    const { listing } = await readQueue(root);
    files = [
      ...listing.tasks.map(({ task, state, path }) => ({ id: task.id, state, path, ...noted(task.record) })),
      ...listing.unreadable.map(({ state, path, line, column, message }) => {
        return { id: idIn(path), state, path, unreadable: { line, column, message } };
      }),
    ];
    if (new Set(files.map(({ id }) => id)).size === files.length) break;
  }
  return files;
}

function noted({ outcome, commit, rescue }: Pick<TaskFile, 'outcome' | 'commit' | 'rescue'>) {
  return {
    ...(outcome === undefined ? {} : { outcome }),
    ...(commit === undefined ? {} : { commit }),
    ...(rescue === undefined ? {} : { rescue }),
  };
}

/** Where the runs have landed. Before the first run there is nothing to look at on the present branch. */
function landingBranches({ branch, head }: Repository, runs: readonly RecordedRun[]): SurveyOrder['mains'] {
  const bases = new Map<string, string[]>();
  for (const run of runs) {
    if (run.branch === undefined) continue;
    bases.set(run.branch, [...(bases.get(run.branch) ?? []), ...(run.base === undefined ? [] : [run.base])]);
  }
  return bases.size === 0
    ? [{ branch, bases: [head] }]
    : [...bases].map(([name, oldestFirst]) => ({ branch: name, bases: oldestFirst }));
}
