import { existsSync, mkdirSync, readdirSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import type { RunEvent } from '../../../src/core/event.ts';
import { openRepository } from '../../../src/git/repository.ts';
import type { Repository } from '../../../src/git/repository.ts';
import { pruneBeside, pruneCommand } from '../../../src/commands/runs/prune.ts';
import { keepOf } from '../../../src/commands/runs/keep.ts';
import { exampleRun, exampleUntil } from '../../rig/example-run.ts';
import { recordRun } from '../recorded-run.ts';
import { configOf, git, temporaryRepository, testIo, writeFiles } from '../temporary.ts';

const config = 'workers: [{ name: builders, harness: opencode }]\nruns: { keep: 1 }\n';
const now = new Date('2026-12-24T12:00:00Z');
const [oldest, older, newest] = ['20261101T000000-aaaa', '20261102T000000-bbbb', '20261103T000000-cccc'];

let root: string;
beforeEach(() => {
  root = temporaryRepository({ 'oompa.config.yaml': config });
});

interface Laid {
  readonly events?: readonly RunEvent[];
  readonly owner?: 'this' | 'gone';
}

/** A run that has not been written to for a month. */
function lay(id: string, { events = exampleRun, owner = 'gone' }: Laid = {}): void {
  recordRun(root, { id, events, owner });
  const old = new Date('2026-11-24T12:00:00Z');
  for (const name of ['events.jsonl', 'run.yaml']) utimesSync(join(root, 'runs', id, name), old, old);
}

async function prune(options: Parameters<typeof pruneCommand>[0] = {}, env: NodeJS.ProcessEnv = {}) {
  const { io, printed } = testIo(root, { env });
  return { code: await pruneCommand(options, { ...io, now: () => now }), ...printed };
}

function left(): string[] {
  return readdirSync(join(root, 'runs')).sort();
}

/** What the command says of a run. */
async function verdictOn(id: string): Promise<string> {
  const { stdout } = await prune({ dryRun: true, json: true });
  const { items } = JSON.parse(stdout) as { items: { name: string; action: string; why: string }[] };
  const item = items.find(({ name }) => name === id);
  return `${item?.action ?? 'unseen'}: ${item?.why ?? ''}`;
}

describe('oompa runs prune', () => {
  it('says what would go and why, and changes nothing with --dry-run', async () => {
    for (const id of [oldest, older, newest]) lay(id);
    writeFiles(root, { 'tasks/blocked/billing.yaml': `title: Billing\noompa:\n  run: ${older}\n` });
    const { code, stdout } = await prune({ dryRun: true });
    expect(code).toBe(0);
    expect(stdout.replace(/\d+ kB/g, 'N kB')).toMatchInlineSnapshot(`
      "  keep  20261102T000000-bbbb  tasks/blocked/billing.yaml goes on from it
        free  20261101T000000-aaaa  30 days old, N kB
      would remove 1 run, N kB; 1 newest run stays; 1 older one stays too
      Nothing was changed; do it without --dry-run.
      "
    `);
    expect(left()).toEqual([oldest, older, newest]);
  });

  it('removes them, and is done then', async () => {
    for (const id of [oldest, older, newest]) lay(id);
    const { code, stdout } = await prune();
    expect([code, left()]).toEqual([0, [newest]]);
    expect(stdout).toMatch(/removed 2 runs, \d+ kB; 1 newest run stays/);
    expect((await prune()).stdout).toBe('Nothing to remove; 1 newest run stays\n');
  });

  it('takes --keep before OOMPA_RUNS_KEEP, and that before the config; 0 keeps all', async () => {
    for (const id of [oldest, older, newest]) lay(id);
    expect((await prune({ keep: 0 }, { OOMPA_RUNS_KEEP: '1' })).stdout).toContain('3 newest runs stay, as all do');
    expect(left()).toHaveLength(3);
    await prune({}, { OOMPA_RUNS_KEEP: '2' });
    expect(left()).toEqual([older, newest]);
  });

  it.each(['all', '-1', ' 1', '1.5'])('keeps all runs when OOMPA_RUNS_KEEP is %j, and says so', async (text) => {
    for (const id of [older, newest]) lay(id);
    const { code, stderr } = await prune({}, { OOMPA_RUNS_KEEP: text });
    expect([code, left()]).toEqual([0, [older, newest]]);
    expect(stderr).toBe(
      `OOMPA_RUNS_KEEP takes a whole number from 0, not "${text}"; all runs stay. Unset it, or try: oompa runs prune --keep 1\n`,
    );
  });

  it('removes nothing when the config can not be read', async () => {
    for (const id of [oldest, newest]) lay(id);
    writeFiles(root, { 'oompa.config.yaml': 'workers: 1\n' });
    expect((await prune()).code).toBe(2);
    expect(left()).toEqual([oldest, newest]);
  });

  it('finishes what a killed one began', async () => {
    mkdirSync(join(root, 'runs', `.${oldest}.removed`), { recursive: true });
    lay(newest);
    await prune();
    expect(left()).toEqual([newest]);
  });
});

describe('a run that something points to stays', () => {
  beforeEach(() => {
    lay(oldest);
    lay(newest);
  });

  it.each([
    [
      'a blocked task',
      { 'tasks/blocked/a.yaml': `title: A\noompa: { run: ${oldest} }\n` },
      'tasks/blocked/a.yaml goes on from it',
    ],
    ['one that nobody can read', { 'tasks/pending/a.yaml': `\t${oldest}` }, 'tasks/pending/a.yaml goes on from it'],
    [
      'the claim of one that is being worked on',
      { 'tasks/current/a.yaml': 'title: A\n', '.oompa/claims/a.json': `{"run":"${oldest}"}` },
      'tasks/current/a.yaml goes on from it',
    ],
    [
      'a worktree that nobody has put right',
      { '.oompa/worktrees/builders-1.lease.json': `{"branch":"oompa/${oldest}/builders-1-i1"}` },
      'its work may be in the worktree builders-1',
    ],
    [
      'the note of a process',
      { [`.oompa/processes/${oldest}.4711.json`]: '{}' },
      'a process of it was not seen to end',
    ],
  ])('%s', async (_what, files: Record<string, string>, why) => {
    writeFiles(root, files);
    expect(await verdictOn(oldest)).toBe(`kept: ${why}`);
  });

  it('work on a rescue ref, until main has it', async () => {
    git(root, 'checkout', '-q', '-b', 'work');
    git(root, 'commit', '-q', '--allow-empty', '-m', 'Work');
    const ref = `refs/oompa/rescue/a/${oldest}-builders-1-i1`;
    git(root, 'update-ref', ref, 'work');
    git(root, 'checkout', '-q', 'main');
    expect(await verdictOn(oldest)).toBe(`kept: its work is kept on ${ref}, and not on main`);
    git(root, 'merge', '-q', 'work');
    expect(await verdictOn(oldest)).toBe('freed: 30 days old');
  });

  it('a branch of it', async () => {
    git(root, 'branch', `oompa/${oldest}/builders-1-i1`);
    expect(await verdictOn(oldest)).toBe(`kept: its branch oompa/${oldest}/builders-1-i1 is there`);
  });

  it.each(['tasks/complete/a.yaml', 'tasks/failed/a.yaml', '.oompa/claims/a.json'])('but not %s', async (path) => {
    writeFiles(root, { [path]: `run: ${oldest}\n` });
    expect(await verdictOn(oldest)).toBe('freed: 30 days old');
  });

  it('and so does one that goes on, or is younger than a day', async () => {
    lay('20261031T000000-live', { events: exampleUntil(100), owner: 'this' });
    expect(await verdictOn('20261031T000000-live')).toBe('kept: it goes on');
    const recent = new Date(now.getTime() - 3_600_000);
    utimesSync(join(root, 'runs', oldest, 'events.jsonl'), recent, recent);
    expect(await verdictOn(oldest)).toBe('kept: younger than a day');
  });
});

describe('pruning beside a run', () => {
  async function opened(): Promise<Repository> {
    const found = await openRepository(root);
    if (found.kind !== 'open') throw new Error(found.message);
    return found.repository;
  }

  it('removes what is too much, without a word', async () => {
    for (const id of [oldest, older, newest]) lay(id);
    const told: string[] = [];
    const pruning = pruneBeside({ repository: await opened(), keep: 2, now }, (line) => told.push(line));
    await expect.poll(left).toEqual([older, newest]);
    await pruning.end();
    expect(told).toEqual([]);
  });

  it('ends soon when the run ends, and leaves whole runs', async () => {
    for (const id of [oldest, older, newest]) lay(id);
    await pruneBeside({ repository: await opened(), keep: 1, now }, () => undefined).end();
    expect(left().filter((name) => name.startsWith('.'))).toEqual([]);
    for (const id of left()) expect(existsSync(join(root, 'runs', id, 'events.jsonl'))).toBe(true);
  });

  it('says in one line what keeps it from working, and never throws', async () => {
    for (const id of [oldest, newest]) lay(id);
    const repository = await opened();
    git(root, 'checkout', '-q', '--detach');
    git(root, 'branch', '-q', '-D', 'main');
    const told: string[] = [];
    const pruning = pruneBeside({ repository, keep: 1, now }, (line) => told.push(line));
    await expect.poll(() => told.length).toBe(1);
    await pruning.end();
    expect(told[0]).toMatch(/^Old runs could not be removed: .*; this run goes on\. Try again with: oompa runs prune$/);
    expect(left()).toEqual([oldest, newest]);
  });

  it('costs nothing where there is nothing to do', async () => {
    for (const id of [oldest, newest]) lay(id);
    const repository = await opened();
    await pruneBeside({ repository, keep: 0, now }, () => undefined).end();
    expect(existsSync(join(root, '.oompa'))).toBe(false);
  });
});

describe('how many runs stay', () => {
  it('is 50 when nobody says', () => {
    const given = configOf({ workers: [{ name: 'a', harness: 'opencode' }] });
    expect(keepOf(given, { env: {}, stderr: () => undefined })).toBe(50);
  });
});
