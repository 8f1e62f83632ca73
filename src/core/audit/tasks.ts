import { goesOn } from '../run-state.ts';
import type { TaskState } from '../task.ts';
import { taskStates } from '../task.ts';
import type { AuditFacts, TaskFile } from './facts.ts';
import type { Note, Problem } from './finding.ts';
import type { Lookup } from './lookup.ts';

/** How the completed tasks were completed. */
export interface Completions {
  readonly landed: number;
  /** They only proposed other tasks. */
  readonly proposed: number;
  readonly byHand: number;
  readonly unproven: number;
}

/** What the task files say. */
export interface TaskVerdict {
  readonly states: Readonly<Record<TaskState, number>>;
  readonly completions: Completions;
  readonly problems: readonly Problem[];
  readonly notes: readonly Note[];
}

/** Checks that each task is in one state, and that main has what the completed ones stand for. */
export function judgeTasks(facts: AuditFacts, lookup: Lookup): TaskVerdict {
  const { files } = facts;
  const of = (wanted: TaskState) => files.filter(({ state }) => state === wanted);
  const states = Object.fromEntries(taskStates.map((state) => [state, of(state).length])) as Record<TaskState, number>;
  const twins = doubled(files);
  const isTwin = new Set(twins.map(({ task }) => task));
  // What a doubled one stands for can't be told; that it is doubled is said already.
  const judged = of('complete')
    .filter(({ id }) => !isTwin.has(id))
    .map((file) => ({ file, verdict: completionOf(file, facts, lookup) }));
  const count = (wanted: string) => judged.filter(({ verdict }) => verdict === wanted).length;
  const [landed, proposed, byHand] = [count('landed'), count('proposed'), count('by-hand')];
  const unproven = judged.length - landed - proposed - byHand;
  return {
    states,
    completions: { landed, proposed, byHand, unproven },
    problems: [
      ...twins,
      ...judged.flatMap(({ file, verdict }) =>
        typeof verdict === 'string' ? [] : [unprovenCompletion(file, verdict.why)],
      ),
    ],
    notes: notesOf(facts, lookup, {
      isTwin,
      byHand: judged.flatMap(({ file, verdict }) => (verdict === 'by-hand' ? [file.id] : [])),
    }),
  };
}

type Completion =
  | 'landed'
  | 'proposed'
  | 'by-hand'
  | 'git-trouble'
  | { readonly why: (Problem & { kind: 'completion-unproven' })['why'] };

function completionOf(file: TaskFile, { git }: AuditFacts, lookup: Lookup): Completion {
  const { id, outcome, commit, unreadable } = file;
  if (unreadable !== undefined) return { why: 'unreadable' };
  if (outcome === 'proposed') return 'proposed';
  // With another outcome, or none, oompa has not moved it here.
  if (outcome !== 'landed') return 'by-hand';
  if (commit === undefined) {
    const named = [...lookup.mainCommits.values()].some((each) => each.task === id && lookup.steps.has(each.commit));
    return named ? 'landed' : { why: 'no-commit' };
  }
  const onMain = lookup.isOnMain(commit);
  if (onMain === undefined) return 'git-trouble';
  const isBranchGone = git.mains.some(({ tip }) => tip === undefined) && git.elsewhere.has(commit);
  if (!onMain && !isBranchGone) return { why: 'not-on-main' };
  return lookup.isLandingOf(commit, id) ? 'landed' : { why: 'not-its-landing' };
}

function unprovenCompletion(
  { id, path, commit }: TaskFile,
  why: (Problem & { kind: 'completion-unproven' })['why'],
): Problem {
  return { kind: 'completion-unproven', commits: commit === undefined ? [] : [commit], task: id, path, why };
}

function doubled(files: readonly TaskFile[]): (Problem & { kind: 'task-doubled' })[] {
  const paths = new Map<string, string[]>();
  for (const { id, path } of files) paths.set(id, [...(paths.get(id) ?? []), path]);
  return [...paths].flatMap(([task, found]) =>
    found.length < 2 ? [] : [{ kind: 'task-doubled', commits: [], task, paths: found } as const],
  );
}

function notesOf(
  { files, runs, git }: AuditFacts,
  lookup: Lookup,
  { isTwin, byHand }: { readonly isTwin: ReadonlySet<string>; readonly byHand: readonly string[] },
): Note[] {
  const isLive = runs.some(({ life }) => goesOn(life));
  const ids = new Set(files.map(({ id }) => id));
  const current = new Set(files.flatMap(({ state, id }) => (state === 'current' ? [id] : [])));
  const landed = new Map(
    [...lookup.landings].flatMap(([commit, by]) =>
      lookup.isOnMain(commit) === true ? by.map((of) => [of.task, commit] as const) : [],
    ),
  );
  const claimed = [...new Set(runs.flatMap((run) => [...run.claimed.keys()]))];
  const gone = claimed.filter((id) => !ids.has(id) && !landed.has(id)).sort();
  const stranded = isLive ? [] : [...current].filter((id) => isSettled(id, lookup, runs)).sort();
  const fences = git.refs.flatMap(({ ref }) => (ref.startsWith(claims) ? [ref.slice(claims.length)] : []));
  // A live run raises and lowers them all the time.
  const stale = isLive ? [] : fences.filter((id) => !current.has(id)).sort();
  return [
    ...(byHand.length === 0 ? [] : [{ kind: 'by-hand', tasks: [...byHand].sort() } as const]),
    ...files.flatMap(({ id, path, state, unreadable }) =>
      unreadable === undefined || state === 'complete' || isTwin.has(id)
        ? []
        : [{ kind: 'unreadable', path, ...unreadable } as const],
    ),
    ...(gone.length === 0 ? [] : [{ kind: 'task-gone', tasks: gone } as const]),
    ...(stranded.length === 0 ? [] : [{ kind: 'landed-in-current', tasks: stranded } as const]),
    ...(stale.length === 0 ? [] : [{ kind: 'stale-fences', tasks: stale } as const]),
  ];
}

const claims = 'refs/oompa/claims/';

/** Whether the last claim of the task has landed. */
function isSettled(id: string, { mainCommits, steps }: Lookup, runs: AuditFacts['runs']): boolean {
  const last = Math.max(0, ...runs.map(({ claimed }) => claimed.get(id) ?? 0));
  return [...mainCommits.values()].some(
    (each) => each.task === id && each.claim === String(last) && steps.has(each.commit),
  );
}
