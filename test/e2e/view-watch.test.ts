import { spawn } from 'node:child_process';
import { appendFileSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { stringify } from 'yaml';
import type { NewEvent, RunEvent } from '../../src/core/event.ts';
import { identityOf } from '../../src/system/process-identity.ts';
import { displayWidth } from '../../src/ui/text.ts';
import { recordRun } from '../commands/recorded-run.ts';
import { temporaryRepository } from '../commands/temporary.ts';
import { at, exampleRun, exampleUntil } from '../rig/example-run.ts';
import { describeWithTmux, oompaCommand, openTerminal } from '../rig/tmux.ts';

const [over, cutOff, live] = ['20261120T140159-over', '20261120T140159-half', '20261120T140159-live'];

/** The events as those of another run. */
function asRun(run: string, events: readonly RunEvent[]): RunEvent[] {
  return events.map((event) => (event.type === 'run:started' ? { ...event, run } : event));
}

/** A run that goes on as long as a process that does nothing. */
function recordLive(workspace: string, events: readonly RunEvent[]): { readonly folder: string } {
  const sleeper = spawn('sleep', ['300'], { stdio: 'ignore' });
  onTestFinished(() => void sleeper.kill());
  recordRun(workspace, { id: live, events: asRun(live, events), owner: 'gone' });
  const folder = join(workspace, 'runs', live);
  const { pid = 0 } = sleeper;
  const owner = { pid, pid_start: identityOf(pid)?.start, host: hostname() };
  writeFileSync(join(folder, 'run.yaml'), stringify({ run: live, ...owner }));
  return { folder };
}

const isDrawn = (screen: string) => screen.endsWith('? keys');
const isShell = (screen: string) => screen.endsWith('\n$');
const alone = 'env -u CI -u NO_COLOR';

describeWithTmux('oompa watch on a terminal', () => {
  it('shows a run that is over, at any size, and leaves the terminal as it was', async () => {
    const workspace = temporaryRepository();
    recordRun(workspace, { id: over, events: asRun(over, exampleRun), owner: 'gone' });
    const terminal = await openTerminal({ cwd: workspace, columns: 80, rows: 24 });
    await terminal.type(`${alone} ${oompaCommand('watch', 'over')}`);
    const small = await terminal.until(isDrawn);
    expect(small).toMatchInlineSnapshot(`
      "oompa  run 20261120T140159-over · main 1a2b3c4 · 4 workers · 25:00
             1 of 5 tasks failed, 1 asks you, 1 held
        builders-1  idle

        builders-2  idle

        builders-3  idle

        fast-1      waiting 18:00 for the rate limit of codex gpt-5.3


        queue    0 pending   1 current   3 complete   1 failed   1 blocked
        landed   14:04:01  add-login        2 rounds  9f2e1ac  Add a login form
                 14:07:06  rename-keys      1 round   4f1c2ab  Rename the config ke…
        failed   fix-parser: opencode was silent for too long: no output for 5 min
        held     ui-theme: uncommitted changes in your checkout: src/app.css
        asks     billing: Which currency do stored prices use?
                 oompa tasks answer billing "…"
        spent    $0.30 of $20.00 · 54k tokens
        next     oompa runs show 20261120T140159-over
                 oompa tasks requeue fix-parser · oompa land

        ↑↓ worker   enter transcript   d diff   r reviews   q leave   ? keys"
    `);
    for (const event of exampleRun) {
      if (event.type === 'landing:landed') expect(small).toContain(`${event.task} `.padEnd(17));
      if (event.type === 'landing:landed') expect(small).toContain(event.commit.slice(0, 7));
    }
    expect(await terminal.painted()).toContain('\u001b[32m14:04:01');
    await terminal.resize(200, 50);
    const large = await terminal.until((screen) => screen.split('\n').length === 49 && isDrawn(screen));
    expect(large).toMatchInlineSnapshot(`
      "oompa  run 20261120T140159-over · main 1a2b3c4 · 4 workers · 25:00
             1 of 5 tasks failed, 1 asks you, 1 held
        builders-1  idle

        builders-2  idle

        builders-3  idle

        fast-1      waiting 18:00 for the rate limit of codex gpt-5.3


        queue    0 pending   1 current   3 complete   1 failed   1 blocked
        landed   14:04:01  add-login        2 rounds  9f2e1ac  Add a login form
                 14:07:06  rename-keys      1 round   4f1c2ab  Rename the config keys
        failed   fix-parser: opencode was silent for too long: no output for 5 min
        held     ui-theme: uncommitted changes in your checkout: src/app.css
        asks     billing: Which currency do stored prices use?   oompa tasks answer billing "…"
        spent    $0.30 of $20.00 · 54k tokens
        next     oompa runs show 20261120T140159-over · oompa tasks requeue fix-parser · oompa land





























        ↑↓ worker   enter transcript   d diff   r reviews   q leave   ? keys"
    `);
    await terminal.resize(50, 16);
    const narrow = await terminal.until((screen) => screen.split('\n').length === 15);
    expect(Math.max(...narrow.split('\n').map(displayWidth))).toBeLessThanOrEqual(50);
    await terminal.resize(80, 24);
    expect(await terminal.until((screen) => screen === small)).toBe(small);
    await terminal.press('q');
    const left = await terminal.until(isShell);
    expect(left).toContain('oompa tasks requeue fix-parser · oompa land');
    expect(await terminal.fact('#{alternate_on} #{cursor_flag}')).toBe('0 1');
    await terminal.type('stty -a');
    expect(await terminal.until(isShell)).toMatch(/\sicanon .*\secho /s);
  });

  it('shows a run that was cut off, without any colour where none is wanted', async () => {
    const workspace = temporaryRepository();
    recordRun(workspace, { id: cutOff, events: asRun(cutOff, exampleUntil(150)), owner: 'gone' });
    const terminal = await openTerminal({ cwd: workspace, columns: 80, rows: 24 });
    await terminal.type(`env -u CI NO_COLOR=1 ${oompaCommand('watch')}`);
    expect(await terminal.until(isDrawn)).toMatchInlineSnapshot(`
      "oompa  run 20261120T140159-half · main 1a2b3c4 · 4 workers · 02:21
             cut off, 1 of 5 tasks asks you, 1 held, 2 unfinished
        builders-1  idle

        builders-2  fix-parser       turn 1, opencode kimi-k2.5         02:20      0
                    edit src/parser.ts
        builders-3  rename-keys      verify: npm test                   01:01     7k

        fast-1      idle


        queue    7 pending   3 current   2 complete   0 failed   1 blocked
        landed   14:04:01  add-login        2 rounds  9f2e1ac  Add a login form
        held     ui-theme: uncommitted changes in your checkout: src/app.css
        asks     billing: Which currency do stored prices use?
                 oompa tasks answer billing "…"
        spent    $0.22 of $20.00 · 37k tokens
        next     oompa runs show 20261120T140159-half · oompa land · oompa swarm




        ↑↓ worker   enter transcript   d diff   r reviews   q leave   ? keys"
    `);
    await terminal.press('Down');
    await terminal.until((screen) => screen.includes('\n> builders-1'));
    expect(await terminal.painted()).not.toContain('\u001b');
    await terminal.press('C-c');
    await terminal.until(isShell);
    for (const setting of ['TERM=dumb', 'CONTINUOUS_INTEGRATION=true']) {
      await terminal.type(`${setting} ${oompaCommand('watch')}`);
      expect(await terminal.until(isShell)).toContain('log: runs/20261120T140159-half/events.jsonl');
      expect(await terminal.fact('#{alternate_on}')).toBe('0');
    }
  });

  it('is suspended by Ctrl-Z as any program, and goes on where it was', async () => {
    const workspace = temporaryRepository();
    recordRun(workspace, { id: over, events: asRun(over, exampleRun), owner: 'gone' });
    const terminal = await openTerminal({ cwd: workspace, columns: 80, rows: 24 });
    await terminal.type(`${alone} ${oompaCommand('watch')}`);
    await terminal.until(isDrawn);
    await terminal.press('Down');
    const drawn = await terminal.until((screen) => screen.includes('\n> builders-1'));
    await terminal.press('C-z');
    await terminal.until(isShell);
    expect(await terminal.fact('#{alternate_on} #{cursor_flag}')).toBe('0 1');
    await terminal.type('stty -a');
    expect(await terminal.until(isShell)).toMatch(/\sicanon .*\secho /s);
    await terminal.type('fg');
    await terminal.until((screen) => screen === drawn);
    await terminal.press('Down');
    await terminal.until((screen) => screen.includes('\n> builders-2'));
    await terminal.press('q');
    await terminal.until(isShell);
  });

  it('opens transcript, diff and reviews of a live run, follows it, and asks it to stop', async () => {
    const workspace = temporaryRepository();
    const { folder } = recordLive(workspace, exampleUntil(100));
    const transcript = join(folder, 'turns', 'builders-1-i1-t2.stdout');
    const say = (text: string) =>
      appendFileSync(transcript, `${JSON.stringify({ type: 'text', part: { type: 'text', text } })}\n`);
    for (let line = 1; line <= 60; line++) say(`thought number ${String(line)}`);
    writeFileSync(join(folder, 'reviews', 'builders-1-i1-r1.md'), '---\nverdict: x\n---\nThe cookie\n  stays.\n');
    const terminal = await openTerminal({ cwd: workspace, columns: 80, rows: 24 });
    await terminal.type(`${alone} ${oompaCommand('watch')}`);
    expect(await terminal.until(isDrawn)).not.toContain('\n> ');

    await terminal.press('Down', 'Enter');
    await terminal.until((screen) => screen.includes('thought number 60'));
    say('and one more\u001b]0;mine\u0007');
    const followed = await terminal.until((screen) => screen.includes('and one more'));
    expect(followed).toMatch(/^builders-1 · add-login · transcript +\d+–\d+ of \d+, the end\n/);
    await terminal.press('Home');
    expect(await terminal.until((screen) => screen.includes(' 1–'))).toContain('turn 1, opencode kimi-k2.5');
    await terminal.press('r');
    const reviews = await terminal.until((screen) => screen.includes('The cookie'));
    expect(reviews).toContain('round 1: needs changes · claude sonnet, 20 s, 440 tokens\nThe cookie\n  stays.\n');
    await terminal.press('d');
    await terminal.until((screen) => screen.includes('no change of add-login can be seen yet'));
    await terminal.press('Escape');
    await terminal.until((screen) => isDrawn(screen) && screen.includes('\n> builders-1'));

    const rest = exampleRun.slice(exampleUntil(100).length, exampleUntil(130).length);
    appendFileSync(join(folder, 'events.jsonl'), rest.map((event) => `${JSON.stringify(event)}\n`).join(''));
    await terminal.until((screen) => screen.includes('  landed   14:04:01  add-login'));
    await terminal.press('s');
    expect(await terminal.until((screen) => screen.endsWith('n no'))).toContain('finish and stop this run?');
    await terminal.press('y');
    await terminal.until((screen) => screen.includes(`run ${live} is asked to stop`));
    // What plays the run ends at once, without a word in its log.
    await terminal.until((screen) => screen.includes('\n       cut off, '));
    await terminal.press('q');
    expect(await terminal.until(isShell)).not.toContain('The run goes on');
  });

  it('shows 20 workers in 80×24, the chosen one always', async () => {
    const workspace = temporaryRepository();
    const names = Array.from({ length: 20 }, (_, index) => `builders-${String(index + 1)}`);
    const workers = names.map((name) => ({ name, pool: 'builders', harness: 'opencode' }));
    const started = { ...exampleRun[0], workers } as NewEvent;
    const claims = names.map((worker, index) => {
      const of = { worker, task: `task-${String(index + 1)}`, iteration: 1 };
      return at(1, { type: 'task:claimed', ...of, title: 'T', generation: 1, attempt: 1, from: 'pending' });
    });
    recordLive(workspace, [at(0, started), ...claims]);
    const terminal = await openTerminal({ cwd: workspace, columns: 80, rows: 24 });
    await terminal.type(`${alone} ${oompaCommand('watch')}`);
    const first = await terminal.until(isDrawn);
    expect(first.split('\n')).toHaveLength(23);
    expect(first).toContain('\n  … and 8 more workers\n');
    await terminal.press('Up');
    const last = await terminal.until((screen) => screen.includes('\n> builders-20 '));
    expect(last.split('\n')).toHaveLength(23);
    await terminal.press(...names.slice(1).map(() => 'k'));
    await terminal.until((screen) => screen.includes('\n> builders-1 '));
    await terminal.press('q');
    expect(await terminal.until(isShell)).toContain(`The run goes on. Look again with: oompa watch live`);
  });
});
