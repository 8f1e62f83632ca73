import { judgeCommits } from './audit/commits.ts';
import type { CommitVerdict } from './audit/commits.ts';
import type { AuditFacts } from './audit/facts.ts';
import type { Note, Problem } from './audit/finding.ts';
import { judgeHistory } from './audit/history.ts';
import type { MainSummary } from './audit/history.ts';
import { lookupOf } from './audit/lookup.ts';
import { judgeTasks } from './audit/tasks.ts';
import type { Completions, TaskVerdict } from './audit/tasks.ts';
import { goesOn } from './run-state.ts';

/** What an audit gives. Nothing is lost when it has no problems. */
export interface Audit {
  readonly runs: number;
  /** Turns of workers in all of them. */
  readonly turns: number;
  /** The commits that these turns made, by where they are. */
  readonly commits: CommitVerdict['counts'];
  readonly tasks: TaskVerdict['states'];
  readonly completed: Completions;
  /** One for each branch that runs have landed on. */
  readonly mains: readonly MainSummary[];
  readonly problems: readonly Problem[];
  readonly notes: readonly Note[];
}

/** Proves from the facts that nothing is lost, or names what is not proven. */
export function auditOf(facts: AuditFacts): Audit {
  const lookup = lookupOf(facts);
  const commits = judgeCommits(facts);
  const tasks = judgeTasks(facts, lookup);
  const history = judgeHistory(facts, lookup);
  const found = [...gitProblems(facts), ...commits.problems, ...tasks.problems, ...history.problems];
  const problems = found.filter((problem) => !isAccepted(problem, facts.accepted));
  return {
    runs: facts.runs.length,
    turns: facts.runs.reduce((sum, { turns }) => sum + turns, 0),
    commits: commits.counts,
    tasks: tasks.states,
    completed: tasks.completions,
    mains: history.mains,
    problems,
    notes: [...runNotes(facts, found), ...commits.notes, ...tasks.notes, ...history.notes],
  };
}

/** The problems that the user means by a commit, or the first digits of one. */
export function problemsNaming(problems: readonly Problem[], commit: string): Problem[] {
  return problems.filter(({ commits }) => commits.some((each) => each.startsWith(commit)));
}

/** Some problems are about no commit, and can only be put right. */
function isAccepted({ commits }: Problem, accepted: ReadonlySet<string>): boolean {
  return commits.length > 0 && commits.every((commit) => accepted.has(commit));
}

function gitProblems({ git }: AuditFacts): Problem[] {
  const troubles = git.troubles.map((detail) => ({ kind: 'git-trouble', commits: [], detail }) as const);
  return git.missing.length === 0
    ? troubles
    : [{ kind: 'objects-missing', commits: [], objects: git.missing }, ...troubles];
}

function runNotes({ runs, withoutLog, accepted, taken }: AuditFacts, found: readonly Problem[]): Note[] {
  const live = runs.filter(({ life }) => goesOn(life)).map(({ id }) => id);
  const seen = found.filter((problem) => isAccepted(problem, accepted)).flatMap(({ commits }) => commits);
  const looked = [...new Set([...seen, ...taken.filter((each) => each.accepted).map(({ commit }) => commit)])];
  return [
    ...(live.length === 0 ? [] : [{ kind: 'live', runs: live } as const]),
    ...(withoutLog.length === 0 ? [] : [{ kind: 'without-log', runs: withoutLog } as const]),
    ...(looked.length === 0 ? [] : [{ kind: 'accepted', commits: looked } as const]),
  ];
}
