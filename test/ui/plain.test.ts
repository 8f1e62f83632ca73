import { beforeAll, describe, expect, it } from 'vitest';
import type { RunEvent } from '../../src/core/event.ts';
import { jsonReporter } from '../../src/ui/json.ts';
import { painter } from '../../src/ui/paint.ts';
import { plainReporter } from '../../src/ui/plain.ts';
import { at, exampleRun, exampleTime } from '../rig/example-run.ts';
import { fakeClock } from './fake-clock.ts';

beforeAll(() => {
  process.env['TZ'] = 'UTC';
});

function open() {
  let text = '';
  const clock = fakeClock(exampleTime(0));
  const write = (more: string) => {
    text += more;
  };
  const reporter = plainReporter({ write, paint: painter(false), columns: () => 80, folder: 'runs/x', clock });
  return { clock, reporter, text: () => text };
}

function shown(events: readonly RunEvent[]): string {
  const { reporter, text } = open();
  for (const event of events) reporter.event(event);
  return text();
}

describe('the view of a run on a pipe', () => {
  it('has one line an event that a person cares about', () => {
    expect(shown(exampleRun)).toMatchInlineSnapshot(`
      "14:01:59 run     20261120T140159-k3f9: 4 workers, 12 tasks pending, main 1a2b3c4
      14:01:59 recover old-docs: its work is on main already; completed
      14:01:59 bad     tasks/pending/api.yaml:4:1 a tab cannot begin a line of YAML
      14:02:00 claim   builders-1 add-login: Add a login form
      14:02:00 claim   builders-2 fix-parser: Fix the parser of nested lists
      14:02:01 claim   builders-3 ui-theme: Add a dark theme
      14:02:02 claim   fast-1 billing: Store prices
      14:02:29 turn    fast-1 billing: turn 1 needs-input after 26 s, 3k tokens
      14:02:29 ask     fast-1 billing: Which currency do stored prices use? (oompa tasks answer billing "…")
      14:02:42 turn    builders-1 add-login: turn 1 ready after 41 s, 3 files, 12k tokens
      14:02:49 turn    builders-3 ui-theme: turn 1 ready after 47 s, 1 file, 9k tokens
      14:03:03 review  builders-1 add-login: round 1 needs changes: the logout handler leaves the cookie
      14:03:09 review  builders-3 ui-theme: round 1 approved
      14:03:13 held    builders-3 ui-theme: uncommitted changes in your checkout: src/app.css; then: oompa land
      14:03:19 claim   builders-3 rename-keys: Rename the config keys
      14:03:34 turn    builders-1 add-login: turn 2 ready after 31 s, 1 file, 5k tokens
      14:03:55 review  builders-1 add-login: round 2 approved
      14:03:59 turn    builders-3 rename-keys: turn 1 ready after 39 s, 1 file, 7k tokens
      14:04:01 verify  builders-1 add-login: npm test passed in 6 s
      14:04:01 land    builders-1 add-login: 9f2e1ac
      14:04:19 review  builders-3 rename-keys: round 1 approved
      14:05:59 verify  builders-3 rename-keys: npm test failed after 99 s: exit code 1
      14:06:19 turn    builders-3 rename-keys: turn 2 ready after 19 s, 2k tokens
      14:06:21 merge   builders-3 rename-keys: conflicts with main in src/config.ts
      14:06:59 turn    builders-3 rename-keys: turn 3 ready after 37 s, 2k tokens
      14:07:06 verify  builders-3 rename-keys: npm test passed in 6 s
      14:07:06 land    builders-3 rename-keys: 4f1c2ab
      14:07:31 turn    builders-2 fix-parser: turn 1 failed after 6 min, 4k tokens: opencode was silent for too long: no output for 5 min
      14:07:32 back    builders-2 fix-parser: opencode was silent for too long: no output for 5 min, attempt 1 of 3; work kept (oompa rescue show fix-parser)
      14:08:40 claim   builders-2 fix-parser: Fix the parser of nested lists (try 2)
      14:08:59 wait    fast-1: for the rate limit of codex gpt-5.3
      14:14:11 turn    builders-2 fix-parser: turn 1 failed after 6 min, 4k tokens: opencode was silent for too long: no output for 5 min
      14:14:12 back    builders-2 fix-parser: opencode was silent for too long: no output for 5 min, attempt 2 of 3; work kept (oompa rescue show fix-parser)
      14:15:20 claim   builders-2 fix-parser: Fix the parser of nested lists (try 3)
      14:20:51 turn    builders-2 fix-parser: turn 1 failed after 6 min, 4k tokens: opencode was silent for too long: no output for 5 min
      14:20:52 fail    builders-2 fix-parser: opencode was silent for too long: no output for 5 min, attempt 3 of 3; work kept (oompa rescue show fix-parser)
      "
    `);
  });

  it('ends with the summary', async () => {
    const { reporter, text, clock } = open();
    for (const event of exampleRun) reporter.event(event);
    await reporter.end();
    expect(text()).toContain('\n\nrun 20261120T140159-k3f9  1 of 5 tasks failed, 1 asks you, 1 held\n');
    expect(clock.running()).toBe(0);
  });

  it('says once a minute that it still goes on, when nothing else happens', () => {
    const { clock, reporter, text } = open();
    clock.pass(120_000);
    expect(text()).toBe('');
    for (const event of exampleRun.slice(0, 10)) reporter.event(event);
    const before = text();
    clock.pass(59_000);
    expect(text()).toBe(before);
    clock.pass(60_000);
    expect(text().slice(before.length)).toMatchInlineSnapshot(`
      "14:04:59 still   2 working (add-login 02:59, fix-parser 02:59), 10 pending, 0 tokens
      "
    `);
  });

  it('does not lose the line of a turn that nothing was committed after', () => {
    const { clock, reporter, text } = open();
    const until = exampleRun.findIndex(({ type }) => type === 'work:committed');
    for (const event of exampleRun.slice(0, until)) reporter.event(event);
    expect(text()).not.toContain('turn 1 ready');
    clock.pass(65_000);
    expect(text()).toContain('builders-1 add-login: turn 1 ready after 41 s, 12k tokens');
  });

  it('tells what a planner did', () => {
    const usage = { input: 2000, output: 0 };
    const of = { worker: 'planner', task: '', iteration: 1 };
    const text = shown([
      at(0, { type: 'planner:started', worker: 'planner', pending: 1 }),
      at(9, { type: 'turn:ended', ...of, turn: 1, harness: 'claude', ending: 'answered', usage, ms: 9000 }),
      at(9, { type: 'task:added', task: 'add-docs', title: 'Add docs', by: 'planner' }),
      at(9, { type: 'planner:ended', worker: 'planner', added: 1, done: false, why: '' }),
    ]);
    expect(text).toBe(`14:01:59 plan    planner: 1 task pending
14:02:08 turn    planner: turn 1 ended after 9 s, 2k tokens
14:02:08 new     planner: add-docs: Add docs
14:02:08 plan    planner: added 1 task
`);
  });

  it('says once for what a worker waits', () => {
    const wait = (second: number, why: string) => at(second, { type: 'worker:waiting', worker: 'fast-1', why });
    const text = shown([wait(0, 'for a'), wait(1, 'for a'), wait(2, 'for b'), wait(3, 'for a')]);
    expect(text).toBe(
      '14:01:59 wait    fast-1: for a\n14:02:01 wait    fast-1: for b\n14:02:02 wait    fast-1: for a\n',
    );
  });

  it('says that a check waits for those of other runs', () => {
    const of = { worker: 'fast-1', task: 'a', iteration: 1 };
    expect(shown([at(0, { type: 'verify:waiting', ...of, why: 'for other checks' })])).toBe(
      '14:01:59 wait    fast-1 a: for other checks\n',
    );
  });

  it('passes no escape sequence on, and says nothing of an event that it does not know', () => {
    const event = at(0, { type: 'problem:seen', message: '\u001b[2Jgone\nnext' });
    expect(shown([event, { at: exampleTime(0), type: 'moon:landed' } as unknown as RunEvent])).toBe(
      '14:01:59 problem gone next\n',
    );
  });
});

describe('--json', () => {
  it('has every event as it is, one a line', () => {
    let text = '';
    const reporter = jsonReporter((more) => {
      text += more;
    });
    for (const event of exampleRun) reporter.event(event);
    void reporter.end();
    expect(
      text
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as unknown),
    ).toEqual(exampleRun);
  });
});
