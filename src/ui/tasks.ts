import type { DependencyProblem, Readiness } from '../core/schedule.ts';
import type { Task, TaskState } from '../core/task.ts';
import { taskStates } from '../core/task.ts';
import { unreachable } from '../core/unreachable.ts';
import type { Paint, Style } from './paint.ts';
import { counted, cut, elapsed, left, oneLine, shortCommit } from './text.ts';

/** A task as the list shows it. */
export interface ListedTask {
  readonly task: Task;
  readonly state: TaskState;
  /** Who works on it; current tasks only. */
  readonly owner?: { readonly worker: string };
  /** When it was claimed, ISO 8601; current tasks only. */
  readonly since?: string;
  /** Pending tasks only. */
  readonly readiness?: Readiness;
}

/** A file that cannot be read. */
export interface UnreadableFile {
  readonly path: string;
  readonly line: number;
  readonly column: number;
  readonly message: string;
}

/** What `oompa tasks list` shows. */
export interface TaskList {
  readonly tasks: readonly ListedTask[];
  readonly unreadable: readonly UnreadableFile[];
  /** Whether complete tasks are listed, and not only counted. */
  readonly all: boolean;
  /** `limits.attempts`; undefined when the config can't be read. */
  readonly attempts: number | undefined;
}

/** How to show it. */
export interface TaskStyle {
  readonly paint: Paint;
  readonly columns: number;
  readonly now: Date;
}

/** The states in the order in which a person cares. */
const shownStates: readonly TaskState[] = ['current', 'pending', 'blocked', 'failed', 'complete'];
const stateWidth = Math.max('unreadable'.length, ...taskStates.map((state) => state.length)) + 1;
const widestId = 30;

/** One line a task, by state. */
export function renderTaskList(list: TaskList, style: TaskStyle): string {
  const rows = [...shownStates.flatMap((state) => rowsOf(list, state, style)), ...list.unreadable.map(unreadableRow)];
  if (rows.length === 0) return 'No tasks yet. Add one with: oompa tasks add "Say what will be true"\n';
  const idWidth = Math.min(widestId, Math.max(...rows.map(({ id }) => id.length)));
  let above = '';
  const lines = rows.map(({ label, color, id, detail }) => {
    const head = left(label === above ? '' : label, stateWidth);
    above = label;
    const named = id.length > idWidth ? id : left(id, idWidth);
    const room = Math.max(20, style.columns - stateWidth - named.length - 2);
    return `${color === undefined ? head : style.paint(color, head)}${named}  ${cut(oneLine(detail), room)}`.trimEnd();
  });
  return `${lines.join('\n')}\n`;
}

interface Row {
  readonly label: string;
  readonly color: Style | undefined;
  readonly id: string;
  readonly detail: string;
}

function rowsOf(list: TaskList, state: TaskState, { now }: TaskStyle): Row[] {
  const found = list.tasks.filter((each) => each.state === state);
  const color = colorOf(state);
  if (state === 'complete' && !list.all) {
    const count = { label: state, color, id: String(found.length), detail: '(--all lists them)' };
    return found.length === 0 ? [] : [count];
  }
  return found.map((each) => ({ label: state, color, id: each.task.id, detail: detailOf(each, list.attempts, now) }));
}

function unreadableRow({ path, line, column, message }: UnreadableFile): Row {
  const file = path.replace(/^tasks\/(pending\/)?/, '');
  return { label: 'unreadable', color: 'red', id: `${file}:${line}:${column}`, detail: message };
}

function colorOf(state: TaskState): Style | undefined {
  switch (state) {
    case 'complete':
      return 'green';
    case 'blocked':
      return 'yellow';
    case 'failed':
      return 'red';
    case 'pending':
    case 'current':
      return undefined;
    default:
      return unreachable(state);
  }
}

function detailOf(listed: ListedTask, attempts: number | undefined, now: Date): string {
  const { task, state } = listed;
  const { record } = task;
  switch (state) {
    case 'current':
      return currentDetail(listed, now);
    case 'pending':
      return pendingDetail(listed, attempts);
    case 'blocked':
      return record.question === undefined ? task.title : `asks: ${record.question}`;
    case 'failed':
      return [record.outcome ?? task.title, ...tries(record.attempts)].join(', ');
    case 'complete':
      return [...(record.commit === undefined ? [] : [shortCommit(record.commit)]), task.title].join(' ');
    default:
      return unreachable(state);
  }
}

function currentDetail({ task, owner, since }: ListedTask, now: Date): string {
  if (task.record.outcome === 'held') return 'held: approved, and waits for your checkout';
  if (owner === undefined) return 'nobody works on it; the next run takes it up';
  const ms = since === undefined ? NaN : now.getTime() - Date.parse(since);
  return [owner.worker, ...(Number.isNaN(ms) ? [] : [elapsed(ms)])].join(', ');
}

function pendingDetail({ task, readiness }: ListedTask, attempts: number | undefined): string {
  const used = task.record.attempts ?? 0;
  const parts = [
    ...(used > 0 ? [`try ${used + 1}${attempts === undefined ? '' : ` of ${attempts}`}`] : []),
    ...(task.priority === 0 ? [] : [`priority ${task.priority}`]),
    ...(readiness === undefined ? [] : waitText(readiness)),
  ];
  return parts.length === 0 ? task.title : parts.join(' · ');
}

/** What a pending task waits for; nothing when it is ready. */
export function waitText(readiness: Readiness): string[] {
  switch (readiness.kind) {
    case 'ready':
      return [];
    case 'after':
      return [`after: ${readiness.tasks.join(', ')}`];
    case 'beside':
      return [`touches the same files as ${readiness.task}`];
    default:
      return unreachable(readiness);
  }
}

/** What keeps tasks from starting, one line a problem; `did you mean` comes from the caller. */
export function dependencyText(problem: DependencyProblem, meant: string | undefined): string {
  switch (problem.kind) {
    case 'dangling': {
      const remedy = meant === undefined ? '' : `; did you mean \`${meant}\`?`;
      return `${problem.task} waits for \`${problem.dependency}\`, but there is no such task${remedy}`;
    }
    case 'cycle': {
      const [first = '', ...rest] = problem.tasks;
      if (rest.length === 0) return `${first} waits for itself`;
      return `${[first, ...rest, first].join(' waits for ')}: none of them can start`;
    }
    default:
      return unreachable(problem);
  }
}

function tries(attempts: number | undefined): string[] {
  return attempts === undefined || attempts === 0 ? [] : [counted(attempts, 'try', 'tries')];
}
