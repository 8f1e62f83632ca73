import { expect, it } from 'vitest';
import { foldRun } from '../../../src/core/fold-run.ts';
import { emptyRun } from '../../../src/core/run-state.ts';
import { painter } from '../../../src/ui/paint.ts';
import { openReader } from '../../../src/ui/view/page-reader.ts';
import type { ViewSource } from '../../../src/ui/view/read-page.ts';
import { exampleUntil } from '../../rig/example-run.ts';

it('reads the page that was opened while another one was being read', async () => {
  let giveDiff: (diff: { title: string; text: string }) => void = () => undefined;
  const source: ViewSource = {
    transcript: () => Promise.resolve([]),
    diff: () => new Promise((resolve) => (giveDiff = resolve)),
    review: () => Promise.resolve('The cookie stays.'),
  };
  let changes = 0;
  const reader = openReader(source, () => (changes += 1));
  const known = { state: exampleUntil(100).reduce(foldRun, emptyRun), steps: new Map() };
  const view = { columns: 80, paint: painter(false) };
  reader.show('diff', 'builders-1');
  const reading = reader.refresh(known);
  reader.show('reviews', 'builders-1');
  await reader.refresh(known);
  expect(reader.lines(view)).toEqual(['reading …']);
  giveDiff({ title: 'in its worktree', text: '+two' });
  await reading;
  expect(reader.lines(view)).toContain('The cookie stays.');
  expect(changes).toBe(1);
});
