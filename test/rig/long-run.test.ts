import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { foldEvents } from '../../src/core/fold-run.ts';
import { emptyRun } from '../../src/core/run-state.ts';
import { taskRows } from '../../src/core/run-tables.ts';
import { readEvents } from '../../src/runs/read-events.ts';
import { readRun } from '../../src/runs/read-runs.ts';
import { temporaryFolder } from '../commands/temporary.ts';
import { writeLongRun } from './long-run.ts';

it('writes a run with exactly so many events, always the same ones', async () => {
  const [one, other] = await Promise.all(
    [temporaryFolder(), temporaryFolder()].map((workspace) => writeLongRun(workspace, { events: 3000 })),
  );
  const log = ({ folder }: { folder: string }) => readFileSync(join(folder, 'events.jsonl'), 'utf8');
  expect(log(one!).match(/\n/g)).toHaveLength(3000);
  expect(log(one!)).toBe(log(other!));
});

it('writes what a run leaves behind: an end, every kind of ending, and the files that the log names', async () => {
  const workspace = temporaryFolder();
  const { id, folder } = await writeLongRun(workspace, { events: 20_000 });
  const found = await readRun(workspace, 'latest');
  expect(found).toMatchObject({ kind: 'found', run: { id, life: 'ended', state: { end: { why: 'dry' } } } });
  const events = Array.from(readEvents(join(folder, 'events.jsonl')));
  const rows = taskRows(foldEvents(emptyRun, events));
  expect(new Set(rows.map(({ standing }) => standing))).toContain('landed');
  expect(new Set(rows.flatMap(({ iterations }) => iterations.map(({ ended }) => ended?.outcome.kind)))).toEqual(
    new Set(['landed', 'needs-input', 'agent-failed', 'rounds-exhausted', 'held']),
  );
  const files = new Set(readdirSync(join(folder, 'reviews')));
  const named = events.flatMap((event) => (event.type === 'review:ended' ? [event.log, event.diff ?? ''] : []));
  expect(named.filter((path) => !files.has(path.replace('reviews/', '')))).toEqual([]);
});
