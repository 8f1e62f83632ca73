import { appendFileSync, mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { writeReport } from '../../../src/commands/report.ts';
import { reportCommand } from '../../../src/commands/runs/report.ts';
import { at, exampleRun, exampleUntil } from '../../rig/example-run.ts';
import { writeLongRun } from '../../rig/long-run.ts';
import { exampleId, writeExample } from '../../ui/report/example-report.ts';
import { recordRun } from '../recorded-run.ts';
import { temporaryFolder, temporaryRepository, testIo } from '../temporary.ts';

async function report(folder: string): Promise<string> {
  const written = await writeReport({ folder, shown: 'runs/x', isLive: false, now: new Date(), readingMs: Infinity });
  expect(written).toEqual({ kind: 'written', path: join(folder, 'report.html') });
  return readFileSync(join(folder, 'report.html'), 'utf8');
}

describe('oompa runs report', () => {
  it('writes the report of the newest run and prints where it is', async () => {
    const root = temporaryRepository();
    writeExample(root);
    const { io, printed } = testIo(root);
    expect(await reportCommand({}, io)).toBe(0);
    expect(printed).toEqual({ stdout: `runs/${exampleId}/report.html\n`, stderr: '' });
    expect(readFileSync(join(root, printed.stdout.trim()), 'utf8')).toContain(
      '1 of 10 tasks failed, 1 asks you, 1 held',
    );
  });

  it('says which run there is none of', async () => {
    const root = temporaryRepository();
    const { io, printed } = testIo(root);
    expect(await reportCommand({ run: 'nope' }, io)).toBe(2);
    expect(printed.stderr).toBe('No run yet. Start one with: oompa swarm\n');
  });

  it('tells a run that goes on from one that was cut off', async () => {
    const root = temporaryRepository();
    recordRun(root, { id: '20261121T140159-dead', events: exampleUntil(150), owner: 'gone' });
    recordRun(root, { id: '20261122T140159-live', events: exampleUntil(150), owner: 'this' });
    for (const [run, word] of [
      ['dead', 'Cut off, 1 of 5 tasks'],
      ['live', 'Going on, 1 of 5 tasks'],
    ] as const) {
      const { io, printed } = testIo(root);
      expect(await reportCommand({ run }, io)).toBe(0);
      expect(readFileSync(join(root, printed.stdout.trim()), 'utf8')).toContain(word);
    }
  });
});

describe('the report', () => {
  it('replaces an older one in one step, and leaves nothing else behind', async () => {
    const folder = writeExample(temporaryFolder());
    const before = readdirSync(folder);
    await report(folder);
    await report(folder);
    expect(readdirSync(folder).sort()).toEqual([...before, 'report.html'].sort());
  });

  it('says why it could not be written, and throws nothing', async () => {
    const folder = writeExample(temporaryFolder());
    mkdirSync(join(folder, 'report.html', 'in the way'), { recursive: true });
    const written = await writeReport({ folder, shown: 'runs/x', isLive: false, now: new Date(), readingMs: Infinity });
    expect(written).toMatchObject({ kind: 'failed' });
    expect(written.kind === 'failed' && written.message).toMatch(
      new RegExp(`^the report could not be written: .*; what it would say: oompa runs show ${exampleId}$`),
    );
    expect(readdirSync(folder).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });

  it('can be made of a log without reviews, diffs and transcripts on the disk, and of one that tells nothing', async () => {
    const workspace = temporaryFolder();
    recordRun(workspace, { id: 'bare', events: exampleRun, owner: 'gone' });
    expect(await report(join(workspace, 'runs', 'bare'))).toContain(
      'reviews/builders-1-i1-r1.md is not there any more.',
    );
    recordRun(workspace, { id: 'empty', events: [], owner: 'gone' });
    expect(await report(join(workspace, 'runs', 'empty'))).toContain('A run that wrote nothing into its log');
  });

  it('reads over what is no event, or one of another version', async () => {
    const folder = writeExample(temporaryFolder());
    const foreign = [
      { type: 'turn:ended', worker: 3 },
      { type: 'new:kind' },
      { type: 'review:ended', worker: 'builders-1' },
    ];
    const lines = foreign.map((event) => JSON.stringify({ at: '2026-11-20T14:30:00.000Z', ...event }));
    appendFileSync(join(folder, 'events.jsonl'), `${lines.join('\n')}\n{"at":"2026-1`);
    expect(await report(folder)).toContain('1 of 10 tasks failed');
  });

  it('neither reads nor links what a changed log names outside of the run', async () => {
    const workspace = temporaryFolder({ 'secret.md': 'the secret' });
    const events = exampleRun.map((event) =>
      event.type === 'review:ended' ? { ...event, log: '../../secret.md', diff: 'javascript:alert(1)' } : event,
    );
    recordRun(workspace, { id: 'changed', events, owner: 'gone' });
    const page = await report(join(workspace, 'runs', 'changed'));
    expect(page).not.toContain('the secret');
    expect(page).not.toMatch(/href="(\.\.|javascript)/);
  });

  it('shows the beginning of a long review, and leads to the rest', async () => {
    const folder = writeExample(temporaryFolder());
    const path = 'reviews/builders-1-i1-r1.md';
    writeFileSync(
      join(folder, path),
      `---\nverdict: approved\n---\nbegins here ${'wörter '.repeat(100_000)} ends here\n`,
    );
    const page = await report(folder);
    expect(page).toContain('begins here');
    expect(page).not.toContain('ends here');
    expect(page).toContain(`… cut: see <a class="file" href="${path}">${path}</a>`);
  });

  it('has a budget of a few megabytes: what is needed first comes first, the rest is linked', async () => {
    const { folder } = await writeLongRun(temporaryFolder(), { events: 20_000 });
    for (const name of readdirSync(join(folder, 'reviews'))) {
      writeFileSync(join(folder, 'reviews', name), `line of ${name}\n`.repeat(800));
    }
    const page = await report(folder);
    expect(statSync(join(folder, 'report.html')).size).toBeLessThan(14_000_000);
    expect(page).toContain('Left out here, as this report is long: see <a class="file" href="reviews/');
  });

  it('links what there is no time to read', async () => {
    const folder = writeExample(temporaryFolder());
    await writeReport({ folder, shown: 'runs/x', isLive: false, now: new Date(), readingMs: 0 });
    const page = readFileSync(join(folder, 'report.html'), 'utf8');
    expect(page.match(/Left out here/g)).toHaveLength(2 * 9);
    expect(page).toContain('href="reviews/builders-1-i1-r1.md"');
  });

  it('has every round of a long run', async () => {
    const { folder } = await writeLongRun(temporaryFolder(), { events: 5000 });
    const rounds = readFileSync(join(folder, 'events.jsonl'), 'utf8').match(/"type":"review:ended"/g)?.length;
    const page = await report(folder);
    expect(page.match(/<details class="fold round">/g)).toHaveLength(rounds ?? 0);
    expect(page).not.toContain('Left out here');
  });

  it('words what happens to events of any order', async () => {
    const workspace = temporaryFolder();
    recordRun(workspace, {
      id: 'odd',
      events: [at(5, { type: 'run:ended', why: 'dry', pending: 0 }), ...exampleRun.slice(4)],
      owner: 'gone',
    });
    expect(await report(join(workspace, 'runs', 'odd'))).toContain('fix-parser');
  });
});
