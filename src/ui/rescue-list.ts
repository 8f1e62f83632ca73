import type { Paint } from './paint.ts';
import { table } from './table.ts';
import type { Column } from './table.ts';
import { counted, shortCommit, spokenTime, wrapped } from './text.ts';

/** One rescue ref, as lists and `--json` have it; what is not known is null or empty. */
export interface ListedRescue {
  readonly ref: string;
  readonly task: string;
  readonly commit: string;
  /** ISO 8601: when the work was committed last. */
  readonly at: string;
  readonly origin: 'iteration' | 'found' | 'left' | 'other';
  readonly run: string;
  readonly worker: string;
  readonly iteration: number;
  /** The commit of main's that it began from. */
  readonly base: string | null;
  /** Against `base`. */
  readonly files: number;
  readonly added: number;
  readonly deleted: number;
  /** `all`: main has its commits · `same`: merging it would change nothing. */
  readonly main: 'all' | 'same' | 'lacks';
  /** The task that goes on from it. */
  readonly needed_by: string | null;
}

/** Something in `.oompa` that may hold work and is no ref. */
export interface ListedLeftover {
  readonly kind: 'git-data' | 'stuck' | 'worktree' | 'kept-files';
  readonly name: string;
  /** Relative to the workspace. */
  readonly path: string;
  /** ISO 8601: when it was changed last. */
  readonly at: string;
}

/** How to show it. */
export interface RescueView {
  readonly columns: number;
  readonly paint: Paint;
  readonly now: Date;
}

/** `oompa rescue list`: newest first, one line a ref; then what lies beside the refs; then how to go on. */
export function renderRescueList(
  list: {
    readonly rescues: readonly ListedRescue[];
    readonly leftovers: readonly ListedLeftover[];
    readonly task: string | undefined;
  },
  view: RescueView,
): string {
  const { rescues, leftovers, task } = list;
  const none = task === undefined ? 'Nothing had to be rescued.' : `Nothing of ${task} had to be rescued.`;
  const refs = rescues.length === 0 ? [none] : rescueLines(rescues, view);
  const beside =
    leftovers.length === 0 ? [] : ['', 'on no ref', ...leftovers.flatMap((each) => leftoverLines(each, view))];
  return `${[...refs, ...beside].join('\n')}\n`;
}

function rescueLines(rescues: readonly ListedRescue[], { columns, paint, now }: RescueView): string[] {
  const rows = rescues.map((rescue) => [
    rescue.task,
    shortOrigin(rescue),
    ageOf(rescue.at, now),
    String(rescue.files),
    linesText(rescue),
    shortCommit(rescue.commit),
    `${mainWords[rescue.main]}${rescue.needed_by === null ? '' : ', needed'}`,
  ]);
  const lacking = rescues.filter(({ main }) => main === 'lacks');
  const count = `${counted(rescues.length, 'rescue ref')}, main lacks the work of ${String(lacking.length)}`;
  return [
    ...table(listColumns, rows, { width: columns, paint }),
    count,
    'oompa rescue show TASK or COMMIT · oompa rescue restore TASK or COMMIT',
  ];
}

const listColumns: readonly Column[] = [
  { title: 'task', align: 'left', shrinksTo: 12 },
  { title: 'from', align: 'left', shrinksTo: 18 },
  { title: 'age', align: 'right' },
  { title: 'files', align: 'right' },
  { title: 'lines', align: 'right' },
  { title: 'commit', align: 'left' },
  { title: 'main', align: 'left', style: (cell) => (cell.startsWith('lacks') ? 'yellow' : 'green') },
];

const mainWords: Readonly<Record<ListedRescue['main'], string>> = {
  all: 'has all',
  same: 'has the same',
  lacks: 'lacks it',
};

/** The last part of a run's id is enough to find it again. */
function shortOrigin({ run, worker, iteration }: ListedRescue): string {
  return worker === '' ? '' : `${run.split('-').at(-1) ?? ''} ${worker}-i${String(iteration)}`;
}

const leftoverWords: Readonly<Record<ListedLeftover['kind'], { readonly what: string; readonly next: string }>> = {
  worktree: { what: 'worktree of a run that is gone', next: 'its work goes on a ref with: oompa cleanup' },
  stuck: { what: 'worktree that could not be emptied, its work kept', next: 'try again with: oompa cleanup' },
  'git-data': { what: "an agent's own repository", next: 'look into it with: git --git-dir PATH log --all' },
  'kept-files': {
    what: 'files of a rescue ref that is gone',
    next: 'goes with: oompa cleanup --force --older-than 30d',
  },
};

function leftoverLines({ kind, path, at }: ListedLeftover, { columns, paint, now }: RescueView): string[] {
  const { what, next } = leftoverWords[kind];
  const how = next.replace('PATH', path);
  const lines = wrapped(`${what}, ${ageOf(at, now)} old; ${how}`, Math.max(20, columns - 4));
  return [`  ${path}`, ...lines.map((line) => `    ${paint('dim', line)}`)];
}

/** `+40 −2`. */
export function linesText({ added, deleted }: { readonly added: number; readonly deleted: number }): string {
  return `+${String(added)} −${String(deleted)}`;
}

/** `12 min`, `3 h`, `40 d`. */
export function ageOf(at: string, now: Date): string {
  const ms = Math.max(0, now.getTime() - Date.parse(at));
  const hours = Math.floor(ms / 3_600_000);
  // git's times are whole seconds: a fraction would be made up.
  if (hours < 1) return spokenTime(Math.max(1000, ms));
  return hours < 48 ? `${String(hours)} h` : `${String(Math.floor(hours / 24))} d`;
}
