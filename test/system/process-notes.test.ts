import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ownIdentity } from '../../src/system/process-identity.ts';
import { openProcessNotes, readProcessNotes } from '../../src/system/process-notes.ts';

let workspace: string;
beforeEach(() => {
  workspace = mkdtempSync(join(tmpdir(), 'oompa-notes-'));
});
afterEach(() => rmSync(workspace, { recursive: true, force: true }));

describe('the notes of processes', () => {
  it('tell which process it is, who started it and what for, until they are taken away', async () => {
    const forget = openProcessNotes(workspace, 'run-1').as('npm test')({ pid: process.pid, mark: 'm' });
    expect(await readProcessNotes(workspace)).toMatchObject([
      {
        run: 'run-1',
        note: { ...ownIdentity(), run: 'run-1', host: hostname(), owner: ownIdentity(), mark: 'm', what: 'npm test' },
      },
    ]);
    forget();
    expect(await readProcessNotes(workspace)).toEqual([]);
    forget();
  });

  it('are not made of a process that has ended already', () => {
    openProcessNotes(workspace, 'run-1').as('true')({ pid: 2 ** 22 + 1, mark: 'm' })();
    expect(readdirSync(workspace)).toEqual([]);
  });

  it('cost nothing but themselves when the disk refuses them', async () => {
    writeFileSync(join(workspace, '.oompa'), 'a file where a folder should be');
    openProcessNotes(workspace, 'run-1').as('npm test')({ pid: process.pid, mark: 'm' })();
    expect(await readProcessNotes(workspace)).toEqual([]);
  });
});
