import type { RunLife, RunState } from '../../core/run-state.ts';
import type { Paint } from '../paint.ts';
import { screenLines } from '../screen.ts';
import { cut, displayWidth, oneLine } from '../text.ts';
import { keyLine, keysPage } from './key-line.ts';
import type { PageName, Surroundings, View } from './view.ts';

/** All that a frame shows. */
export interface Scene {
  readonly state: RunState;
  readonly life: RunLife;
  readonly view: View;
  readonly place: Surroundings['place'];
  /** False where there is no keyboard to read from: no key is spoken of. */
  readonly hasKeys: boolean;
  /** The lines of the page that is open, but for that of the keys. */
  readonly page: readonly string[];
}

/** The terminal. */
export interface FrameSize {
  readonly columns: number;
  readonly rows: number;
  readonly paint: Paint;
  /** ISO 8601. */
  readonly now: string;
}

/** Lines around a page: its title, the notice and the keys, and an empty one under the title where there is room for it. */
function pageMargin(height: number): number {
  return height < 8 ? 3 : 4;
}

/** Where the view is, for what a key can do. */
export function surroundingsOf(scene: Scene, { rows, columns }: Pick<FrameSize, 'rows' | 'columns'>): Surroundings {
  const { state, life, view, place } = scene;
  const height = heightOf(rows);
  const around = {
    place,
    workers: state.workers.map(({ name }) => name),
    isLive: life === 'live' || life === 'starting',
    isDraining: state.draining !== undefined,
    lines: 0,
    room: height - pageMargin(height),
  };
  return { ...around, lines: view.page === 'keys' ? keysPage(around, columns).length : scene.page.length };
}

/** One line of the terminal stays free: ink clears all of it each time for a frame that is as high. */
function heightOf(rows: number): number {
  return Math.max(4, rows - 1);
}

/** One frame, always of the same height, the keys on its last line. */
export function frameLines(scene: Scene, size: FrameSize): string[] {
  const height = heightOf(size.rows);
  const around = surroundingsOf(scene, size);
  const notice = size.paint('yellow', cut(`  ${oneLine(scene.view.notice)}`, size.columns));
  const bottom = scene.hasKeys ? [notice, keyLine(scene.view, around, size)] : [];
  const room = height - bottom.length;
  const top =
    scene.view.page === undefined
      ? screenLines(scene.state, { ...size, rows: room, chosen: scene.view.chosen, life: lifeShown(scene) })
      : pageFrame(scene, scene.view.page, around, size);
  return [...Array.from({ length: room }, (_, index) => top[index] ?? ''), ...bottom];
}

/** One's own run tells how it went in the summary that follows. */
export function lifeShown({ life, place }: Pick<Scene, 'life' | 'place'>): RunLife {
  return place === 'swarm' ? 'live' : life;
}

function pageFrame(scene: Scene, page: PageName, around: Surroundings, size: FrameSize): string[] {
  const { columns, paint } = size;
  const all = page === 'keys' ? keysPage(around, columns) : scene.page;
  const last = Math.max(0, all.length - around.room);
  const top = scene.view.top === 'end' ? last : Math.min(scene.view.top, last);
  const shown = all.slice(top, top + around.room);
  const where =
    all.length <= around.room
      ? ''
      : `${String(top + 1)}–${String(top + shown.length)} of ${String(all.length)}${scene.view.top === 'end' ? ', the end' : ''}`;
  const title = cut(titleOf(scene, page), Math.max(0, columns - displayWidth(where) - 2));
  const gap = ' '.repeat(Math.max(1, columns - displayWidth(title) - displayWidth(where) - 1));
  const under = pageMargin(heightOf(size.rows)) === 4 ? [''] : [];
  return [`${paint('bold', title)}${gap}${paint('dim', where)}`.trimEnd(), ...under, ...shown];
}

function titleOf({ state, view }: Scene, page: PageName): string {
  if (page === 'keys') return 'Keys';
  const worker = state.workers.find(({ name }) => name === view.chosen);
  const last = state.iterations.findLast(({ worker: name }) => name === view.chosen);
  const task = (worker?.iteration ?? last)?.task;
  return oneLine([view.chosen ?? '', task ?? '', page].filter((part) => part !== '').join(' · '));
}
