import type {
  AuditFacts,
  GitFacts,
  IterationName,
  MainCommit,
  RecordedRun,
  TaskFile,
} from '../../../src/core/audit/facts.ts';

/** An iteration of `builders-1` in the run `r1` on the task `a`, unless told otherwise. */
export function iteration(of: Partial<IterationName> = {}): IterationName {
  return { run: 'r1', worker: 'builders-1', task: 'a', iteration: 1, ...of };
}

/** A run `r1` that has ended and recorded nothing, unless told otherwise. */
export function run(of: Partial<RecordedRun> = {}): RecordedRun {
  return {
    id: 'r1',
    life: 'ended',
    branch: 'main',
    base: 'base',
    turns: 1,
    commits: [],
    landings: [],
    taken: [],
    outcomes: new Map(),
    claimed: new Map(),
    ...of,
  };
}

/** A landing on main: a merge of `work` unless told otherwise. */
export function landing(commit: string, of: Partial<MainCommit> = {}): MainCommit {
  return { commit, parents: ['base', 'work'], task: 'a', claim: '1', run: 'r1', ...of };
}

/** A completed task, unless told otherwise. */
export function file(of: Partial<TaskFile> = {}): TaskFile {
  const { id = 'a', state = 'complete' } = of;
  return { id, state, path: `tasks/${state}/${id}.yaml`, ...of };
}

/** Facts of a workspace where nothing has happened, with these parts put in. `onMain`: the list of main, newest first. */
export function facts({
  git = {},
  onMain = [],
  ...of
}: Partial<Omit<AuditFacts, 'git'>> & { git?: Partial<GitFacts>; onMain?: readonly MainCommit[] } = {}): AuditFacts {
  const tip = onMain[0]?.commit ?? 'base';
  return {
    runs: [],
    withoutLog: [],
    files: [],
    taken: [],
    freed: [],
    accepted: new Set(),
    ...of,
    git: {
      present: new Set(onMain.map(({ commit }) => commit)),
      mains: [{ branch: 'main', tip, since: 'base', commits: onMain }],
      offMain: new Map(),
      elsewhere: new Set(),
      refs: [],
      squashed: new Map(),
      missing: [],
      troubles: [],
      ...git,
    },
  };
}
