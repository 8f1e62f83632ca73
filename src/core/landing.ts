/**
 * Landing, decided. Two parts that know nothing of each other. The *rule* (`mayLand`) is where safety lives: nothing reaches
 * main that it has not said yes to. The *planner* (`nextVerifications`) is where speed lives: it only chooses what to test
 * next, so the worst that a bad plan can do is to waste time. To replace it by a better one (prefixes of the queue at once,
 * bisection of a red prefix), write another function of the same type: candidates, runs and free slots in, trees to test
 * out. The rule, the blame and their tests stay as they are.
 */

/** What would land: a tree that git made of `main` and approved work. */
export interface LandingCandidate {
  /** The tip of main that it was built on. */
  readonly main: string;
  readonly tree: string;
}

/** What the rule says. `rebuild`: main is elsewhere by now; `verify-first`: nobody has seen this tree green. */
export type LandingRuling = { readonly kind: 'yes' } | { readonly kind: 'rebuild' } | { readonly kind: 'verify-first' };

/**
 * The rule. `currentMain` is main's tip now (undefined = the branch is gone), `verified` the trees with a green run under the
 * present verify commands; with no such commands every tree counts as seen.
 */
export function mayLand(landing: {
  readonly candidate: LandingCandidate;
  readonly currentMain: string | undefined;
  readonly verified: ReadonlySet<string>;
}): LandingRuling {
  if (landing.candidate.main !== landing.currentMain) return { kind: 'rebuild' };
  if (!landing.verified.has(landing.candidate.tree)) return { kind: 'verify-first' };
  return { kind: 'yes' };
}

/** One run of all verify commands on one tree. `could-not-run`: killed, not found, out of time; says nothing about the change. */
export interface VerifyRun {
  readonly tree: string;
  /** The changes that the tree holds on top of main, in order. */
  readonly changes: readonly string[];
  readonly result: 'green' | 'red' | 'could-not-run';
}

/** An approved change that waits to land, and the tree of main plus that change alone. */
export interface WaitingChange {
  readonly id: string;
  readonly tree: string;
}

/** A tree to be tested next, and the changes in it. */
export interface Verification {
  readonly tree: string;
  readonly changes: readonly string[];
}

/** What is known about one change: only two red runs of main plus that change alone make it the culprit. */
export type Blame = 'innocent' | 'suspect' | 'blamed';

/** Whether a change is to blame. Runs that hold other changes too, and runs that could not be made, never count. */
export function blameOf(id: string, runs: readonly VerifyRun[]): Blame {
  const alone = runs.filter(({ changes }) => changes.length === 1 && changes[0] === id);
  const reds = alone.filter(({ result }) => result === 'red').length;
  if (reds >= 2) return 'blamed';
  return reds === 1 ? 'suspect' : 'innocent';
}

/**
 * The first planner: the first change that is not to blame, alone, one at a time. Nothing when its tree is green already
 * (it can land), when the slot is taken, or when nobody waits. `running` are the trees being tested now.
 */
export function nextVerifications(state: {
  readonly waiting: readonly WaitingChange[];
  readonly runs: readonly VerifyRun[];
  readonly running: readonly string[];
  /** How many verifications may run at once. */
  readonly slots: number;
}): readonly Verification[] {
  if (state.slots < 1 || state.running.length > 0) return [];
  const first = state.waiting.find(({ id, tree }) => isGreen(tree, state.runs) || blameOf(id, state.runs) !== 'blamed');
  if (first === undefined || isGreen(first.tree, state.runs)) return [];
  return [{ tree: first.tree, changes: [first.id] }];
}

function isGreen(tree: string, runs: readonly VerifyRun[]): boolean {
  return runs.some((run) => run.tree === tree && run.result === 'green');
}
