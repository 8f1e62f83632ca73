import type { Found, Judgement, Verdict } from '../core/reconcile.ts';
import type { Style } from './paint.ts';
import { painter } from './paint.ts';
import { counted, displayWidth, left, oneLine, wrapped } from './text.ts';

/** One verdict, and what came of it; without `result` nothing was tried yet. */
export interface ReconcileItem extends Judgement {
  readonly result?: 'done' | 'left' | 'failed';
  readonly detail?: string;
}

interface Screen {
  readonly color: boolean;
  readonly columns: number;
}

/** What was decided, a line a thing; what is as it should be is only counted. Empty when nothing was ever left behind. */
export function renderVerdicts(items: readonly ReconcileItem[], io: Screen): string {
  const listed = items.filter(({ fine }) => !fine);
  const widths = listed.map(({ found }) => displayWidth(oneLine(found.name)));
  const width = Math.max(0, ...widths.filter((each) => each <= widestName));
  const lines = listed.flatMap((item) => verdictLines(item, width, io));
  return [...lines, ...fineLine(items.length - listed.length, listed.length === 0), ''].join('\n');
}

/** What came of it: where work is kept, what could not be put right, and how to go on. */
export function renderOutcome(items: readonly ReconcileItem[], dryRun: boolean, io: Screen): string {
  const due = items.filter(isDue);
  if (due.length === 0) return '';
  if (dryRun) return `Nothing was changed. Put right ${counted(due.length, 'thing')} with: oompa doctor --fix\n\n`;
  const told = items.filter(({ fine, detail }) => !fine && detail !== undefined);
  const failed = items.filter(({ result }) => result === 'failed').length;
  const done = items.filter(({ result }) => result === 'done').length;
  const parts = [
    `Put right: ${counted(done, 'thing')}`,
    ...(failed === 0 ? [] : [`${String(failed)} could not be; look again with: oompa doctor --fix`]),
  ];
  return [...told.flatMap((item) => detailLines(item, io)), `${parts.join('; ')}.`, '', ''].join('\n');
}

/** Whether there is something to do about it: it is not as it should be, and nobody has to do it but oompa. */
export function isDue({ fine, verdict }: Judgement): boolean {
  return !fine && verdict !== 'keep' && verdict !== 'held';
}

/** `1 branch, 2 temporary files`: how many there are of each kind. */
export function countsByKind(judgements: readonly Judgement[]): string {
  const counts = Object.entries(kinds).flatMap(([kind, { one, many }]) => {
    const count = judgements.filter(({ found }) => found.kind === kind).length;
    return count === 0 ? [] : [counted(count, one, many)];
  });
  return counts.join(', ');
}

const kinds: Readonly<Record<Found['kind'], { readonly one: string; readonly many: string }>> = {
  task: { one: 'task', many: 'tasks' },
  landed: { one: 'landed task', many: 'landed tasks' },
  unreadable: { one: 'unreadable task', many: 'unreadable tasks' },
  fence: { one: 'claim ref', many: 'claim refs' },
  worktree: { one: 'worktree', many: 'worktrees' },
  aside: { one: 'folder put aside', many: 'folders put aside' },
  branch: { one: 'branch', many: 'branches' },
  process: { one: 'process', many: 'processes' },
  lock: { one: 'lock', many: 'locks' },
  temporary: { one: 'temporary file', many: 'temporary files' },
};

/** The kinds as a column; none is wider than `kindWidth`. */
const shortKinds: Readonly<Record<Found['kind'], string>> = {
  task: 'task',
  landed: 'task',
  unreadable: 'task',
  fence: 'claim ref',
  worktree: 'worktree',
  aside: 'folder',
  branch: 'branch',
  process: 'process',
  lock: 'lock',
  temporary: 'temporary',
};

const words: Readonly<Record<Verdict, { readonly word: string; readonly style: Style }>> = {
  live: { word: 'live', style: 'green' },
  finish: { word: 'finish', style: 'green' },
  'put-back': { word: 'put back', style: 'green' },
  held: { word: 'held', style: 'yellow' },
  rescue: { word: 'rescue', style: 'green' },
  prune: { word: 'prune', style: 'green' },
  end: { word: 'end', style: 'green' },
  keep: { word: 'keep', style: 'yellow' },
};

const wordWidth = 8;
const kindWidth = 9;
const widestName = 24;

function verdictLines({ found, verdict, why }: ReconcileItem, width: number, { color, columns }: Screen): string[] {
  const paint = painter(color);
  const { word, style } = words[verdict];
  const name = oneLine(found.name);
  const start = `  ${paint(style, left(word, wordWidth))}  ${left(shortKinds[found.kind], kindWidth)}  `;
  const indent = 2 + wordWidth + 2 + kindWidth + 2;
  const reason = oneLine(why);
  // A long name has its line for itself, and is never cut: it is what a person copies.
  if (displayWidth(name) > width || displayWidth(reason) > columns - indent - width - 2) {
    const below = wrapped(reason, columns - indent - 2);
    return [`${start}${name}`, ...below.map((line) => `${' '.repeat(indent + 2)}${paint('dim', line)}`)];
  }
  return [`${start}${left(name, width)}  ${paint('dim', reason)}`];
}

function fineLine(count: number, alone: boolean): string[] {
  if (count === 0) return alone ? ['Nothing was left behind.', ''] : [''];
  const subject = counted(count, alone ? 'thing' : 'more thing');
  return [`${subject} of past and present runs: as it should be.`, ''];
}

function detailLines({ found, result, detail = '' }: ReconcileItem, { color, columns }: Screen): string[] {
  const paint = painter(color);
  const lead = result === 'failed' ? paint('red', 'fail') : paint('green', 'done');
  const [first = '', ...more] = wrapped(oneLine(`${found.name}: ${detail}`), columns - 8);
  return [`  ${lead}  ${first}`, ...more.map((line) => `        ${line}`)];
}
