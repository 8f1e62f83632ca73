import { appendFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { followTurns } from '../../../src/commands/logs/follow-turns.ts';
import { followTurn, turnFiles } from '../../../src/commands/logs/turn-files.ts';
import { turnStage } from '../../../src/commands/logs/turn-stage.ts';
import { readRun } from '../../../src/runs/read-runs.ts';
import { at, exampleUntil } from '../../rig/example-run.ts';
import { recordRun } from '../recorded-run.ts';
import { temporaryFolder, temporaryRepository, testIo } from '../temporary.ts';

test('what a turn prints between the last look at its file and its end is shown', async () => {
  const folder = temporaryFolder({ 'turns/w-1-i1-t1.stdout': 'first\nsecond\n' });
  const files = turnFiles(folder, 'w-1-i1-t1');
  const shown: string[] = [];
  const ended = new Promise<void>((resolve) => {
    const following = followTurn(files, {
      stdout: (lines) => {
        shown.push(...lines);
        // It has seen all that is there, and looks again in a while.
        if (lines.length > 0 || shown.includes('last')) return;
        appendFileSync(files.stdout, 'last\n');
        void following.end().then(resolve);
      },
      stderr: (lines) => shown.push(...lines),
      end: () => shown.push('the end'),
    });
  });
  await ended;
  expect(shown).toEqual(['first', 'second', 'last', 'the end']);
});

test('what a run logs just before its process is gone is shown', async () => {
  const root = temporaryRepository();
  recordRun(root, { id: '20261120T140159-k3f9', events: exampleUntil(20), owner: 'gone' });
  const found = await readRun(root, 'latest');
  if (found.kind !== 'found') throw new Error('no run');
  const { folder } = found.run;
  writeFileSync(join(folder, 'turns', 'builders-1-i1-t1.stdout'), '');
  const of = { worker: 'builders-1', task: 'add-login', iteration: 1, turn: 1, harness: 'opencode' };
  const end = at(30, { type: 'turn:ended', ...of, ending: 'answered', usage: { input: 1, output: 1 }, ms: 28_000 });
  const { io, printed } = testIo(root, { columns: 100 });
  const isGone = () => {
    appendFileSync(join(folder, 'events.jsonl'), `${JSON.stringify(end)}\n`);
    return Promise.resolve(true);
  };
  const stage = turnStage(folder, {}, io);
  const how = await followTurns({ run: found.run, wish: { name: 'builders-1' }, stage, isGone }, io);
  expect(how).toEqual({ kind: 'ended' });
  expect(printed.stdout).toMatch(/turn 1 ended without a signal after 28 s, 2 tokens\n$/);
});
