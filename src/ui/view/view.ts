import { unreachable } from '../../core/unreachable.ts';
import type { Key } from './keys.ts';

/** What can be opened over the screen. */
export type PageName = 'transcript' | 'diff' | 'reviews' | 'keys';

/** Where a person is in the view. */
export interface View {
  /** The name of a worker; undefined until a key has chosen one. */
  readonly chosen: string | undefined;
  readonly page: PageName | undefined;
  /** The first line of the page that is shown; `end` stays at the end while the page grows. */
  readonly top: number | 'end';
  /** What has to be confirmed first. */
  readonly asking: 'drain' | 'stop-now' | undefined;
  /** Whether this person has asked the run to finish. */
  readonly hasDrained: boolean;
  /** What came of the last key, where that has to be said. */
  readonly notice: string;
}

/** What a key can do depends on it. */
export interface Surroundings {
  /** `swarm`: the run is this process; `watch`: it is another one, which goes on when the view is left. */
  readonly place: 'swarm' | 'watch';
  /** The names of the workers, in their order. */
  readonly workers: readonly string[];
  /** Whether there is a run to stop. */
  readonly isLive: boolean;
  /** Whether the run takes no new tasks any more. */
  readonly isDraining: boolean;
  /** Lines of the page, and how many are shown at a time. */
  readonly lines: number;
  readonly room: number;
}

/** What has to be done besides. `interrupt`, `suspend`: what Ctrl-C and Ctrl-Z mean. */
export type Act = 'leave' | 'drain' | 'stop-now' | 'interrupt' | 'suspend';

/** How a view begins. */
export const firstView: View = {
  chosen: undefined,
  page: undefined,
  top: 0,
  asking: undefined,
  hasDrained: false,
  notice: '',
};

/** What a key makes of the view. */
export function press(
  before: View,
  key: Key,
  around: Surroundings,
): { readonly view: View; readonly act?: Act | undefined } {
  const view = { ...before, notice: '' };
  if (key === 'interrupt') return { view, act: 'interrupt' };
  if (key === 'suspend') return suspended(view, around);
  if (view.asking !== undefined) return answered(view, view.asking, key);
  const typed = letterOf(key);
  if (typed === 'q') return quit(view, around);
  if (typed === 's' && around.place === 'watch') return askToStop(view, around);
  if (typed === '?') return { view: toggled(view, 'keys') };
  const page = key === 'enter' ? 'transcript' : typed === 'd' ? 'diff' : typed === 'r' ? 'reviews' : undefined;
  if (page !== undefined) return { view: ofWorker(view, page, around) };
  return { view: view.page === undefined ? chosen(view, key, around) : scrolled(view, key, around) };
}

function letterOf(key: Key): string | undefined {
  return typeof key === 'object' ? key.char : undefined;
}

function answered(view: View, asking: NonNullable<View['asking']>, key: Key): ReturnType<typeof press> {
  const after = { ...view, asking: undefined };
  return letterOf(key) === 'y' ? { view: { ...after, hasDrained: true }, act: asking } : { view: after };
}

/** A run that stands still while its agents go on is nothing that anybody wants. */
function suspended(view: View, { place }: Surroundings): ReturnType<typeof press> {
  return place === 'watch' ? { view, act: 'suspend' } : { view: { ...view, notice: 'ctrl-z does nothing to a run' } };
}

/** In a page of one's own run it only goes back, as in every pager: nobody ends a swarm by leaving a page. */
function quit(view: View, { place, isDraining }: Surroundings): ReturnType<typeof press> {
  if (place === 'watch') return { view, act: 'leave' };
  if (view.page !== undefined) return { view: { ...view, page: undefined } };
  if (isDraining || view.hasDrained) return { view: { ...view, asking: 'stop-now' } };
  return { view: { ...view, hasDrained: true }, act: 'drain' };
}

function askToStop(view: View, { isLive, isDraining }: Surroundings): ReturnType<typeof press> {
  if (!isLive) return { view: { ...view, notice: 'the run goes on no more' } };
  return { view: { ...view, asking: isDraining || view.hasDrained ? 'stop-now' : 'drain' } };
}

function toggled(view: View, page: PageName): View {
  const top = page === 'transcript' ? 'end' : 0;
  return { ...view, page: view.page === page ? undefined : page, top };
}

/** What belongs to a worker opens for the chosen one, and for the first where none is. */
function ofWorker(view: View, page: PageName, { workers }: Surroundings): View {
  const worker = view.chosen ?? workers[0];
  return worker === undefined
    ? { ...view, notice: 'there is no worker yet' }
    : { ...toggled(view, page), chosen: worker };
}

function chosen(view: View, key: Key, { workers }: Surroundings): View {
  const index = workers.indexOf(view.chosen ?? '');
  const choose = (next: number): View => ({
    ...view,
    chosen: workers[Math.min(Math.max(0, next), workers.length - 1)],
  });
  switch (motionOf(key)) {
    case 'up':
      return choose(view.chosen === undefined ? workers.length - 1 : index - 1);
    case 'down':
      return choose(index + 1);
    case 'page-up':
    case 'home':
      return choose(0);
    case 'page-down':
    case 'end':
      return choose(workers.length - 1);
    case 'escape':
      return { ...view, chosen: undefined };
    case undefined:
      return view;
  }
}

function scrolled(view: View, key: Key, { lines, room }: Surroundings): View {
  const last = Math.max(0, lines - room);
  const top = view.top === 'end' ? last : Math.min(view.top, last);
  const to = (line: number): View => ({ ...view, top: line >= last ? 'end' : Math.max(0, line) });
  const motion = motionOf(key);
  switch (motion) {
    case 'up':
      return to(top - 1);
    case 'down':
      return to(top + 1);
    case 'page-up':
      return to(top - room);
    case 'page-down':
      return to(top + room);
    case 'home':
      return { ...view, top: 0 };
    case 'end':
      return to(last);
    case 'escape':
      return { ...view, page: undefined };
    case undefined:
      return view;
    default:
      return unreachable(motion);
  }
}

/**
 * Where a page that has changed is to be shown, so that the lines which a person reads stay where they are: of a long
 * transcript only the end is kept, and what is added drops as much at its beginning.
 */
export function sameTop(top: View['top'], before: readonly string[], after: readonly string[]): View['top'] {
  if (top === 'end') return top;
  const read = before.slice(top, top + linesToKnow);
  for (let line = top; line >= 0; line -= 1) {
    if (read.every((text, index) => text === after[line + index])) return line;
  }
  return top;
}

/** Fewer would often be found elsewhere too. */
const linesToKnow = 6;

type Motion = Exclude<Key, object | 'enter' | 'interrupt' | 'suspend'>;

/** The letters of `less` and `vi` move too. */
function motionOf(key: Key): Motion | undefined {
  if (typeof key === 'object') return letters[key.char];
  return key === 'enter' || key === 'interrupt' || key === 'suspend' ? undefined : key;
}

const letters: Readonly<Record<string, Motion>> = {
  j: 'down',
  k: 'up',
  ' ': 'page-down',
  b: 'page-up',
  g: 'home',
  G: 'end',
};
