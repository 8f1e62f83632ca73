import type { Task } from './task.ts';

/** Whether a pending task can be claimed now, and if not, what it waits for. */
export type Readiness =
  | { readonly kind: 'ready' }
  /** These dependencies are not complete. */
  | { readonly kind: 'after'; readonly tasks: readonly string[] }
  /** This task is being worked on, and both may touch the same files. */
  | { readonly kind: 'beside'; readonly task: string };

/** What the readiness of a task depends on. */
export interface Surroundings {
  readonly isComplete: (id: string) => boolean;
  /** A task in `current/` that may touch one of these files, or undefined. */
  readonly inTheWay: (files: readonly string[]) => string | undefined;
}

/** A task's readiness. The first reason counts: dependencies, then files. */
export function readinessOf(task: Task, surroundings: Surroundings): Readiness {
  const tasks = task.dependsOn.filter((id) => !surroundings.isComplete(id));
  if (tasks.length > 0) return { kind: 'after', tasks };
  const other = surroundings.inTheWay(task.files);
  return other === undefined ? { kind: 'ready' } : { kind: 'beside', task: other };
}

/** Surroundings for one look at the queue. Each distinct list of files is compared once, however many tasks share it. */
export function surroundingsOf(current: readonly Task[], isComplete: (id: string) => boolean): Surroundings {
  const bounded = current.filter(({ files }) => files.length > 0);
  const answers = new Map<string, string | undefined>();
  return {
    isComplete,
    inTheWay(files) {
      if (files.length === 0 || bounded.length === 0) return undefined;
      const key = files.join('\0');
      if (!answers.has(key)) answers.set(key, bounded.find((other) => filesOverlap(files, other.files))?.id);
      return answers.get(key);
    },
  };
}

/** What a task's place in the order depends on. */
export interface Rank {
  readonly id: string;
  readonly priority: number;
  /** The worker that has the session which the task goes on in; undefined when it begins anew. */
  readonly keeper: string | undefined;
}

/** The rank of a task. */
export function rankOf({ id, priority, record }: Task): Rank {
  return { id, priority, keeper: record.session?.worker };
}

/** The order in which tasks are listed, for no worker in particular: lower priority first, then the id. */
export function compareTasks(a: Pick<Task, 'id' | 'priority'>, b: Pick<Task, 'id' | 'priority'>): number {
  return a.priority - b.priority || compareIds(a.id, b.id);
}

/**
 * The order in which ready tasks are handed out to `worker`: lower priority first; within one priority those whose session the
 * worker has, then those that begin anew, then those of other workers' sessions, which it can only begin anew; then the id.
 */
export function compareFor(worker: string): (a: Rank, b: Rank) => number {
  const place = ({ keeper }: Rank) => (keeper === worker ? 0 : keeper === undefined ? 1 : 2);
  return (a, b) => a.priority - b.priority || place(a) - place(b) || compareIds(a.id, b.id);
}

function compareIds(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** The ready ones of the pending tasks, in the order in which they would be claimed one after the other. */
export function readyOrder(pending: readonly Task[], surroundings: Surroundings): Task[] {
  return pending.filter((task) => readinessOf(task, surroundings).kind === 'ready').sort(compareTasks);
}

/** What keeps tasks from ever becoming ready. */
export type DependencyProblem =
  /** `task` waits for an id that no file has. */
  | { readonly kind: 'dangling'; readonly task: string; readonly dependency: string }
  /** Each waits for the next, and the last for the first. */
  | { readonly kind: 'cycle'; readonly tasks: readonly string[] };

/** Dangling dependencies and cycles, in the order of `tasks`; each cycle once. `known`: the ids of all task files in any state. */
export function dependencyProblems(tasks: readonly Task[], known: ReadonlySet<string>): DependencyProblem[] {
  const dangling = tasks.flatMap((task) =>
    task.dependsOn
      .filter((dependency) => !known.has(dependency))
      .map((dependency): DependencyProblem => ({ kind: 'dangling', task: task.id, dependency })),
  );
  return [...dangling, ...cycles(tasks)];
}

/** Depth first without recursion: a chain of dependencies may be as long as the queue. */
function cycles(tasks: readonly Task[]): DependencyProblem[] {
  const byId = new Map(tasks.map((task) => [task.id, task]));
  const found: DependencyProblem[] = [];
  const state = new Map<string, 'open' | 'done'>();
  for (const root of tasks) {
    if (state.has(root.id)) continue;
    const path: { readonly id: string; readonly rest: string[] }[] = [];
    const enter = (id: string) => {
      state.set(id, 'open');
      path.push({ id, rest: [...(byId.get(id)?.dependsOn ?? [])].reverse() });
    };
    enter(root.id);
    for (let top = path.at(-1); top !== undefined; top = path.at(-1)) {
      const next = top.rest.pop();
      if (next === undefined) {
        state.set(top.id, 'done');
        path.pop();
      } else if (state.get(next) === 'open') {
        const ids = path.map(({ id }) => id);
        found.push({ kind: 'cycle', tasks: ids.slice(ids.indexOf(next)) });
      } else if (!state.has(next) && byId.has(next)) {
        enter(next);
      }
    }
  }
  return found;
}

/**
 * Whether two tasks may touch the same file. Lists of globs; an empty one says nothing about what the task touches, and holds
 * nobody back.
 */
export function filesOverlap(a: readonly string[], b: readonly string[]): boolean {
  return a.some((left) => b.some((right) => patternsOverlap(left, right)));
}

/**
 * Whether two globs may name the same path, or one a folder above the other's. Errs towards yes: braces, brackets and
 * extended globs match anything in their segment.
 */
export function patternsOverlap(a: string, b: string): boolean {
  return intersect(segments(a), segments(b), segmentsMeet);
}

/** One place of a pattern: text that must be met, or `any`: everything, also nothing. */
type Part = string | typeof any;
const any = Symbol('any');

/** A folder's name stands for all in it, so every pattern goes on with anything. */
function segments(pattern: string): Part[] {
  const parts: Part[] = [];
  for (const segment of pattern.split('/').filter((each) => each !== '' && each !== '.')) {
    // `!x` is all but x, and `..` leads anywhere.
    if (segment === '..' || (parts.length === 0 && segment.startsWith('!'))) return [any];
    // A brace that holds a slash is not worth taking apart.
    if (isUnbalanced(segment)) break;
    parts.push(/^\*\*$|[{(].*\*\*/.test(segment) ? any : segment);
  }
  return [...parts, any];
}

function isUnbalanced(segment: string): boolean {
  const count = (pattern: RegExp) => segment.match(pattern)?.length ?? 0;
  return count(/[{([]/g) !== count(/[})\]]/g);
}

function segmentsMeet(a: string, b: string): boolean {
  return intersect(characters(a), characters(b), (left, right) => left === right || left === '?' || right === '?');
}

function characters(segment: string): Part[] {
  if (/[[\]{}()!\\]/.test(segment)) return [any];
  return Array.from(segment, (character) => (character === '*' ? any : character));
}

/** Whether some sequence matches both patterns. */
function intersect(a: readonly Part[], b: readonly Part[], meet: (left: string, right: string) => boolean): boolean {
  let reachable = new Set([0]);
  for (let i = 0; i <= a.length; i++) {
    const left = a[i];
    const next = new Set<number>();
    for (let j = 0; j <= b.length; j++) {
      if (!reachable.has(j)) continue;
      const right = b[j];
      if (i === a.length && j === b.length) return true;
      if (right === any) reachable.add(j + 1);
      if (left === any) next.add(j);
      if (left === any && j < b.length) reachable.add(j + 1);
      if (right === any && i < a.length) next.add(j);
      if (typeof left === 'string' && typeof right === 'string' && meet(left, right)) next.add(j + 1);
    }
    reachable = next;
  }
  return false;
}
