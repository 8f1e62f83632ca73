import { expect, it } from 'vitest';
import { foldRun } from '../../../src/core/fold-run.ts';
import { emptyRun } from '../../../src/core/run-state.ts';
import { painter } from '../../../src/ui/paint.ts';
import type { Scene } from '../../../src/ui/view/frame.ts';
import { frameLines } from '../../../src/ui/view/frame.ts';
import { firstView } from '../../../src/ui/view/view.ts';
import { exampleTime, exampleUntil } from '../../rig/example-run.ts';

const page = Array.from({ length: 30 }, (_, index) => `line ${String(index + 1)}`);
const view = { ...firstView, page: 'transcript', chosen: 'builders-1', top: 'end', notice: 'a notice' } as const;
const state = exampleUntil(100).reduce(foldRun, emptyRun);
const scene: Scene = { state, life: 'live', view, place: 'watch', hasKeys: true, page };

function frame(columns: number, rows: number): string[] {
  return frameLines(scene, { columns, rows, paint: painter(false), now: exampleTime(105) });
}

it.each([
  [20, 5, ['line 30']],
  [40, 7, ['line 28', 'line 29', 'line 30']],
  [40, 10, ['', 'line 26', 'line 27', 'line 28', 'line 29', 'line 30']],
])('shows the end of a page, and the way out of it, in %d×%d', (columns, rows, lines) => {
  const [title, ...rest] = frame(columns, rows);
  expect(title).toContain(' of 30');
  expect(rest).toEqual([...lines, '  a notice', expect.stringContaining('esc back')]);
});
