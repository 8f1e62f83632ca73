import type { Paint } from '../paint.ts';
import { cut, displayWidth, left, wrapped } from '../text.ts';
import type { Surroundings, View } from './view.ts';

interface KeyWords {
  readonly keys: string;
  readonly does: string;
  /** What doesn't fit goes, the highest number first. */
  readonly rank: number;
}

/** The last line of the view: the keys that do something here, or the question that is to be answered. */
export function keyLine(
  view: View,
  around: Surroundings,
  { columns, paint }: { columns: number; paint: Paint },
): string {
  if (view.asking !== undefined) return paint('yellow', cut(`  ${questions[view.asking]}   y yes   n no`, columns));
  let words = keysHere(view, around);
  const width = () => words.reduce((sum, { keys, does }) => sum + displayWidth(keys) + displayWidth(does) + 4, -1);
  while (words.length > 1 && width() > columns) {
    const last = Math.max(...words.map(({ rank }) => rank));
    words = words.filter(({ rank }) => rank !== last);
  }
  return cut(`  ${words.map(({ keys, does }) => `${keys} ${does}`).join('   ')}`, columns);
}

const questions = {
  drain: 'finish and stop this run? what is at work ends its turn',
  'stop-now': 'stop now? agents are ended, their work is kept',
} as const;

function keysHere(view: View, around: Surroundings): KeyWords[] {
  const { workers } = around;
  const words = [
    ...(view.page !== undefined ? pageKeys(around) : workers.length > 0 ? workerKeys : []),
    ...stopKeys(view, around),
    view.page === undefined ? { keys: '?', does: 'keys', rank: 2 } : { keys: 'esc', does: 'back', rank: 0 },
  ];
  return words;
}

const workerKeys: readonly KeyWords[] = [
  { keys: '↑↓', does: 'worker', rank: 3 },
  { keys: 'enter', does: 'transcript', rank: 4 },
  { keys: 'd', does: 'diff', rank: 5 },
  { keys: 'r', does: 'reviews', rank: 6 },
];

function pageKeys({ lines, room }: Surroundings): KeyWords[] {
  if (lines <= room) return [];
  return [
    { keys: '↑↓', does: 'scroll', rank: 3 },
    { keys: 'page up/down', does: 'page', rank: 4 },
    { keys: 'home end', does: 'ends', rank: 5 },
  ];
}

function stopKeys(view: View, { place, isLive, isDraining }: Surroundings): KeyWords[] {
  const drains = isDraining || view.hasDrained;
  if (place === 'swarm') {
    return view.page !== undefined ? [] : [{ keys: 'q', does: drains ? 'stop now' : 'finish and stop', rank: 1 }];
  }
  const stop = { keys: 's', does: drains ? 'stop now' : 'stop', rank: 7 };
  return [...(isLive ? [stop] : []), { keys: 'q', does: 'leave', rank: 1 }];
}

/** Every key, and what it does: the page behind `?`, in lines of at most `columns`. */
export function keysPage({ place }: Pick<Surroundings, 'place'>, columns: number): string[] {
  const rows: readonly (readonly [string, string])[] = [
    ['↑ ↓  k j', 'choose a worker; in a page: scroll'],
    ['page up/down', 'the same by pages (also: b, space)'],
    ['home end', 'to the first, to the last (also: g, G)'],
    ['enter', 'the transcript of the chosen worker; at its end it follows'],
    ['d', 'the diff of its work'],
    ['r', 'the reviews of its task'],
    ['esc', 'back (also: the same key again)'],
    ...(place === 'swarm'
      ? ([
          ['q', 'finish and stop: what is at work ends its turn; again: stop now'],
          ['ctrl-c', 'the same, without a question the second time'],
        ] as const)
      : ([
          ['s', 'ask the run to finish and stop; again: to stop now'],
          ['q', 'leave; the run goes on (also: ctrl-c)'],
        ] as const)),
    ['?', 'these keys'],
  ];
  return rows.flatMap(([keys, does]) => {
    if (columns < 40) return [`  ${keys}`, ...wrapped(does, columns - 4).map((line) => `    ${line}`)];
    return wrapped(does, columns - 16).map((line, index) => `  ${left(index === 0 ? keys : '', 14)}${line}`);
  });
}
