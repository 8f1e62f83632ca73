import { painter } from './paint.ts';
import { counted, displayWidth, left, oneLine, wrapped } from './text.ts';

/** One folder of a run that was looked at, and what became of it. */
export interface PruneItem {
  /** The run's id, or the name of something that was left over. */
  readonly name: string;
  /** `newest`: it stays, as all of the newest do. `failed`: it should have gone, and is still there. */
  readonly action: 'freed' | 'newest' | 'kept' | 'failed';
  /** One line: why it went or stays. */
  readonly why: string;
  /** What is free now; 0 for what stays. */
  readonly bytes: number;
}

/** What `oompa runs prune` did. */
export interface PruneReport {
  readonly items: readonly PruneItem[];
  /** Nothing was changed: `freed` is what would go. */
  readonly dryRun: boolean;
  /** So many of the newest stay; 0 = all. */
  readonly keep: number;
}

/** The screen of `oompa runs prune`: one line a run but for the newest, which are only counted; then the sums and how to go on. */
export function renderPrune(
  { items, dryRun, keep }: PruneReport,
  io: { readonly color: boolean; readonly columns: number },
): string {
  const paint = painter(io.color);
  const of = (action: PruneItem['action']) => items.filter((item) => item.action === action);
  const told = items.filter(({ action }) => action !== 'newest');
  const width = Math.max(0, ...told.map(({ name }) => displayWidth(oneLine(name))));
  const lines = told.flatMap(({ name, action, why, bytes }) => {
    const { word, style } = words[action];
    const start = `  ${paint(style, word)}  ${left(oneLine(name), width)}  `;
    const [first = '', ...more] = wrapped(
      action === 'freed' ? `${oneLine(why)}, ${dataSize(bytes)}` : oneLine(why),
      Math.max(20, io.columns - width - 10),
    );
    return [`${start}${paint('dim', first)}`, ...more.map((line) => `${' '.repeat(width + 10)}${paint('dim', line)}`)];
  });
  const freed = of('freed');
  const bytes = freed.reduce((sum, item) => sum + item.bytes, 0);
  const stay = of('kept').length;
  const sums = [
    freed.length === 0
      ? 'Nothing to remove'
      : `${dryRun ? 'would remove' : 'removed'} ${counted(freed.length, 'run')}, ${dataSize(bytes)}`,
    `${counted(of('newest').length, 'newest run', 'newest runs')} ${of('newest').length === 1 ? 'stays' : 'stay'}${keep === 0 ? ', as all do' : ''}`,
    ...(stay === 0 ? [] : [`${counted(stay, 'older one')} ${stay === 1 ? 'stays' : 'stay'} too`]),
    ...(of('failed').length === 0 ? [] : [`could not remove ${counted(of('failed').length, 'run')}`]),
  ];
  const next = dryRun && freed.length > 0 ? ['Nothing was changed; do it without --dry-run.'] : [];
  return [...lines, ...wrapped(sums.join('; '), io.columns), ...next, ''].join('\n');
}

const words = {
  freed: { word: 'free', style: 'green' },
  newest: { word: 'keep', style: 'dim' },
  kept: { word: 'keep', style: 'yellow' },
  failed: { word: 'fail', style: 'red' },
} as const;

function dataSize(bytes: number): string {
  return bytes < 1e6 ? `${String(Math.ceil(bytes / 1e3))} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}
