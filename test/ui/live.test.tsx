import { EventEmitter } from 'node:events';
import { cleanup, render } from 'ink-testing-library';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { NewEvent } from '../../src/core/event.ts';
import { foldRun } from '../../src/core/fold-run.ts';
import { emptyRun } from '../../src/core/run-state.ts';
import { Screen, liveReporter } from '../../src/ui/live.tsx';
import { displayWidth } from '../../src/ui/text.ts';
import { at, exampleRun, exampleTime, exampleUntil } from '../rig/example-run.ts';
import { fakeClock } from './fake-clock.ts';

beforeAll(() => {
  process.env['TZ'] = 'UTC';
});
afterEach(cleanup);

function frame(second: number, size: { columns?: number; rows?: number; color?: boolean } = {}): string {
  const state = exampleUntil(second).reduce(foldRun, emptyRun);
  const now = exampleTime(second + 5);
  const { columns = 80, rows = 40, color = false } = size;
  return render(<Screen state={state} columns={columns} rows={rows} color={color} now={now} />).lastFrame() ?? '';
}

describe('the live view', () => {
  it('shows what every worker does, the queue, what landed and who waits for a person', () => {
    expect(frame(150)).toMatchInlineSnapshot(`
      "oompa  run 20261120T140159-k3f9 · main 1a2b3c4 · 4 workers · 02:35

        builders-1  idle

        builders-2  fix-parser       turn 1, opencode kimi-k2.5         02:34      0
                    edit src/parser.ts
        builders-3  rename-keys      verify: npm test                   01:15     7k

        fast-1      idle


        queue    7 pending   3 current   2 complete   0 failed   1 blocked
        landed   14:04:01  add-login        2 rounds  9f2e1ac  Add a login form
        held     ui-theme: uncommitted changes in your checkout: src/app.css
        asks     billing: Which currency do stored prices use?
                 oompa tasks answer billing "…"
        spent    $0.22 of $20.00 · 37k tokens"
    `);
  });

  it('shows who waits, and for how long', () => {
    expect(frame(480)).toContain('  fast-1      waiting 01:05 for the rate limit of codex gpt-5.3\n');
  });

  it('shows that a check waits for those of other runs', () => {
    const waiting: NewEvent = {
      type: 'verify:waiting',
      ...{ worker: 'builders-3', task: 'rename-keys', iteration: 2, why: 'for other checks' },
    };
    const state = [...exampleUntil(150), at(150, waiting)].reduce(foldRun, emptyRun);
    const view = render(<Screen state={state} columns={80} rows={40} color={false} now={exampleTime(155)} />);
    expect(view.lastFrame()).toMatch(/^ {2}builders-3 {2}rename-keys {6}waiting for other checks {2}/m);
  });

  it('keeps every worker on its line from the first event to the last', () => {
    const lines = new Set<string>();
    for (const { at: time } of exampleRun) {
      const names = frame((Date.parse(time) - Date.parse(exampleTime(0))) / 1000)
        .split('\n')
        .map((line, index) =>
          /^ {2}(builders-\d|fast-1)/.exec(line) === null ? '' : `${String(index)} ${line.slice(0, 12)}`,
        );
      lines.add(names.filter((name) => name !== '').join());
    }
    expect([...lines]).toEqual(['2   builders-1,4   builders-2,6   builders-3,8   fast-1    ']);
  });

  it.each([40, 60, 80, 200])('fits %d columns', (columns) => {
    const widths = frame(150, { columns }).split('\n').map(displayWidth);
    expect(Math.max(...widths)).toBeLessThanOrEqual(Math.min(columns, 100));
  });

  it.each([24, 15, 12])('fits %d rows: first what agents say goes, then workers', (rows) => {
    expect(frame(150, { rows }).split('\n').length).toBeLessThan(rows);
  });

  it('says how many workers are not shown', () => {
    const workers = Array.from({ length: 64 }, (_, index) => ({
      name: `w-${String(index)}`,
      pool: 'w',
      harness: 'codex',
    }));
    const started = { ...exampleRun[0], workers } as NewEvent;
    const state = [at(0, started)].reduce(foldRun, emptyRun);
    const text = render(<Screen state={state} columns={80} rows={24} color={false} now={exampleTime(1)} />).lastFrame();
    expect(text).toMatch(/… and \d+ more workers/);
    expect(text?.split('\n').length).toBeLessThan(24);
  });

  it('has colour only where it is wanted', () => {
    expect(frame(150)).not.toContain('\u001b[');
    expect(frame(150, { color: true })).toContain('\u001b[33mheld');
  });

  it('says that the run takes no new tasks', () => {
    const state = [...exampleUntil(60), at(60, { type: 'run:draining', why: 'Ctrl-C' })].reduce(foldRun, emptyRun);
    const text = render(
      <Screen state={state} columns={80} rows={40} color={false} now={exampleTime(61)} />,
    ).lastFrame();
    expect(text?.split('\n')[1]).toBe('       takes no new tasks: Ctrl-C');
  });

  it('shows nothing that an agent could use against the terminal', () => {
    const of = { worker: 'builders-1', task: 'add-login', iteration: 1, turn: 1 };
    const said = at(9, { type: 'turn:said', ...of, text: '\u001b]0;mine\u0007\u001b[2Jhello\nthere' });
    const state = [...exampleUntil(9), said].reduce(foldRun, emptyRun);
    const text = render(<Screen state={state} columns={80} rows={40} color={false} now={exampleTime(9)} />).lastFrame();
    expect(text).toContain('              hello there\n');
    expect(text).not.toContain('\u001b');
  });
});

describe('the reporter on a terminal', () => {
  /** A terminal that remembers what was written to it. */
  function terminal() {
    const writes: string[] = [];
    const write = (text: string) => writes.push(text) > 0;
    const stdout = Object.assign(new EventEmitter(), { columns: 80, rows: 40, isTTY: true, write });
    return { writes, stdout: stdout as unknown as NodeJS.WriteStream };
  }

  it('draws nothing before the first event', () => {
    const { writes, stdout } = terminal();
    const clock = fakeClock(exampleTime(0));
    liveReporter({ stdout, color: false, folder: 'runs/x', clock });
    clock.pass(5000);
    expect(writes).toEqual([]);
    expect(clock.running()).toBe(0);
  });

  it('leaves its last frame, and prints the summary under it', async () => {
    const { writes, stdout } = terminal();
    const clock = fakeClock(exampleTime(0));
    const reporter = liveReporter({ stdout, color: false, folder: 'runs/x', clock });
    for (const event of exampleRun) reporter.event(event);
    clock.pass(1_500_000);
    await reporter.end();
    const text = writes.join('');
    const lastFrame = text.lastIndexOf('oompa  run 20261120T140159-k3f9');
    expect(text.indexOf('1 of 5 tasks failed', lastFrame)).toBeGreaterThan(lastFrame);
    expect(clock.running()).toBe(0);
  });

  it('writes nothing when there was no run', async () => {
    const { writes, stdout } = terminal();
    await liveReporter({ stdout, color: false, folder: 'runs/x' }).end();
    expect(writes).toEqual([]);
  });
});
