import type { Style } from './paint.ts';
import { painter } from './paint.ts';
import { counted, displayWidth, left, oneLine, wrapped } from './text.ts';

/** One thing that `oompa cleanup` has looked at, and what became of it. */
export interface CleanupItem {
  readonly kind: 'worktree' | 'branch' | 'temporary' | 'state' | 'verified' | 'rescue' | 'aside';
  /** Its name, as short as it is clear. */
  readonly name: string;
  /** `failed`: it should have gone, and is still there. */
  readonly action: 'freed' | 'kept' | 'failed';
  /** One line: why it went or stays. */
  readonly why: string;
}

/** All of them, in the order in which they were done. */
export interface CleanupReport {
  readonly items: readonly CleanupItem[];
  /** Nothing was changed: `freed` is what would go. */
  readonly dryRun: boolean;
}

/** The screen of `oompa cleanup`: one line a thing, then the count and how to go on. */
export function renderCleanup(
  report: CleanupReport,
  io: { readonly color: boolean; readonly columns: number },
): string {
  const { items } = report;
  if (items.length === 0) return 'Nothing to free.\n';
  const widths = items.map(({ name }) => displayWidth(name));
  const width = Math.max(0, ...widths.filter((each) => each <= widestColumn));
  return [...items.flatMap((item) => linesOf(item, width, io)), ...closingLines(report, io), ''].join('\n');
}

const actions: Readonly<Record<CleanupItem['action'], { readonly word: string; readonly style: Style }>> = {
  freed: { word: 'free', style: 'green' },
  kept: { word: 'keep', style: 'yellow' },
  failed: { word: 'fail', style: 'red' },
};

const kinds: Readonly<Record<CleanupItem['kind'], { readonly one: string; readonly many: string }>> = {
  worktree: { one: 'worktree', many: 'worktrees' },
  branch: { one: 'branch', many: 'branches' },
  temporary: { one: 'temporary folder', many: 'temporary folders' },
  state: { one: 'state folder', many: 'state folders' },
  verified: { one: 'note of green checks', many: 'notes of green checks' },
  rescue: { one: 'rescue ref', many: 'rescue refs' },
  aside: { one: 'leftover', many: 'leftovers' },
};

const kindWidth = 9;
const widestColumn = 24;

function linesOf(
  { kind, name, action, why }: CleanupItem,
  width: number,
  { color, columns }: { readonly color: boolean; readonly columns: number },
): string[] {
  const paint = painter(color);
  const { word, style } = actions[action];
  const shown = oneLine(name);
  const start = `  ${paint(style, word)}  ${left(kind, kindWidth)}  `;
  const indent = ' '.repeat(2 + word.length + 2 + kindWidth + 2);
  const reason = oneLine(why);
  const beside = columns - indent.length - width - 2;
  // A long name has its line for itself, and is never cut: it is what a person copies.
  if (displayWidth(shown) > width || displayWidth(reason) > beside) {
    const below = wrapped(reason, columns - indent.length - 2);
    return [`${start}${shown}`, ...below.map((line) => `${indent}  ${paint('dim', line)}`)];
  }
  return [`${start}${left(shown, width)}  ${paint('dim', reason)}`];
}

function closingLines({ items, dryRun }: CleanupReport, { columns }: { readonly columns: number }): string[] {
  const of = (action: CleanupItem['action']) => countsOf(items.filter((item) => item.action === action));
  const [freed, kept, failed] = [of('freed'), of('kept'), of('failed')];
  const parts = [
    ...(freed === '' ? [] : [`${dryRun ? 'would free' : 'freed'} ${freed}`]),
    ...(kept === '' ? [] : [`${dryRun ? 'would keep' : 'kept'} ${kept}`]),
    ...(failed === '' ? [] : [`could not free ${failed}`]),
  ];
  const next = dryRun && freed !== '' ? ['Nothing was changed; do it without --dry-run.'] : [];
  return [...wrapped(parts.join('; '), columns), ...next];
}

function countsOf(items: readonly CleanupItem[]): string {
  const counts = Object.entries(kinds).flatMap(([kind, { one, many }]) => {
    const count = items.filter((item) => item.kind === kind).length;
    return count === 0 ? [] : [counted(count, one, many)];
  });
  return counts.join(', ');
}
