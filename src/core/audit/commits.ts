import { goesOn } from '../run-state.ts';
import { iterationKey, rescueRefOf } from './facts.ts';
import type { AuditFacts, GitFacts, IterationName, MainCommit, RecordedCommit, RecordedRun } from './facts.ts';
import type { Note, Problem } from './finding.ts';

/** Where a recorded commit is, the best proof first. */
export const standings = [
  'main',
  /** Landed as one commit of the same content. */
  'squashed',
  /** On the branch of a live iteration, or approved and held. */
  'queued',
  /** Rejected, or out of review rounds, and on a rescue ref. */
  'rejected',
  'rescued',
  /** On a branch of a run that is gone, or on a branch or tag of the user's. */
  'branch',
  /** Its rescue ref was removed by `oompa cleanup --force`. */
  'freed',
  'accepted',
  'lost',
  /** git could not tell. */
  'unknown',
] as const;

/** One of `standings`. */
export type Standing = (typeof standings)[number];

/** How many commits stand where, and those that nothing leads to. */
export interface CommitVerdict {
  readonly counts: Readonly<Record<Standing, number>>;
  readonly problems: readonly Problem[];
  readonly notes: readonly Note[];
}

/** Finds out of every commit that a turn made where it is now. */
export function judgeCommits(facts: AuditFacts): CommitVerdict {
  const recorded = byCommit(facts.runs);
  const places = placesOf(facts);
  const counts = Object.fromEntries(standings.map((each) => [each, 0])) as Record<Standing, number>;
  const lost: RecordedCommit[][] = [];
  let leftOnBranches = 0;
  let gone = 0;
  for (const [commit, uses] of recorded) {
    const standing = standingOf(facts, places, commit, uses);
    counts[standing] += 1;
    if (standing === 'lost') lost.push(uses);
    if (standing === 'branch' && places.leftOver.has(commit)) leftOnBranches += 1;
    if (standing === 'squashed' && !facts.git.present.has(commit)) gone += 1;
  }
  const notes: Note[] = [];
  if (leftOnBranches > 0) notes.push({ kind: 'left-on-branches', count: leftOnBranches });
  if (gone > 0) notes.push({ kind: 'squashed-and-gone', count: gone });
  return { counts, problems: lostWork(facts, lost), notes };
}

/** Work off main whose task has landed as a commit with one parent: what has to be compared, tip by landing. */
export function squashesToCompare(
  runs: readonly RecordedRun[],
  git: Pick<GitFacts, 'mains' | 'offMain'>,
): { readonly tip: string; readonly landing: string }[] {
  const squashes = squashLandings(runs, git);
  if (squashes.size === 0) return [];
  const tips = new Map<string, RecordedCommit>();
  // The last one of an iteration holds the others, or they are compared for nothing.
  for (const { commits } of runs) for (const each of commits) tips.set(iterationKey(each.of), each);
  return [...tips.values()].flatMap(({ commit, of }) =>
    git.offMain?.has(commit) === true
      ? (squashes.get(of.task) ?? []).map(({ landing }) => ({ tip: commit, landing }))
      : [],
  );
}

interface Places {
  readonly squashed: ReadonlySet<string>;
  readonly queued: ReadonlySet<string>;
  readonly rescued: ReadonlySet<string>;
  /** On branches of runs that are gone. */
  readonly leftOver: ReadonlySet<string>;
  readonly freed: ReadonlySet<string>;
  readonly squashes: ReturnType<typeof squashLandings>;
  readonly live: ReadonlySet<string>;
  readonly outcomes: ReadonlyMap<string, string>;
}

function placesOf({ runs, files, git, freed }: AuditFacts): Places {
  const live = new Set(runs.filter(({ life }) => goesOn(life)).map(({ id }) => id));
  const held = new Set(
    files.flatMap(({ state, outcome, rescue }) => (state === 'current' && outcome === 'held' ? [rescue] : [])),
  );
  const tips = (choose: (ref: string) => boolean) => git.refs.filter(({ ref }) => choose(ref)).map(({ oid }) => oid);
  const isLive = (ref: string) => ref.startsWith(branches) && live.has(ref.slice(branches.length).split('/')[0] ?? '');
  const reach = (starts: readonly string[]) => reachable(git.offMain, starts);
  return {
    squashed: reach([...git.squashed.keys()]),
    queued: reach(tips((ref) => isLive(ref) || held.has(ref))),
    rescued: reach(tips((ref) => ref.startsWith(rescues))),
    leftOver: reach(tips((ref) => ref.startsWith(branches))),
    freed: reach(freed.map(({ commit }) => commit)),
    squashes: squashLandings(runs, git),
    live,
    outcomes: new Map(runs.flatMap(({ outcomes }) => [...outcomes])),
  };
}

const branches = 'refs/heads/oompa/';
const rescues = 'refs/oompa/rescue/';

function standingOf(facts: AuditFacts, places: Places, commit: string, uses: readonly RecordedCommit[]): Standing {
  const { git, accepted } = facts;
  if (git.offMain === undefined) return 'unknown';
  const isPresent = git.present.has(commit);
  if (isPresent && !git.offMain.has(commit)) return 'main';
  if (places.squashed.has(commit)) return 'squashed';
  if (places.queued.has(commit)) return 'queued';
  if (places.rescued.has(commit)) return uses.some(({ of }) => wasRejected(places, of)) ? 'rejected' : 'rescued';
  if (places.leftOver.has(commit) || git.elsewhere.has(commit)) return 'branch';
  if (places.freed.has(commit) || (!isPresent && uses.some(({ of }) => wasFreed(facts, of)))) return 'freed';
  if (accepted.has(commit)) return 'accepted';
  if (uses.some(({ of }) => places.live.has(of.run))) return 'queued';
  // Whoever removes a squashed branch has compared it before; git has then removed what nothing led to.
  if (!isPresent && uses.some(({ of }) => hasSquashed(places, of))) return 'squashed';
  return 'lost';
}

function wasRejected({ outcomes }: Places, of: IterationName): boolean {
  const outcome = outcomes.get(iterationKey(of));
  return outcome === 'rejected' || outcome === 'rounds-exhausted';
}

/** By the ref's name: the commits themselves may be gone from git, and nobody can follow them any more. */
function wasFreed({ freed }: AuditFacts, { run, worker, iteration }: IterationName): boolean {
  const own = `-${run}-${worker}-i${String(iteration)}`;
  return freed.some(({ ref }) => {
    const name = `-${ref.slice(ref.lastIndexOf('/') + 1)}`;
    const at = name.indexOf(own);
    return at !== -1 && ['', '.', '-'].includes(name.charAt(at + own.length));
  });
}

function hasSquashed({ squashes, outcomes }: Places, of: IterationName): boolean {
  const outcome = outcomes.get(iterationKey(of));
  return (squashes.get(of.task) ?? []).some(({ by }) =>
    outcome === 'held' ? by.worker === 'held' : iterationKey(by) === iterationKey(of),
  );
}

/** The landings on main that have one parent only, by task. */
function squashLandings(runs: readonly RecordedRun[], { mains }: Pick<GitFacts, 'mains'>) {
  const single = new Map<string, MainCommit>();
  for (const { commits } of mains) {
    for (const each of commits) if (each.parents.length === 1) single.set(each.commit, each);
  }
  const found = new Map<string, { readonly landing: string; readonly by: IterationName }[]>();
  const seen = new Set<string>();
  for (const { landings } of runs) {
    for (const { commit, of } of landings) {
      if (!single.has(commit) || seen.has(commit)) continue;
      seen.add(commit);
      found.set(of.task, [...(found.get(of.task) ?? []), { landing: commit, by: of }]);
    }
  }
  return found;
}

/** Everything that the starts lead to, as far as it is off main. */
function reachable(
  graph: ReadonlyMap<string, readonly string[]> | undefined,
  starts: readonly string[],
): ReadonlySet<string> {
  const seen = new Set<string>();
  const next = [...starts];
  for (let commit = next.pop(); commit !== undefined; commit = next.pop()) {
    const parents = graph?.get(commit);
    if (parents === undefined || seen.has(commit)) continue;
    seen.add(commit);
    next.push(...parents);
  }
  return seen;
}

/** Who has recorded each commit: another iteration may have gone on from it. */
function byCommit(runs: readonly RecordedRun[]): Map<string, RecordedCommit[]> {
  const found = new Map<string, RecordedCommit[]>();
  for (const { commits } of runs) {
    for (const each of commits) {
      const uses = found.get(each.commit);
      if (uses === undefined) found.set(each.commit, [each]);
      else uses.push(each);
    }
  }
  return found;
}

/** One problem for each iteration, with a free name for a ref that would keep its last commit. */
function lostWork({ git }: AuditFacts, lost: readonly (readonly RecordedCommit[])[]): Problem[] {
  const groups = new Map<string, (readonly RecordedCommit[])[]>();
  for (const uses of lost) {
    const key = uses[0] === undefined ? '' : iterationKey(uses[0].of);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [uses]);
    else group.push(uses);
  }
  const taken = new Set(git.refs.map(({ ref }) => ref));
  return [...groups.values()].flatMap((group): Problem[] => {
    const uses = group.at(-1) ?? [];
    const [first] = uses;
    if (first === undefined) return [];
    const { of, commit } = first;
    const wish = uses.find(({ ref }) => ref !== undefined)?.ref ?? rescueRefOf(of);
    const commits = group.flatMap((each) => each.slice(0, 1)).map((each) => each.commit);
    return [{ kind: 'work-lost', commits, of, ref: freeName(wish, taken), present: git.present.has(commit) }];
  });
}

function freeName(wish: string, taken: ReadonlySet<string>): string {
  for (let n = 1; ; n += 1) {
    const name = n === 1 ? wish : `${wish}.${String(n)}`;
    if (!taken.has(name)) return name;
  }
}
