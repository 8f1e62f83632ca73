import { beforeAll, describe, expect, it } from 'vitest';
import type { NewEvent, RunEvent } from '../../../src/core/event.ts';
import { foldRun } from '../../../src/core/fold-run.ts';
import { emptyRun } from '../../../src/core/run-state.ts';
import { painter } from '../../../src/ui/paint.ts';
import type { ScreenSize } from '../../../src/ui/screen.ts';
import { screenLines } from '../../../src/ui/screen.ts';
import { displayWidth } from '../../../src/ui/text.ts';
import { at, exampleRun, exampleTime, exampleUntil } from '../../rig/example-run.ts';

beforeAll(() => {
  process.env['TZ'] = 'UTC';
});

interface Size extends Partial<Omit<ScreenSize, 'paint' | 'now'>> {
  readonly color?: boolean;
}

/** The screen of the example, 5 seconds after that second of it. */
function frame(second: number, size: Size = {}): string {
  return frameOf(exampleUntil(second), second + 5, size);
}

function frameOf(events: readonly RunEvent[], second: number, { color = false, ...size }: Size = {}): string {
  const given = { columns: 80, rows: 39, ...size, paint: painter(color), now: exampleTime(second) };
  return screenLines(events.reduce(foldRun, emptyRun), given).join('\n');
}

/** The beginning of a run of so many workers. */
function begun(count: number): RunEvent[] {
  const workers = Array.from({ length: count }, (_, index) => ({
    name: `w-${String(index + 1)}`,
    pool: 'w',
    harness: 'codex',
  }));
  return [at(0, { ...exampleRun[0], workers } as NewEvent)];
}

describe('the screen of a run', () => {
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
    expect(frameOf([...exampleUntil(150), at(150, waiting)], 155)).toMatch(
      /^ {2}builders-3 {2}rename-keys {6}waiting for other checks {2}/m,
    );
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
    expect(frame(150, { rows }).split('\n').length).toBeLessThanOrEqual(rows);
  });

  it('shows 20 workers in 80×24, one line each, and counts those that do not fit', () => {
    const lines = frameOf(begun(20), 1, { rows: 21 }).split('\n');
    expect(lines.length).toBeLessThanOrEqual(21);
    expect(lines.filter((line) => line.startsWith('  w-'))).toHaveLength(12);
    expect(lines).toContain('  … and 8 more workers');
  });

  it('always shows the chosen worker, and marks it', () => {
    for (let index = 1; index <= 20; index++) {
      const lines = frameOf(begun(20), 1, { rows: 21, chosen: `w-${String(index)}` }).split('\n');
      expect(lines.filter((line) => line.startsWith('> '))).toEqual([expect.stringMatching(`^> w-${String(index)} `)]);
    }
    expect(frameOf(begun(20), 1, { rows: 21, chosen: 'w-20' })).toContain('  … 8 more above, 0 below\n');
  });

  it('never moves a worker, however little room the rest has', () => {
    const linesOf = (events: readonly RunEvent[]) =>
      frameOf(events, 1500, { rows: 14 })
        .split('\n')
        .flatMap((line, index) => (/^ {2}(builders-\d|fast-1)/.test(line) ? [index] : []));
    for (let count = 1; count <= exampleRun.length; count++) {
      expect(linesOf(exampleRun.slice(0, count))).toEqual([2, 3, 4, 5]);
    }
  });

  it('says which limits agents are at, and which budgets are used up', () => {
    const limits: RunEvent[] = [
      at(100, { type: 'agent:limited', agent: 'codex gpt-5.3', why: 'rate-limited: 429', until: exampleTime(90) }),
      at(101, { type: 'agent:limited', agent: 'codex gpt-5.3', why: 'rate-limited: 429', until: exampleTime(400) }),
      at(102, { type: 'agent:limited', agent: 'claude sonnet', why: 'not asked any more in this run; auth: 401' }),
      at(103, {
        ...{ type: 'budget:reached', scope: 'run', name: '', what: 'cost', limit: 1, spent: 1.02, hard: false },
      }),
    ];
    const lines = frameOf([...exampleUntil(99), ...limits], 150).split('\n');
    expect(lines.slice(lines.findIndex((line) => line.startsWith('  limits'))).slice(0, 3)).toEqual([
      '  limits   codex gpt-5.3: rate-limited: 429, until 14:08:39',
      '           claude sonnet: not asked any more in this run; auth: 401',
      '           the run may cost no more than $1.00, and is at $1.02: no new turn…',
    ]);
    expect(frameOf([...exampleUntil(99), ...limits], 500)).not.toContain('codex gpt-5.3: rate-limited');
  });

  it('tells of a run that is over how it went and where to go on, at the time of its end', () => {
    const text = frameOf(exampleRun, 90_000, { life: 'ended' });
    expect(text).toContain('\n       1 of 5 tasks failed, 1 asks you, 1 held\n');
    expect(text).toContain('fast-1      waiting 18:00 for the rate limit');
    expect(text).toMatch(
      / {2}next {5}oompa runs show 20261120T140159-k3f9\n.*oompa tasks requeue fix-parser · oompa land$/,
    );
  });

  it('tells of a run that was cut off what the next one does about it', () => {
    const text = frameOf(exampleUntil(150), 90_000, { life: 'crashed' });
    expect(text).toContain('4 workers · 02:21\n       cut off, 1 of 5 tasks asks you');
    expect(text).toContain('· oompa swarm');
  });

  it('has colour only where it is wanted', () => {
    expect(frame(150)).not.toContain('\u001b[');
    expect(frame(150, { color: true })).toContain('\u001b[33mheld');
  });

  it('says that the run takes no new tasks', () => {
    const text = frameOf([...exampleUntil(60), at(60, { type: 'run:draining', why: 'Ctrl-C' })], 61);
    expect(text.split('\n')[1]).toBe('       takes no new tasks: Ctrl-C');
  });

  it('shows nothing that an agent could use against the terminal', () => {
    const of = { worker: 'builders-1', task: 'add-login', iteration: 1, turn: 1 };
    const said = at(9, { type: 'turn:said', ...of, text: '\u001b]0;mine\u0007\u001b[2Jhello\nthere' });
    const text = frameOf([...exampleUntil(9), said], 9);
    expect(text).toContain('              hello there\n');
    expect(text).not.toContain('\u001b');
  });
});
