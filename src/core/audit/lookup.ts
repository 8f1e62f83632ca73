import type { AuditFacts, IterationName, MainCommit, MainHistory } from './facts.ts';

/** What several rules ask for. */
export interface Lookup {
  /** Every listed commit of the branches that work has landed on. */
  readonly mainCommits: ReadonlyMap<string, MainCommit>;
  /** Their own steps: what one comes to by first parents. */
  readonly steps: ReadonlySet<string>;
  /** The landings and intents that logs tell of, by commit. */
  readonly landings: ReadonlyMap<string, readonly IterationName[]>;
  /** Whether the commit is on one of these branches; undefined when git could not tell. */
  readonly isOnMain: (commit: string) => boolean | undefined;
  /** Whether it is a landing of the task: one of main's own steps with its trailer, or one that a log tells of. */
  readonly isLandingOf: (commit: string, task: string) => boolean;
}

/** Makes the tables once for an audit. */
export function lookupOf({ git, runs }: AuditFacts): Lookup {
  const mainCommits = new Map(git.mains.flatMap(({ commits }) => commits.map((each) => [each.commit, each] as const)));
  const steps = new Set(git.mains.flatMap((main) => stepsOf(main, mainCommits).map(({ commit }) => commit)));
  const landings = new Map<string, IterationName[]>();
  for (const { commit, of } of runs.flatMap((run) => run.landings)) {
    const known = landings.get(commit);
    if (known === undefined) landings.set(commit, [of]);
    else known.push(of);
  }
  return {
    mainCommits,
    steps,
    landings,
    isOnMain: (commit) => (git.offMain === undefined ? undefined : git.present.has(commit) && !git.offMain.has(commit)),
    isLandingOf(commit, task) {
      if (landings.get(commit)?.some((of) => of.task === task) === true) return true;
      const found = mainCommits.get(commit);
      // What is older than every log can't be looked into: it is on main, and that has to do.
      return found === undefined || (found.task === task && steps.has(commit));
    },
  };
}

/** The branch's own steps, newest first, as far as they are listed. */
export function stepsOf({ tip }: MainHistory, commits: ReadonlyMap<string, MainCommit>): MainCommit[] {
  const steps: MainCommit[] = [];
  for (let at = commits.get(tip ?? ''); at !== undefined; at = commits.get(at.parents[0] ?? '')) steps.push(at);
  return steps;
}
