import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Queue } from '../../../src/queue/queue.ts';
import type { FileBackend } from './backend.ts';
import { openFileBackend } from './backend.ts';
import type { Troubled } from './troubled.ts';
import { clear, startTroubled, stateAfter, statesOf, verbs } from './troubled.ts';

let backend: FileBackend;
let queue: Queue;
let troubled: Troubled;

beforeEach(async () => {
  backend = await openFileBackend();
  queue = await backend.open();
  troubled = await startTroubled(backend);
});
afterEach(async () => {
  await troubled.end();
  queue.close();
  await backend.close();
});

/** Everything in the workspace that is no task file and no whole note. */
async function rubbish(): Promise<string[]> {
  const entries = await readdir(backend.workspace, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => !entry.isDirectory() && !/^t\d+\.(yaml|json)$/.test(entry.name))
    .map(({ name }) => name);
}

describe('a disk that is full, wherever that happens', () => {
  it.each(verbs)(
    'in "%s" is an answer; nothing is torn or left behind, and the same works once there is room',
    async (verb) => {
      const answers = new Set<string>();
      const good = verb === 'claim' ? 'claimed' : 'settled';
      for (let before = 1; ; before += 1) {
        const name = `t${String(before)}.yaml`;
        await backend.write('pending', name, 'title: x\n');
        if (verb !== 'claim') expect(await troubled.perform('claim')).toBe('claimed');
        const ordered = await troubled.order({ verb, trouble: 'full-disk', before });
        const { answer, hadTrouble } = await ordered.answer;

        answers.add(answer);
        if (answer !== good) {
          const stays = verb === 'claim' ? 'pending' : 'current';
          expect(await statesOf(backend, name)).toEqual([stays]);
          const whole = ['title: x\n', ...(verb === 'claim' ? [] : ['title: x\noompa:\n  attempts: 7\n'])];
          expect(whole).toContain(await backend.read(stays, name));
        }
        // Asked again: a settlement that was done already is done.
        if (answer !== good || verb !== 'claim')
          expect(await troubled.perform(verb), `again, after trouble before change ${String(before)}`).toBe(good);
        expect(await statesOf(backend, name)).toEqual([stateAfter[verb]]);
        // A lock that the disk did not let go of is gone with the next step.
        if (verb === 'claim') expect(await troubled.perform('renew')).toBe('settled');
        expect(await rubbish()).toEqual([]);
        expect((await queue.list()).unreadable).toEqual([]);
        await clear(backend, name);
        if (!hadTrouble) break;
      }
      expect(answers).toEqual(new Set([good, verb === 'claim' ? 'unavailable' : 'failed']));
    },
  );
});

describe('a task whose lock can’t be made', () => {
  it('is left where it is, with the reason, and stops no other', async () => {
    await backend.write('current', 't1.yaml', 'title: x\n');
    await backend.write('current', 't2.yaml', 'title: x\n');
    await mkdir(join(backend.workspace, '.oompa/claims/.locks/t2/in-the-way'), { recursive: true });
    expect(await queue.recover({})).toEqual([
      { kind: 'released', id: 't1' },
      { kind: 'failed', id: 't2', why: expect.stringMatching(/E(ISDIR|PERM|NOTEMPTY)/) as string },
    ]);
    expect(await backend.read('current', 't2.yaml')).toBe('title: x\n');
  });
});
