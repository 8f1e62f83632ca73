import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { beforeEach, describe, expect, it } from 'vitest';
import type { Io } from '../../../src/commands/io.ts';
import { addTask } from '../../../src/commands/tasks/add.ts';
import { answerTask } from '../../../src/commands/tasks/answer.ts';
import { lintTasks } from '../../../src/commands/tasks/lint.ts';
import { listTasks } from '../../../src/commands/tasks/list.ts';
import { requeueTasks } from '../../../src/commands/tasks/requeue.ts';
import { showTask } from '../../../src/commands/tasks/show.ts';
import { noFence, openFileQueue } from '../../../src/queue/file/file-queue.ts';
import { temporaryRepository, testIo, writeFiles } from '../temporary.ts';

let workspace: string;
beforeEach(() => {
  workspace = temporaryRepository({ 'deep/down/a.txt': '' });
});

/** What a command says, run in a subfolder of the workspace. */
async function say<T>(command: (options: T, io: Io) => Promise<number>, options: T) {
  const { io, printed } = testIo(join(workspace, 'deep/down'));
  const code = await command(options, { ...io, now: () => new Date('2026-11-20T14:03:41Z') });
  return { code, out: printed.stdout, err: printed.stderr };
}

const write = (path: string, text: string) => writeFiles(workspace, { [`tasks/${path}`]: text });
const read = (path: string) => readFileSync(join(workspace, 'tasks', path), 'utf8');

describe('oompa tasks list', () => {
  it('shows each state the way a person asks about it', async () => {
    write('pending/add-login.yaml', 'title: Add a login\nfiles: [src/login]\n');
    const now = () => new Date('2026-11-20T14:00:00Z');
    const queue = await openFileQueue({ workspace, fence: noFence, now });
    await queue.claim({ run: 'r', worker: 'builders-1' });
    queue.close();
    write('pending/fix-parser.yaml', 'title: x\ndepends_on: [rename-keys]\noompa: {attempts: 1}\n');
    write('pending/other-login.yaml', 'title: x\nfiles: [src]\n');
    write('pending/rename-keys.yaml', 'title: Rename the keys\n');
    write('pending/tidy-docs.yaml', 'title: x\npriority: 5\n');
    write('current/ui-theme.yaml', 'title: x\noompa: {outcome: held}\n');
    write('blocked/billing.yaml', 'title: x\noompa:\n  question: Which currency do stored prices use?\n');
    write('failed/old-importer.yaml', 'title: x\noompa: {outcome: review-unavailable, attempts: 3}\n');
    write('complete/done.yaml', 'title: It is done\noompa: {commit: 9f2e1ac4aaaa}\n');
    write('pending/api.yaml', 'title: x\nfiles:\n\t- y\n');
    expect((await say(listTasks, {})).out).toBe(
      `current    add-login     builders-1, 03:41
           ui-theme      held: approved, and waits for your checkout
pending    fix-parser    try 2 · after: rename-keys
           other-login   touches the same files as add-login
           rename-keys   Rename the keys
           tidy-docs     priority 5
blocked    billing       asks: Which currency do stored prices use?
failed     old-importer  review-unavailable, 3 tries
complete   1             (--all lists them)
unreadable api.yaml:3:1  a tab cannot begin a line of YAML
`,
    );
    expect((await say(listTasks, { all: true })).out).toContain('complete   done          9f2e1ac It is done\n');
  });

  it('gives the same as data', async () => {
    write('pending/a.yaml', 'title: A\n');
    write('pending/b.yaml', '');
    const { out, code } = await say(listTasks, { json: true });
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({
      tasks: [
        { task: { id: 'a', title: 'A' }, state: 'pending', path: 'tasks/pending/a.yaml', readiness: { kind: 'ready' } },
      ],
      unreadable: [{ path: 'tasks/pending/b.yaml', line: 1, column: 1 }],
    });
  });

  it('says what to do when there are none', async () => {
    expect((await say(listTasks, {})).out).toContain('oompa tasks add');
  });

  it('keeps to the width, and shows no escape sequence that a file holds', async () => {
    write('pending/a.yaml', `title: "\\e[31m${'long '.repeat(40)}"\n`);
    const { out } = await say(listTasks, {});
    expect(Math.max(...out.split('\n').map((line) => line.length))).toBeLessThanOrEqual(80);
    expect(out).not.toContain('\u001b');
  });

  it('needs a repository', async () => {
    rmSync(join(workspace, '.git'), { recursive: true });
    expect(await say(listTasks, {})).toMatchObject({ code: 2, out: '', err: expect.stringContaining('git') as string });
  });
});

describe('oompa tasks add', () => {
  it('writes a file that a person could have written', async () => {
    const { code, out } = await say(addTask, {
      title: 'Größe: add a "login" form',
      description: 'First\nsecond',
      acceptance: ['it works: always'],
      files: ['src/**'],
      dependsOn: ['a'],
      priority: 1,
    });
    expect(code).toBe(0);
    expect(out).toBe('tasks/pending/grosse-add-a-login-form.yaml\nStart with: oompa swarm\n');
    expect(read('pending/grosse-add-a-login-form.yaml')).toBe(`title: 'Größe: add a "login" form'
description: |-
  First
  second
acceptance:
  - "it works: always"
files:
  - src/**
depends_on:
  - a
priority: 1
`);
    expect((await say(lintTasks, {})).out).toContain('there is no such task');
  });

  it('says when the id was taken', async () => {
    write('failed/a.yaml', 'title: x');
    expect((await say(addTask, { title: 'x', id: 'a' })).out).toContain('tasks/pending/a-2.yaml (`a` exists already)');
    expect(read('pending/a-2.yaml')).toBe('title: x\n');
  });

  it.each([
    [{ title: '  ' }, 'needs a title'],
    [{ title: 'x', id: '../x' }, 'the id "../x" may hold only'],
    [{ title: 'x', priority: NaN }, '`--priority` takes a number'],
  ])('refuses %j', async (options, message) => {
    const { code, err, out } = await say(addTask, options);
    expect([code, out]).toEqual([2, '']);
    expect(err).toContain(message);
    expect(err).toContain('oompa tasks add');
  });

  it('finds a name for a title without Latin letters', async () => {
    expect((await say(addTask, { title: '登录' })).out).toContain('tasks/pending/task.yaml');
  });
});

describe('oompa tasks show', () => {
  it('shows what was written, what was noted, and the next command', async () => {
    write(
      'blocked/billing.yaml',
      'title: Store prices\ndescription: |\n  In cents?\n    indented\nacceptance: [one, two]\noompa:\n  question: Which currency?\n  feedback: |-\n    Round 1\n    bad\n',
    );
    expect((await say(showTask, { id: 'billing' })).out).toBe(`billing  blocked  tasks/blocked/billing.yaml
Store prices

  In cents?
    indented

  acceptance  one
              two
  question    Which currency?

feedback
  Round 1
  bad

oompa tasks answer billing "…"
`);
  });

  it('gives the same as data', async () => {
    write('pending/a.yaml', 'title: A\n');
    expect(JSON.parse((await say(showTask, { id: 'a', json: true })).out)).toMatchObject({ task: { id: 'a' } });
  });

  it('names the place when the file cannot be read', async () => {
    write('pending/a.yaml', 'titel: x\n');
    const { code, err } = await say(showTask, { id: 'a' });
    expect([code, err]).toEqual([
      1,
      'tasks/pending/a.yaml:1:1  unknown key `titel`; did you mean `title`?\nMend it, then check with: oompa tasks lint\n',
    ]);
  });

  it('guesses which task was meant', async () => {
    write('pending/fix-parser.yaml', 'title: x');
    const { code, err } = await say(showTask, { id: 'fix-praser' });
    expect([code, err]).toEqual([
      2,
      'There is no task `fix-praser`; did you mean `fix-parser`? See all with: oompa tasks list\n',
    ]);
  });
});

describe('oompa tasks lint', () => {
  it('is content with a sound queue', async () => {
    write('pending/a.yaml', 'title: x\ndepends_on: [b]\n');
    write('complete/b.yaml', 'title: x');
    expect(await say(lintTasks, {})).toEqual({ code: 0, out: '2 tasks, no problems\n', err: '' });
  });

  it('names unreadable files, duplicates, cycles and dependencies on nothing', async () => {
    write('pending/a.yaml', 'title: x\ndepends_on: [b]\n');
    write('pending/b.yaml', 'title: x\ndepends_on: [a]\n');
    write('pending/c.yaml', 'title: x\ndepends_on: [rename-kyes, broken]\n');
    write('pending/self.yaml', 'title: x\ndepends_on: [self]\n');
    write('pending/rename-keys.yaml', 'title: x\n');
    write('pending/broken.yaml', 'title: x\nprio: 1\n');
    write('pending/twin.yaml', 'title: x\n');
    write('failed/twin.json', '{"title": "x"}');
    const { code, out } = await say(lintTasks, {});
    expect(code).toBe(1);
    expect(out).toBe(`tasks/failed/twin.json:1:1  another file has the id \`twin\` too; rename one of them
tasks/pending/broken.yaml:2:1  unknown key \`prio\`
tasks/pending/twin.yaml:1:1  another file has the id \`twin\` too; rename one of them
tasks/pending/c.yaml  c waits for \`rename-kyes\`, but there is no such task; did you mean \`rename-keys\`?
tasks/pending/a.yaml  a waits for b waits for a: none of them can start
tasks/pending/self.yaml  self waits for itself
6 problems. Check again with: oompa tasks lint
`);
    const { problems } = JSON.parse((await say(lintTasks, { json: true })).out) as { problems: unknown[] };
    expect(problems).toHaveLength(6);
  });
});

describe('oompa tasks requeue', () => {
  it('puts failed and blocked tasks back', async () => {
    write('failed/a.yaml', 'title: x\noompa: {attempts: 3}\n');
    write('blocked/b.yaml', 'title: x\n');
    expect(await say(requeueTasks, { ids: ['a', 'b'] })).toMatchObject({
      code: 0,
      out: 'a is pending again\nb is pending again\n',
    });
    expect(read('pending/b.yaml')).toBe('title: x\n');
  });

  it('takes all failed ones', async () => {
    write('failed/a.yaml', 'title: x\n');
    write('failed/c.yaml', 'title: x\n');
    write('blocked/b.yaml', 'title: x\n');
    expect((await say(requeueTasks, { ids: [], failed: true })).out).toBe('a is pending again\nc is pending again\n');
    expect(await say(requeueTasks, { ids: [], failed: true })).toMatchObject({
      code: 0,
      out: 'No task has failed. See all with: oompa tasks list --all\n',
    });
  });

  it('says what cannot be put back, and puts the others back', async () => {
    write('failed/a.yaml', 'title: x\n');
    write('complete/b.yaml', 'title: x\n');
    const { code, out, err } = await say(requeueTasks, { ids: ['nothing', 'b', 'a'] });
    expect([code, out]).toEqual([2, 'a is pending again\n']);
    expect(err).toContain('There is no task `nothing`');
    expect(err).toContain('b is complete; only failed and blocked tasks can be put back. See: oompa tasks show b');
  });

  it('wants to know which', async () => {
    expect(await say(requeueTasks, { ids: [] })).toMatchObject({ code: 2 });
  });
});

describe('oompa tasks answer', () => {
  const answer = (id: string, text: string, ...stdin: (string | Uint8Array)[]) =>
    say(answerTask, { id, text, stdin: Readable.from(stdin) });

  it('notes the answer, puts the task back and says what comes next', async () => {
    write('blocked/billing.yaml', 'title: x # mine\noompa:\n  question: Which?\n');
    expect(await answer('billing', 'Cents.')).toEqual({
      code: 0,
      out: 'billing is pending again. The next swarm, or one that runs now, gives the answer to its next worker.\nStart with: oompa swarm\n',
      err: '',
    });
    expect(read('pending/billing.yaml')).toBe('title: x # mine\noompa:\n  question: Which?\n  answer: Cents.\n');
  });

  it('names the worker whose session asked, and leaves that session with the task', async () => {
    const session = '  session:\n    harness: codex\n    id: abc\n    worker: builders-2\n';
    write('blocked/a.yaml', `title: x\noompa:\n  question: Which?\n${session}`);
    expect((await answer('a', 'Cents.')).out).toContain('to builders-2, in the codex session that asked.');
    expect(read('pending/a.yaml')).toBe(`title: x\noompa:\n  question: Which?\n  answer: Cents.\n${session}`);
  });

  it('takes several lines, as they are', async () => {
    write('blocked/a.yaml', 'title: x\n');
    await answer('a', 'Cents:\n  - always\n\nnever: euros');
    expect(read('pending/a.yaml')).toBe(
      'title: x\noompa:\n  answer: |-\n    Cents:\n      - always\n\n    never: euros\n',
    );
  });

  it('takes them from standard input with -, characters that come in pieces too', async () => {
    write('blocked/a.yaml', 'title: x\n');
    const bytes = Buffer.from('Größe\nin cm\n');
    expect(await answer('a', '-', bytes.subarray(0, 3), bytes.subarray(3))).toMatchObject({ code: 0 });
    expect(read('pending/a.yaml')).toBe('title: x\noompa:\n  answer: |-\n    Größe\n    in cm\n');
  });

  it.each([
    ['failed', 'a has failed and asks nothing. Put it back with: oompa tasks requeue a\n'],
    ['pending', 'a is pending already and asks nothing. See: oompa tasks show a\n'],
    ['current', 'a is being worked on and asks nothing. See: oompa tasks show a\n'],
    ['complete', 'a is complete and asks nothing. See: oompa tasks show a\n'],
  ])('does not answer what asks nothing: %s', async (state, message) => {
    write(`${state}/a.yaml`, 'title: x\n');
    expect(await answer('a', 'Yes')).toEqual({ code: 2, out: '', err: message });
    expect(read(`${state}/a.yaml`)).toBe('title: x\n');
  });

  it('guesses which task was meant, and names the place of one that cannot be read', async () => {
    write('blocked/billing.yaml', 'title: x\n');
    write('blocked/broken.yaml', 'titel: x\n');
    expect((await answer('biling', 'Yes')).err).toContain('did you mean `billing`?');
    expect((await answer('broken', 'Yes')).err).toBe(
      'tasks/blocked/broken.yaml:1:1  unknown key `titel`; did you mean `title`?\nMend it, then check with: oompa tasks lint\n',
    );
  });

  it('wants an answer that is one, and that fits', async () => {
    write('blocked/a.yaml', 'title: x\n');
    for (const bad of [await answer('a', ' '), await answer('a', '-'), await answer('a', '-', '\n')]) {
      expect(bad).toMatchObject({ code: 2, out: '', err: expect.stringContaining('takes a text') as string });
    }
    expect((await answer('a', '-', 'x'.repeat(100_001))).err).toContain('longer than 100000 characters');
    expect(read('blocked/a.yaml')).toBe('title: x\n');
  });
});
