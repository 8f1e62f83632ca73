import type { TaskRecord, TaskState } from '../../../src/core/task.ts';
import type { Owner, Recovered, SettleResult } from '../../../src/queue/queue.ts';

/** One thing that a client, a person or the clock does. `nth` picks one of the claims that were made so far. */
export type Step =
  | { readonly do: 'claim'; readonly by: 0 | 1 }
  | { readonly do: 'renew' | 'holds' | 'hold'; readonly nth: number }
  | {
      readonly do: 'settle';
      readonly nth: number;
      readonly kind: 'complete' | 'release' | 'fail' | 'block';
      readonly attempts: number;
    }
  | { readonly do: 'adopt'; readonly id: string; readonly by: 0 | 1 }
  | { readonly do: 'recover'; readonly landed: string; readonly dryRun: boolean }
  | { readonly do: 'add' | 'requeue' | 'remove'; readonly id: string }
  | { readonly do: 'edit'; readonly id: string; readonly priority: number }
  /** Parts of a lease. */
  | { readonly do: 'pass'; readonly part: number };

/** A task as the model knows it. */
export interface ModelTask {
  readonly state: TaskState;
  readonly title: string;
  readonly priority: number;
  readonly record: TaskRecord;
}

/** What is known of the last claim of a task. */
interface ModelNote {
  readonly n: number;
  readonly owner: Owner;
  readonly isOpen: boolean;
  readonly isAdopted: boolean;
  readonly settled?: string;
  /** In leases. */
  readonly renewedAt: number;
}

/** A claim as its owner knows it. */
export interface ModelClaim {
  readonly id: string;
  readonly n: number;
}

/** What any queue must answer, kept in memory: no files, no processes, no locks. Time is counted in leases. */
export interface Model {
  readonly tasks: Map<string, ModelTask>;
  readonly notes: Map<string, ModelNote>;
  now: number;
}

const stale: SettleResult = { kind: 'stale-claim' };
const settled: SettleResult = { kind: 'settled' };
const targets = { complete: 'complete', release: 'pending', fail: 'failed', block: 'blocked' } as const;

/** The first of the waiting tasks, claimed; undefined when nothing waits. */
export function claim(model: Model, owner: Owner): ModelClaim | undefined {
  const waiting = [...model.tasks].filter(([, { state }]) => state === 'pending');
  const [first] = waiting.sort(([a, x], [b, y]) => x.priority - y.priority || (a < b ? -1 : 1));
  return first === undefined ? undefined : take(model, first[0], { owner, isAdopted: false });
}

/** The claim, or undefined when somebody has it or it is not in `current/`. */
export function adopt(model: Model, id: string, owner: Owner): ModelClaim | undefined {
  if (model.tasks.get(id)?.state !== 'current') return undefined;
  bringBack(model, id);
  return isLive(model, id) ? undefined : take(model, id, { owner, isAdopted: true });
}

/** Whether the claim is still the one that counts. */
export function holds(model: Model, { id, n }: ModelClaim): boolean {
  const note = model.notes.get(id);
  return note?.n === n && note.isOpen && model.tasks.get(id)?.state === 'current';
}

export function renew(model: Model, of: ModelClaim): SettleResult {
  if (!holds(model, of)) return stale;
  change(model.notes, of.id, { renewedAt: model.now });
  return settled;
}

export function settle(model: Model, of: ModelClaim, kind: keyof typeof targets, record: TaskRecord): SettleResult {
  const note = model.notes.get(of.id);
  const digest = JSON.stringify([kind, record]);
  if (note?.n === of.n && note.settled === digest) return settled;
  if (!holds(model, of)) return stale;
  merge(model, of.id, record);
  change(model.tasks, of.id, { state: targets[kind] });
  change(model.notes, of.id, { isOpen: false, settled: digest });
  return settled;
}

export function note(model: Model, of: ModelClaim, record: TaskRecord): SettleResult {
  if (!holds(model, of)) return stale;
  merge(model, of.id, record);
  return settled;
}

/** What recovery says of each task in `current/`, by id. */
export function recover(model: Model, landed: string, dryRun: boolean): Recovered[] {
  const current = [...model.tasks].filter(([, { state }]) => state === 'current').map(([id]) => id);
  return current.sort().map((id) => {
    if (!dryRun) bringBack(model, id);
    const last = model.notes.get(id);
    if (isLive(model, id)) return { kind: 'live', id, ...(last === undefined ? {} : { owner: last.owner }) };
    if (id === landed) {
      if (!dryRun) {
        merge(model, id, { outcome: 'landed', commit: 'abc' });
        leave(model, id, 'complete');
      }
      return { kind: 'completed', id, commit: 'abc' };
    }
    const { outcome, run } = model.tasks.get(id)?.record ?? {};
    const isItsOwn = last === undefined || last.isAdopted || run === undefined || run === last.owner.run;
    if (outcome === 'held' && isItsOwn) return { kind: 'held', id };
    if (!dryRun) leave(model, id, 'pending');
    return { kind: 'released', id };
  });
}

/** The id under which the task was added. */
export function add(model: Model, id: string): string {
  let free = id;
  for (let n = 2; model.tasks.has(free); n += 1) free = `${id}-${String(n)}`;
  model.tasks.set(free, { state: 'pending', title: 'New', priority: 0, record: {} });
  return free;
}

export function requeue(model: Model, id: string): { kind: string; state?: TaskState } {
  const task = model.tasks.get(id);
  if (task === undefined) return { kind: 'not-found' };
  if (task.state !== 'failed' && task.state !== 'blocked') return { kind: 'wrong-state', state: task.state };
  const { attempts: _attempts, outcome: _outcome, ...record } = task.record;
  change(model.tasks, id, { state: 'pending', record });
  return { kind: 'requeued' };
}

/** A hand replaces the file, or puts a new one into `pending/`. Gives its state. */
export function edit(model: Model, id: string, { title, priority }: { title: string; priority: number }): TaskState {
  const state = model.tasks.get(id)?.state ?? 'pending';
  model.tasks.set(id, { state, title, priority, record: {} });
  return state;
}

function take(
  model: Model,
  id: string,
  { owner, isAdopted }: { readonly owner: Owner; readonly isAdopted: boolean },
): ModelClaim {
  const n = (model.notes.get(id)?.n ?? 0) + 1;
  model.notes.set(id, { n, owner, isOpen: true, isAdopted, renewedAt: model.now });
  change(model.tasks, id, { state: 'current' });
  return { id, n };
}

function isLive(model: Model, id: string): boolean {
  const last = model.notes.get(id);
  return last !== undefined && last.isOpen && model.now - last.renewedAt < 1 - rounding;
}

/** A renewal in the future counts as made when it is first looked at. */
function bringBack(model: Model, id: string): void {
  const last = model.notes.get(id);
  if (last !== undefined && last.renewedAt > model.now + rounding) change(model.notes, id, { renewedAt: model.now });
}

/** Parts of a lease are no exact numbers. */
const rounding = 0.001;

function leave(model: Model, id: string, state: TaskState): void {
  change(model.tasks, id, { state });
  change(model.notes, id, { isOpen: false });
}

function merge(model: Model, id: string, record: TaskRecord): void {
  change(model.tasks, id, { record: { ...model.tasks.get(id)?.record, ...record } });
}

function change<T>(map: Map<string, T>, id: string, part: Partial<T>): void {
  const before = map.get(id);
  if (before !== undefined) map.set(id, { ...before, ...part });
}
