import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { recordRun } from '../../src/core/audit/record.ts';
import type { RunEvent } from '../../src/core/event.ts';
import { hasIntended } from '../../src/runs/landing-intents.ts';
import { freshMs, judgeRuns, leftoversOfRuns, pastRuns, pruneRun } from '../../src/runs/prune.ts';
import { prunedLog, prunedRunIds } from '../../src/runs/pruned-log.ts';
import { readEvents } from '../../src/runs/read-events.ts';
import { exampleRun, exampleUntil } from '../rig/example-run.ts';
import { recordRun as layRun } from '../commands/recorded-run.ts';

const id = '20261120T140159-k3f9';
const now = new Date('2026-12-24T12:00:00Z');

let workspace: string;
beforeEach(() => {
  workspace = mkdtempSync(join(tmpdir(), 'oompa-prune-'));
});
afterEach(() => rmSync(workspace, { recursive: true, force: true }));

interface Laid {
  readonly ageDays?: number;
  readonly events?: readonly RunEvent[];
  readonly owner?: 'this' | 'gone';
}

/** As a run lies there after so many days. */
function lay(run: string, { ageDays = 30, events = exampleRun, owner = 'gone' }: Laid = {}): string {
  layRun(workspace, { id: run, events, owner });
  const folder = join(workspace, 'runs', run);
  const at = new Date(now.getTime() - ageDays * freshMs);
  for (const name of ['events.jsonl', 'run.yaml']) utimesSync(join(folder, name), at, at);
  return folder;
}

describe('judging runs', () => {
  const generated = fc.array(
    fc.record({
      isRun: mostly(true),
      goesOn: mostly(false),
      ageMs: fc.integer({ min: 0, max: 4 * freshMs }),
      needed: fc.boolean(),
    }),
    { maxLength: 40 },
  );

  it('never lets one go that is among the newest, goes on, is fresh, is needed or is no run; and all others', () => {
    fc.assert(
      fc.property(generated, fc.integer({ min: 0, max: 12 }), (given, keep) => {
        const runs = given.map((run, index) => ({ ...run, id: `run-${String(index)}` }));
        const neededBy = new Map(runs.filter(({ needed }) => needed).map((run) => [run.id, 'a task']));
        const newest = runs.filter(({ isRun }) => isRun).slice(0, keep === 0 ? runs.length : keep);
        for (const { run, standing } of judgeRuns(runs, { keep, neededBy })) {
          const stays = !run.isRun || newest.includes(run) || run.goesOn || run.ageMs < freshMs || run.needed;
          expect(standing.kind === 'old').toBe(!stays);
        }
      }),
    );
  });
});

function mostly(usual: boolean): fc.Arbitrary<boolean> {
  return fc.integer({ min: 0, max: 7 }).map((roll) => (roll === 0 ? !usual : usual));
}

describe('what is found below runs/', () => {
  it('is folders named like a run, newest first, with what tells their age and whether they go on', async () => {
    lay('20261101T000000-aaaa');
    lay('20261102T000000-bbbb', { events: exampleUntil(100), owner: 'this' });
    lay('20261103T000000-cccc', { ageDays: 0.5 });
    expect(await pastRuns(workspace, now)).toMatchObject([
      { id: '20261103T000000-cccc', isRun: true, goesOn: false, ageMs: freshMs / 2 },
      { id: '20261102T000000-bbbb', isRun: true, goesOn: true },
      { id: '20261101T000000-aaaa', isRun: true, goesOn: false, ageMs: 30 * freshMs },
    ]);
  });

  it('leaves out links and files, and knows a folder of somebody else', async () => {
    const runs = join(workspace, 'runs');
    mkdirSync(join(runs, '20261101T000000-aaaa'), { recursive: true });
    mkdirSync(join(runs, '20261102T000000-bbbb', 'holiday'), { recursive: true });
    mkdirSync(join(runs, 'notes'));
    writeFileSync(join(runs, '20261103T000000-cccc'), '');
    symlinkSync(workspace, join(runs, '20261104T000000-dddd'));
    const found = await pastRuns(workspace, now);
    expect(found.map((run) => [run.id, run.isRun])).toEqual([
      ['20261102T000000-bbbb', false],
      ['20261101T000000-aaaa', true],
    ]);
  });
});

describe('pruning a run', () => {
  it('leaves nothing of it below runs/, and all that an audit reads of it', async () => {
    // Only what can be an object's id counts for an audit.
    const events = exampleRun.map((event) =>
      'commit' in event ? { ...event, commit: event.commit.padEnd(40, '0') } : event,
    );
    const folder = lay(id, { events });
    const before = recordRun({ id, life: 'ended' }, readEvents(join(folder, 'events.jsonl')));
    expect(before.commits.length * before.landings.length * before.claimed.size).toBeGreaterThan(0);
    expect(await pruneRun(workspace, id)).toEqual({ kind: 'removed' });
    expect(readdirSync(join(workspace, 'runs'))).toEqual([]);
    expect(prunedRunIds(workspace)).toEqual([id]);
    expect(recordRun({ id, life: 'ended' }, readEvents(prunedLog(workspace, id)))).toEqual(before);
  });

  it('leaves its landings known to whoever watches main', async () => {
    const commit = '9f2e1ac4aa';
    layRun(workspace, {
      id,
      events: [
        ...exampleUntil(10),
        {
          at: '2026-11-20T14:05:00Z',
          type: 'landing:intended',
          worker: 'w',
          task: 't',
          iteration: 1,
          commit,
          onto: 'x',
        },
      ] as typeof exampleRun,
      owner: 'gone',
    });
    expect(hasIntended(workspace, id, commit)).toBe(true);
    await pruneRun(workspace, id);
    expect(hasIntended(workspace, id, commit)).toBe(true);
    expect(hasIntended(workspace, id, 'another')).toBe(false);
  });

  it('writes nothing down for a run that proves nothing', async () => {
    mkdirSync(join(workspace, 'runs', id), { recursive: true });
    expect(await pruneRun(workspace, id)).toEqual({ kind: 'removed' });
    expect(prunedRunIds(workspace)).toEqual([]);
  });

  it('does not follow links in it', async () => {
    const folder = lay(id);
    const elsewhere = join(workspace, 'elsewhere');
    mkdirSync(elsewhere);
    writeFileSync(join(elsewhere, 'mine.txt'), 'mine');
    symlinkSync(elsewhere, join(folder, 'turns', 'link'));
    await pruneRun(workspace, id);
    expect(existsSync(join(elsewhere, 'mine.txt'))).toBe(true);
  });

  it('keeps the run when what it proves can not be written down', async () => {
    const folder = lay(id);
    writeFileSync(join(workspace, '.oompa'), 'a file where a folder should be');
    expect(await pruneRun(workspace, id)).toMatchObject({ kind: 'failed' });
    expect(existsSync(join(folder, 'events.jsonl'))).toBe(true);
  });

  it('finishes what a killed one began, and what one that made a folder left', async () => {
    const runs = join(workspace, 'runs');
    for (const name of [`.${id}.removed`, '.20261103T000000-cccc.new', '.20261102T000000-bbbb.new', '.mine.removed']) {
      mkdirSync(join(runs, name), { recursive: true });
    }
    const old = new Date(Date.now() - 2 * freshMs);
    utimesSync(join(runs, '.20261102T000000-bbbb.new'), old, old);
    const left = ['.20261102T000000-bbbb.new', `.${id}.removed`];
    expect((await leftoversOfRuns(workspace, new Date())).sort()).toEqual(left);
    expect((await leftoversOfRuns(workspace, new Date(Date.now() + 2 * freshMs))).length).toBe(3);
    lay(id);
    expect(await pruneRun(workspace, id)).toEqual({ kind: 'removed' });
    expect(readdirSync(runs)).not.toContain(`.${id}.removed`);
  });
});
