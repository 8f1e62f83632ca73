import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { showReviews } from '../../../src/commands/runs/review.ts';
import { showRun } from '../../../src/commands/runs/show.ts';
import type { RunEvent } from '../../../src/core/event.ts';
import { exampleRun } from '../../rig/example-run.ts';
import { recordRun } from '../recorded-run.ts';
import { temporaryRepository, testIo } from '../temporary.ts';

beforeAll(() => {
  process.env['TZ'] = 'UTC';
});

let root: string;
beforeEach(() => {
  root = temporaryRepository();
});

async function reviews(options: Parameters<typeof showReviews>[0], color = false) {
  const { io, printed } = testIo(root);
  return { code: await showReviews(options, { ...io, color }), ...printed };
}

const older = '20261119T140159-k3f9';
const newer = '20261120T140159-k3f9';

/** A run of the example whose reviews of add-login have their texts and diffs on disk. */
function recordReviewed(id: string): void {
  const withDiff = (event: RunEvent): RunEvent =>
    event.type === 'review:ended' ? { ...event, diff: event.log.replace('.md', '.diff') } : event;
  recordRun(root, { id, events: exampleRun.map(withDiff), owner: 'gone' });
  const files = {
    'builders-1-i1-r1.md': `---\nverdict: needs-changes\n---\nThe logout handler leaves the cookie.\n\n${'long '.repeat(40)}\n\u001b[2Jrubbed out\n`,
    'builders-1-i1-r1.diff': fileDiff('src/login.ts', ['+one', '+two']),
    'builders-1-i1-r2.md': '---\nverdict: approved\n---\nThe cookie is cleared now.\n',
    'builders-1-i1-r2.diff': fileDiff('src/session.ts', ['-end();', '+clear(\u202ecookie);']),
  };
  const folder = join(root, 'runs', id, 'reviews');
  mkdirSync(folder, { recursive: true });
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
}

type Reviewed = Extract<RunEvent, { type: 'review:ended' }>;

/** A run of the example with these events in the place of each of its reviews. No file of a review is there. */
function recordAsked(told: (event: Reviewed) => Reviewed[]): void {
  const events = exampleRun.flatMap((event): RunEvent[] => (event.type === 'review:ended' ? told(event) : [event]));
  recordRun(root, { id: newer, events: [], owner: 'gone' });
  writeFileSync(
    join(root, 'runs', newer, 'events.jsonl'),
    events.map((event) => `${JSON.stringify(event)}\n`).join(''),
  );
}

function fileDiff(path: string, lines: readonly string[]): string {
  return [`diff --git a/${path} b/${path}`, `--- a/${path}`, `+++ b/${path}`, '@@ -1 +1,2 @@', ...lines, ''].join('\n');
}

describe('oompa runs review', () => {
  it('prints all rounds of a task: verdicts, the reviews as written, and what changed between them', async () => {
    recordReviewed(newer);
    const { code, stdout } = await reviews({ task: 'add-login' });
    expect(code).toBe(0);
    expect(stdout.replace(/(long )+long/, 'long …')).toMatchInlineSnapshot(`
      "add-login  Add a login form  landed  run 20261120T140159-k3f9

      builders-1, iteration 1, attempt 1

      what was reviewed: 1 file +2 −0, runs/20261120T140159-k3f9/reviews/builders-1-i1-r1.diff

      round 1  needs changes  claude sonnet  14:03:03  20 s  440 tokens  $0.01
      runs/20261120T140159-k3f9/reviews/builders-1-i1-r1.md

      The logout handler leaves the cookie.

      long … 
      rubbed out

      what changed since round 1: 1 file +1 −1, runs/20261120T140159-k3f9/reviews/builders-1-i1-r2.diff
      diff --git a/src/session.ts b/src/session.ts
      --- a/src/session.ts
      +++ b/src/session.ts
      @@ -1 +1,2 @@
      -end();
      +clear(�cookie);

      round 2  approved  claude sonnet  14:03:55  20 s  440 tokens  $0.01
      runs/20261120T140159-k3f9/reviews/builders-1-i1-r2.md

      The cookie is cleared now.
      "
    `);
  });

  it('keeps the lines of a review as long as they are', async () => {
    recordReviewed(newer);
    const { stdout } = await reviews({ task: 'add-login' });
    expect(stdout).toContain(`\n${'long '.repeat(39)}long`);
  });

  it('paints diffs and verdicts where there is colour, and obeys no sequence of an agent', async () => {
    recordReviewed(newer);
    const { stdout } = await reviews({ task: 'add-login' }, true);
    expect(stdout).toContain('\u001b[31m-end();\u001b[39m');
    expect(stdout).toContain('\u001b[33mneeds changes\u001b[39m');
    expect(stdout).not.toContain('\u001b[2J');
    expect(stdout).not.toContain('\u202e');
  });

  it('shows once what a round looked at, however many reviewers were asked', async () => {
    recordAsked((event) => [
      { ...event, verdict: 'failed', diff: `reviews/${String(event.round)}.diff` },
      { ...event, try: 2, log: event.log.replace('.md', '-2.md'), diff: `reviews/${String(event.round)}.diff` },
    ]);
    const { stdout } = await reviews({ task: 'add-login' });
    const lines = stdout.split('\n').filter((line) => /^(what|round)/.test(line));
    expect(lines.map((line) => line.replace(/ {2}claude.*/, ''))).toEqual([
      `what was reviewed: runs/${newer}/reviews/1.diff can not be read`,
      'round 1  failed',
      'round 1, try 2  needs changes',
      `what changed since round 1: runs/${newer}/reviews/2.diff can not be read`,
      'round 2  failed',
      'round 2, try 2  approved',
    ]);
  });

  it('says when the agent had changed nothing since the round before', async () => {
    recordAsked((event) => [
      { ...event, commit: '77ac01e0aa', ...(event.round === 1 ? { diff: 'reviews/1.diff' } : {}) },
    ]);
    expect((await reviews({ task: 'add-login' })).stdout).toContain('\nwhat changed since round 1: nothing\n');
  });

  it('reads no file but those of the run', async () => {
    writeFileSync(join(root, 'secret.md'), 'top secret');
    recordAsked((event) => [{ ...event, log: '../../secret.md', diff: '../../secret.md' }]);
    expect((await reviews({ task: 'add-login' })).stdout).not.toContain('top secret');
  });

  it('passes over a review of a foreign shape, and takes a verdict that it does not know as it is', async () => {
    recordAsked((event) =>
      event.round === 1
        ? [{ ...event, log: undefined, usage: undefined } as never]
        : [{ ...event, verdict: 'unsure' as never }],
    );
    const { code, stdout } = await reviews({ task: 'add-login' });
    expect(code).toBe(0);
    expect(stdout).toContain('round 2  unsure  claude sonnet');
    expect(stdout).not.toMatch(/round 1 |undefined/);
  });

  it('leaves out what changed when asked to', async () => {
    recordReviewed(newer);
    const { stdout } = await reviews({ task: 'add-login', diff: false });
    expect(stdout).toContain('round 2  approved');
    expect(stdout).not.toContain('what changed');
  });

  it('says in a line that the files of a review are gone', async () => {
    recordRun(root, { id: newer, events: exampleRun, owner: 'gone' });
    const { code, stdout } = await reviews({ task: 'add-login' });
    expect(code).toBe(0);
    expect(stdout).toContain(
      'the logout handler leaves the cookie\nThe review itself is gone: its file can not be read.',
    );
    expect(stdout).toContain('what changed since round 1: not kept by the version that ran it');
  });

  it('takes the newest run that reviewed the task, or the one that is named', async () => {
    recordReviewed(older);
    recordRun(root, { id: newer, events: exampleRun.filter(({ type }) => type !== 'review:ended'), owner: 'gone' });
    expect((await reviews({ task: 'add-login' })).stdout).toContain(`run ${older}`);
    const named = await reviews({ task: 'add-login', run: newer });
    expect(named).toEqual({
      code: 2,
      stdout: '',
      stderr: `add-login was not reviewed in the run ${newer}. See what it did: oompa runs show ${newer} --task add-login\n`,
    });
  });

  it('gives the same as JSON', async () => {
    recordReviewed(newer);
    const { stdout } = await reviews({ task: 'add-login', json: true });
    expect(JSON.parse(stdout)).toMatchObject({
      run: newer,
      task: 'add-login',
      rounds: [
        { round: 1, verdict: 'needs-changes', text: expect.stringContaining('\u001b[2Jrubbed out') as string },
        { round: 2, verdict: 'approved', diff: `runs/${newer}/reviews/builders-1-i1-r2.diff` },
      ],
    });
  });

  it('says what there is instead of a task that it does not find', async () => {
    expect((await reviews({ task: 'add-login' })).stderr).toBe('No run yet. Start one with: oompa swarm\n');
    recordReviewed(newer);
    expect(await reviews({ task: 'add-logni' })).toEqual({
      code: 2,
      stdout: '',
      stderr: 'No run has had a task add-logni; did you mean `add-login`? See the tasks with: oompa tasks list --all\n',
    });
    expect((await reviews({ task: 'zzz', run: 'k3f9' })).stderr).toBe(
      `The run ${newer} has no task zzz. See what it did: oompa runs show ${newer}\n`,
    );
  });
});

describe('oompa runs show --task', () => {
  it('shows only that task', async () => {
    recordRun(root, { id: newer, events: exampleRun, owner: 'gone' });
    const { io, printed } = testIo(root);
    expect(await showRun({ task: 'add-login' }, io)).toBe(0);
    expect(printed.stdout).toContain('round 1   claude sonnet: needs changes: the logout handler');
    expect(printed.stdout).not.toContain('fix-parser');
  });

  it('names the task that was probably meant', async () => {
    recordRun(root, { id: newer, events: exampleRun, owner: 'gone' });
    const { io, printed } = testIo(root);
    expect(await showRun({ task: 'fixparser' }, io)).toBe(2);
    expect(printed.stderr).toContain(
      'has no task fixparser; did you mean `fix-parser`? See them with: oompa runs show',
    );
  });
});
