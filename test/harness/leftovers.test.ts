import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { endLeftovers, findLeftovers } from '../../src/harness/leftovers.ts';
import { isAlive, ownIdentity, type ProcessIdentity } from '../../src/system/process-identity.ts';
import type { ProcessNote } from '../../src/system/process-notes.ts';
import { gone, orphan, until } from '../rig/orphan.ts';

let workspace: string;
beforeEach(() => {
  workspace = mkdtempSync(join(tmpdir(), 'oompa-leftovers-'));
  mkdirSync(join(workspace, '.oompa', 'processes'), { recursive: true });
});
afterEach(() => rmSync(workspace, { recursive: true, force: true }));

/** An oompa that is no more: its number is another's by now. */
const dead: ProcessIdentity = { pid: process.pid, start: 'long ago' };
const nobodyIsGone = () => Promise.resolve(false);

describe('what a killed oompa has left', () => {
  it('is known by its note, without a mark, and goes with its whole group', async () => {
    const leader = await orphan(`sleep 600 & echo $! > ${workspace}/child; wait`);
    await until(() => existsSync(`${workspace}/child`) && readFileSync(`${workspace}/child`, 'utf8').endsWith('\n'));
    const child = Number(readFileSync(`${workspace}/child`, 'utf8'));
    const path = write(leader, { what: 'npm test' });
    const found = await findLeftovers(workspace, nobodyIsGone);
    expect(new Set(found.processes)).toEqual(
      new Set([
        { run: 'run-1', pid: leader.pid, what: 'npm test' },
        { run: 'run-1', pid: child, what: undefined },
      ]),
    );
    expect([isAlive(leader.pid, leader.start), existsSync(path)]).toEqual([true, true]);

    expect(await endLeftovers(found)).toEqual([]);
    expect([isAlive(leader.pid, leader.start), isAlive(child, undefined)]).toEqual([false, false]);
    expect(existsSync(path)).toBe(false);
    expect(await findLeftovers(workspace, nobodyIsGone)).toEqual({ processes: [], runs: [], notes: [] });
  });

  it('is ended by force when it does not listen', async () => {
    const deaf = await orphan(`trap '' TERM; touch ${workspace}/deaf; while :; do sleep 1; done`);
    await until(() => existsSync(`${workspace}/deaf`));
    write(deaf);
    expect(await endLeftovers(await findLeftovers(workspace, nobodyIsGone), 100)).toEqual([]);
    await gone(deaf);
  });

  it('is known by the mark of its turn when it has left the group, and by that of its run without a note', async () => {
    const leader = await orphan('exec sleep 600');
    const [ofTurn, ofRun] = [
      await orphan('exec sleep 600', { OOMPA_TURN: `turn-of-${workspace}` }),
      await orphan('exec sleep 600', { OOMPA_RUN: `run-of-${workspace}` }),
    ];
    write(leader, { mark: `turn-of-${workspace}` });
    const found = await findLeftovers(workspace, (run) => Promise.resolve(run === `run-of-${workspace}`));
    expect(found.processes.map(({ pid }) => pid).sort()).toEqual([leader.pid, ofTurn.pid, ofRun.pid].sort());
    await endLeftovers(found);
    await Promise.all([leader, ofTurn, ofRun].map((each) => gone(each)));
  });

  it('is nothing but a note when its process has ended, or could not be written down whole', async () => {
    const paths = [write(dead, { pid: 2 ** 22 + 1 }), write(dead, { run: 'run-2' }, '{"pid":12')];
    const found = await findLeftovers(workspace, (run) => Promise.resolve(run === 'run-2'));
    expect(found.processes).toEqual([]);
    await endLeftovers(found);
    expect(paths.map((path) => existsSync(path))).toEqual([false, false]);
  });
});

describe('what is not touched', () => {
  it('a stranger who has been given the number of a noted process, and the group of that number', async () => {
    const stranger = await orphan('sleep 600 & wait');
    const path = write({ pid: stranger.pid, start: 'another start' });
    const found = await findLeftovers(workspace, nobodyIsGone);
    expect(found.processes).toEqual([]);
    await endLeftovers(found, 100);
    expect(isAlive(stranger.pid, stranger.start)).toBe(true);
    expect(existsSync(path)).toBe(false);
  });

  it.each([
    ['a live run', { owner: ownIdentity() }],
    ['another machine', { host: 'elsewhere' }],
  ])('the processes and notes of %s', async (_whose, note) => {
    const process = await orphan('exec sleep 600', { OOMPA_RUN: `live-${workspace}` });
    const path = write(process, note);
    const torn = write(process, { run: 'run-2', pid: 1 }, '{');
    const found = await findLeftovers(workspace, nobodyIsGone);
    expect(found).toEqual({ processes: [], runs: [], notes: [] });
    await endLeftovers(found, 100);
    expect([isAlive(process.pid, process.start), existsSync(path), existsSync(torn)]).toEqual([true, true, true]);
  });
});

function write(process: ProcessIdentity, more: Partial<ProcessNote> = {}, text?: string): string {
  const note: ProcessNote = { ...process, run: 'run-1', host: hostname(), owner: dead, mark: 'm', what: 'w', ...more };
  const path = join(workspace, '.oompa', 'processes', `${note.run}.${String(note.pid)}.json`);
  writeFileSync(path, text ?? JSON.stringify(note));
  return path;
}
