import type { AuditFacts, IterationName, MainCommit, MainHistory, TakenCommit } from './facts.ts';
import type { Note, Problem } from './finding.ts';
import type { Lookup } from './lookup.ts';
import { stepsOf } from './lookup.ts';

/** A branch that work has landed on, since the oldest recorded run. */
export interface MainSummary {
  readonly branch: string;
  /** Where the count begins; undefined: at the first commit of all. */
  readonly since?: string;
  /** Its own steps, and of these the landings, what agents did there themselves or nobody recorded, and the rest: the user's. */
  readonly commits: number;
  readonly landings: number;
  readonly unproven: number;
  readonly own: number;
}

/** What main's history says. */
export interface HistoryVerdict {
  readonly mains: readonly MainSummary[];
  readonly problems: readonly Problem[];
  readonly notes: readonly Note[];
}

/** Checks that main holds only landings and the user's own commits, each landing once, and every landing that was recorded. */
export function judgeHistory(facts: AuditFacts, lookup: Lookup): HistoryVerdict {
  const walked = facts.git.mains.map((main) => walk(main, facts, lookup));
  const foreign = walked.reduce((sum, each) => sum + each.foreign, 0);
  const twice = repeated(facts, lookup);
  return {
    mains: walked.map(({ summary }) => summary),
    problems: [
      ...gone(facts, lookup),
      ...twice.problems,
      ...takenOut(facts, lookup),
      ...walked.flatMap(({ problems }) => problems),
    ],
    notes: [
      ...twice.notes,
      ...(foreign === 0 ? [] : [{ kind: 'foreign-landings', count: foreign } as const]),
      ...facts.git.mains.flatMap(({ branch, tip }) =>
        tip === undefined ? [{ kind: 'branch-gone', branch } as const] : [],
      ),
    ],
  };
}

/** Judges each step of the branch by itself. */
function walk(main: MainHistory, facts: AuditFacts, lookup: Lookup) {
  const { branch, since } = main;
  const work = new Map(facts.runs.flatMap((run) => run.commits.map(({ commit, of }) => [commit, of] as const)));
  const added = takenOf(facts).filter(({ how }) => how === 'added');
  const taken = new Map(added.map((each) => [each.commit, each]));
  const runs = new Set(facts.runs.map(({ id }) => id));
  const steps = stepsOf(main, lookup.mainCommits);
  const problems: Problem[] = [];
  let landings = 0;
  let foreign = 0;
  let unproven = 0;
  for (const step of steps) {
    const { commit } = step;
    const entry = taken.get(commit);
    const of = work.get(commit);
    const isRecorded = isRecordedLanding(step, lookup);
    if (entry !== undefined) {
      unproven += 1;
      if (!entry.accepted) problems.push({ kind: 'taken', commits: [commit], branch, ...originOf(entry) });
    } else if (isRecorded) landings += 1;
    // An agent that took main in, and did no more, has recorded a commit of main's: a landing is still a landing.
    else if (of !== undefined && !lookup.landings.has(commit)) {
      unproven += 1;
      problems.push({ kind: 'work-on-main', commits: [commit], branch, of });
    } else if (step.task === undefined || step.run === undefined) continue;
    else if (runs.has(step.run)) {
      unproven += 1;
      problems.push({ kind: 'landing-unrecorded', commits: [commit], branch, task: step.task, run: step.run });
    } else {
      landings += 1;
      foreign += 1;
    }
  }
  const own = steps.length - landings - unproven;
  const summary = { branch, ...(since === undefined ? {} : { since }), commits: steps.length, landings, unproven, own };
  return { summary, problems, foreign };
}

/** An agent that can move main can also delete what oompa remembers of it beside the logs. */
function takenOf({ taken, runs }: AuditFacts): TakenCommit[] {
  const known = new Set(taken.map(({ how, commit }) => `${how} ${commit}`));
  const logged = runs.flatMap((run) => run.taken);
  return [...taken, ...logged.filter(({ how, commit }) => !known.has(`${how} ${commit}`))];
}

function originOf({ how, by, run, at }: TakenCommit) {
  return { how, by, run, at };
}

function isRecordedLanding({ commit, task }: MainCommit, { landings }: Lookup): boolean {
  return landings.get(commit)?.some((of) => of.task === task) === true;
}

/** Tips of main that an agent has taken out of its history, and that are not back. */
function takenOut(facts: AuditFacts, { isOnMain }: Lookup): Problem[] {
  const branch = facts.git.mains[0]?.branch ?? 'main';
  return takenOf(facts)
    .filter(({ how, commit, accepted }) => how === 'removed' && !accepted && isOnMain(commit) === false)
    .map((entry) => ({ kind: 'taken', commits: [entry.commit], branch, ...originOf(entry) }));
}

/** Recorded landings that main has no more. Where the whole branch is gone, any other ref that leads there is good enough. */
function gone({ runs, git }: AuditFacts, { isOnMain }: Lookup): Problem[] {
  const left = new Set(git.mains.flatMap(({ branch, tip }) => (tip === undefined ? [branch] : [])));
  const problems = new Map<string, Problem>();
  for (const { id, branch = git.mains[0]?.branch ?? 'main', landings } of runs) {
    for (const { commit, of, landed } of landings) {
      if (!landed || isOnMain(commit) !== false || (left.has(branch) && git.elsewhere.has(commit))) continue;
      const present = git.present.has(commit);
      problems.set(commit, { kind: 'landing-gone', commits: [commit], task: of.task, run: id, branch, present });
    }
  }
  return [...problems.values()];
}

/** Landings of one task: more than one of the same claim is a breach of P2; of several claims, somebody has put it back. */
function repeated({ runs }: AuditFacts, lookup: Lookup): { problems: Problem[]; notes: Note[] } {
  const ids = new Set(runs.map(({ id }) => id));
  const byTask = new Map<string, Map<string, string[]>>();
  for (const each of lookup.mainCommits.values()) {
    const { commit, task, claim = '', run = '' } = each;
    const recorded: readonly IterationName[] = lookup.landings.get(commit) ?? [];
    if (task === undefined || (!lookup.steps.has(commit) && recorded.length === 0)) continue;
    // Another workspace counts its claims by itself.
    const key = ids.has(run) ? claim : `${claim} ${run}`;
    const claims = byTask.get(task) ?? new Map<string, string[]>();
    claims.set(key, [commit, ...(claims.get(key) ?? [])]);
    byTask.set(task, claims);
  }
  const problems: Problem[] = [];
  const notes: Note[] = [];
  for (const [task, claims] of byTask) {
    for (const [claim, commits] of claims) {
      const name = claim.split(' ')[0] ?? '';
      if (commits.length > 1) problems.push({ kind: 'landed-twice', commits, task, claim: name });
    }
    if (claims.size > 1) notes.push({ kind: 'landed-again', task, commits: [...claims.values()].flat() });
  }
  return { problems, notes };
}
