import type { RunEnd } from '../core/event.ts';
import type { RunLife } from '../core/run-state.ts';
import type { Standing } from '../core/run-tables.ts';
import type { Style } from './paint.ts';

/** How a run went, in a few words: what went wrong first. */
export function runVerdict(run: {
  readonly life: RunLife;
  readonly counts: Readonly<Record<Standing, number>>;
  /** Undefined while it goes on, and for ever when it was cut off. */
  readonly why: string | undefined;
}): { readonly text: string; readonly style: Style } {
  const { counts, life } = run;
  const all = Object.values(counts).reduce((sum, count) => sum + count, 0);
  const troubles = [
    [counts.failed, 'failed'],
    [counts.asks, counts.asks === 1 ? 'asks you' : 'ask you'],
    [counts.held, 'held'],
    [counts.back + counts.open, life === 'live' ? 'going' : 'unfinished'],
    [counts.lost, 'taken by others'],
  ] as const;
  const [first, ...rest] = troubles.filter(([count]) => count > 0).map(([count, word]) => ({ count, word }));
  const style = life === 'crashed' || counts.failed > 0 ? 'red' : first === undefined ? 'green' : 'yellow';
  if (life === 'starting' && all === 0) return { text: 'starting', style: 'yellow' };
  const words = [
    prefixOf(life, run.why),
    first === undefined ? wellDone(counts, all) : `${String(first.count)} of ${tasks(all)} ${first.word}`,
    ...rest.map(({ count, word }) => `${String(count)} ${word}`),
  ];
  return { text: words.filter((word) => word !== '').join(', '), style };
}

function prefixOf(life: RunLife, why: string | undefined): string {
  if (life === 'starting') return 'starting';
  if (life === 'live') return 'going on';
  if (life === 'crashed') return 'cut off';
  return endWords(why as RunEnd | undefined);
}

/** Nothing to say where the run simply came to its end. */
function endWords(why: RunEnd | undefined): string {
  switch (why) {
    case 'workers-stopped':
      return 'no worker could go on';
    case 'drained':
      return 'stopped early';
    case 'interrupted':
      return 'interrupted';
    case 'limit-reached':
      return 'stopped at a limit';
    case 'main-taken':
      return 'stopped because an agent moved main';
    case 'dry':
    case 'iterations-done':
    case undefined:
    default:
      return '';
  }
}

function wellDone(counts: Readonly<Record<Standing, number>>, all: number): string {
  if (all === 0) return 'no task was started';
  const proposed = counts.proposed === 0 ? '' : `${tasks(counts.proposed)} proposed more`;
  const landed = counts.landed === 0 ? '' : `${tasks(counts.landed)} landed`;
  return [landed, proposed].filter((words) => words !== '').join(', ');
}

function tasks(count: number): string {
  return count === 1 ? '1 task' : `${String(count)} tasks`;
}
