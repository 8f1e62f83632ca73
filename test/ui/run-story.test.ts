import { stripVTControlCharacters } from 'node:util';
import { beforeAll, describe, expect, it } from 'vitest';
import type { NewEvent, RunEvent } from '../../src/core/event.ts';
import { foldEvents } from '../../src/core/fold-run.ts';
import { emptyRun } from '../../src/core/run-state.ts';
import { taskRows } from '../../src/core/run-tables.ts';
import { painter } from '../../src/ui/paint.ts';
import { planningStory, runStory, waitedStory } from '../../src/ui/run-story.ts';
import type { StoryView } from '../../src/ui/run-story.ts';
import { displayWidth } from '../../src/ui/text.ts';
import { at, exampleRun, exampleUntil } from '../rig/example-run.ts';

beforeAll(() => {
  process.env['TZ'] = 'UTC';
});

const plain: StoryView = { life: 'ended', columns: 80, paint: painter(false), run: '', most: 20 };

function story(events: readonly RunEvent[], view: Partial<StoryView> = {}): string[] {
  const rows = taskRows(foldEvents(emptyRun, events));
  return runStory(events, rows, { ...plain, ...view }).map((lines) => lines.join('\n'));
}

/** The story of one task in which this happened, without its head and its last line. */
function steps(...events: NewEvent[]): string[] {
  const claimed = { type: 'task:claimed', ...of, title: 'A', generation: 1, attempt: 1, from: 'pending' } as const;
  const all = [claimed, ...events].map((event, second) => at(second, event));
  return story(all)[0]!.split('\n').slice(2, -1);
}

const of = { worker: 'w-1', task: 'a', iteration: 1 };
const kimi = { harness: 'opencode', model: 'kimi' };
const usage = { input: 10, output: 5 };
const about = { ...of, role: 'worker', agent: 'opencode kimi' } as const;
const failure = { kind: 'rate-limited', detail: '429' } as const;

describe('the story of a run', () => {
  it('tells each step of a task in a line, from its claim to its landing', () => {
    expect(story(exampleRun).find((lines) => lines.startsWith('  rename-keys'))).toMatchInlineSnapshot(`
      "  rename-keys  landed  Rename the config keys
        14:03:19  claim     builders-3, iteration 2
        14:03:20  turn 1    opencode kimi-k2.5: ready, 1 file +40 −2             00:39
        14:04:00  round 1   claude sonnet: approved: Good.                       00:20
        14:04:20  verify    npm test failed: exit code 1                         01:39
        14:05:59  back      sent back (verify): config.test.ts fails
        14:06:00  turn 2    opencode kimi-k2.5 fixes, resumed: ready             00:19
        14:06:21  merge     conflicts with main in src/config.ts
        14:06:22  turn 3    opencode kimi-k2.5 resolves the conflict, resumed:   00:37
                            ready
        14:07:00  verify    npm test passed                                      00:06
        14:07:06  land      4f1c2ab; 5 min in all
                            oompa runs review rename-keys · oompa logs rename-keys"
    `);
  });

  it('tells what needs a person first, then the rest in the order of the log', () => {
    const heads = story(exampleRun).map((lines) => lines.split('\n')[0]);
    expect(heads).toMatchInlineSnapshot(`
      [
        "  fix-parser  failed  Fix the parser of nested lists",
        "  ui-theme  held  Add a dark theme",
        "  billing  asks  Store prices",
        "  add-login  landed  Add a login form",
        "  rename-keys  landed  Rename the config keys",
        "",
      ]
    `);
  });

  it.each([80, 100, 120])('fits %d columns', (columns) => {
    const long = story(exampleRun, { columns }).flatMap((lines) =>
      lines.split('\n').filter((line) => displayWidth(line) > columns),
    );
    expect(long).toEqual([]);
  });

  it('says the same with and without colour', () => {
    const colored = story(exampleRun, { paint: painter(true) });
    expect(colored.join('')).toContain('\u001b[31mfailed');
    expect(colored.map((lines) => stripVTControlCharacters(lines))).toEqual(story(exampleRun));
  });

  it('tells further tries, whether they succeeded, and who was asked instead', () => {
    const failed = { type: 'turn:ended', ...of, ...kimi, turn: 1, ending: 'failed', failure, usage, ms: 1000 } as const;
    const next = { harness: 'claude', model: 'sonnet' };
    expect(
      steps(
        failed,
        { type: 'retry:planned', ...about, failure, try: 2, afterMs: 9000 },
        { ...failed, try: 2 },
        { type: 'retry:planned', ...about, failure, try: 3, afterMs: 18_000 },
        { ...failed, try: 3 },
        { type: 'chain:advanced', ...about, to: 'claude sonnet', why: 'rate-limited: 429' },
        { type: 'turn:started', ...of, ...next, turn: 1, try: 4, prompt: 'start', session: 'fresh' },
        { ...failed, ...next, try: 4 },
        { type: 'retry:planned', ...about, agent: 'claude sonnet', failure, try: 5, afterMs: 0 },
        { ...failed, ...next, try: 5, ending: 'answered', signal: 'ready' },
        { type: 'retry:succeeded', ...about, agent: 'claude sonnet', try: 5 },
      ),
    ).toMatchInlineSnapshot(`
      [
        "  14:01:59  turn 1    opencode kimi: failed: opencode kimi gets too many   00:01",
        "                      requests: 429",
        "  14:02:01  retry     opencode kimi: rate-limited; try 2 in 9 s",
        "  14:02:01  turn 1    opencode kimi: failed: opencode kimi gets too many   00:01",
        "                      requests: 429",
        "  14:02:03  retry     opencode kimi: rate-limited; try 3 in 18 s",
        "  14:02:03  turn 1    opencode kimi: failed: opencode kimi gets too many   00:01",
        "                      requests: 429",
        "  14:02:05  next      claude sonnet instead of opencode kimi:",
        "                      rate-limited: 429",
        "  14:02:06  turn 1    claude sonnet: failed: claude sonnet gets too many   00:01",
        "                      requests: 429",
        "  14:02:08  retry     claude sonnet: rate-limited; try 5; it succeeded",
        "  14:02:08  turn 1    claude sonnet: ready                                 00:01",
      ]
    `);
  });

  it('tells what a turn had to wait for, and for how long', () => {
    const { worker, task } = of;
    const wait = { type: 'limit:waiting', worker, task, agent: 'opencode kimi' } as const;
    const why = 'for the rate limit of opencode kimi';
    const waits = (...events: readonly (readonly [second: number, NewEvent])[]) => {
      const claimed = { type: 'task:claimed', ...of, title: 'A', generation: 1, attempt: 1, from: 'pending' } as const;
      const all = [at(0, claimed), ...events.map(([second, event]) => at(second, event))];
      return story(all, { life: 'live' })[0]!.split('\n').slice(2, -1);
    };
    const started = { type: 'turn:started', ...of, ...kimi, turn: 1, prompt: 'start', session: 'fresh' } as const;
    // The reason comes again with another end: that is one wait. One that nobody noticed is not told.
    expect(
      waits(
        [1, { ...wait, why, until: '2026-11-20T14:02:30.000Z' }],
        [31, { ...wait, why, until: '2026-11-20T14:05:00.000Z' }],
        [181, { ...wait, why: 'for its turn' }],
        [185, started],
        [190, { type: 'turn:ended', ...of, ...kimi, turn: 1, ending: 'answered', usage, ms: 5000 }],
        [190, { ...wait, why: 'for the login of claude' }],
        [190, { type: 'review:started', ...of, round: 1, reviewer: 'claude' }],
      ),
    ).toEqual([
      `  14:02:00  wait      ${why.padEnd(51)}  03:00`,
      `  14:05:00  wait      ${'for its turn'.padEnd(51)}  00:04`,
      `  14:05:04  turn 1    ${'opencode kimi: no signal'.padEnd(51)}  00:05`,
      '  14:05:09  round 1   claude: going on',
    ]);
    expect(waits([1, { ...wait, why: 'for it', until: '2026-11-20T14:02:30.000Z' }])).toEqual([
      '  14:02:00  wait      for it, until 14:02:30: going on',
    ]);
  });

  it('counts a wait to the iteration that its worker is in, and none to one that has ended', () => {
    const wait = { type: 'limit:waiting', agent: 'a', why: 'for it' } as const;
    const told = story([
      ...exampleRun,
      at(1501, { ...wait, worker: 'fast-1', task: 'billing' }),
      at(1502, { ...wait, worker: 'fast-1', task: '' }),
      at(1503, { ...wait, worker: 'nobody', task: 'billing' }),
    ]);
    expect(told).toEqual(story(exampleRun));
  });

  it('tells what workers waited for before they had a task', () => {
    const why = 'for the rate limit of codex gpt-5.3';
    const wait = { type: 'limit:waiting', task: '', agent: 'codex gpt-5.3', why } as const;
    const events = [
      at(10, { ...wait, worker: 'fast-1', until: '2026-11-20T15:00:00.000Z' }),
      at(20, { ...wait, worker: 'fast-2' }),
      at(40, { ...wait, worker: 'fast-2', until: '2026-11-20T16:00:00.000Z' }),
      // Nobody noticed this one.
      at(50, { ...wait, worker: 'fast-3', why: 'for its turn' }),
      at(50, { type: 'worker:stopped', worker: 'fast-3', why: 'the queue is dry' }),
      at(70, { type: 'worker:stopped', worker: 'fast-2', why: 'the queue is dry' }),
      // In an iteration: that of its task tells it.
      at(71, { ...wait, worker: 'fast-2', task: 'a' }),
      at(130, { type: 'run:ended', why: 'interrupted', pending: 1 }),
    ];
    expect(waitedStory(events, plain)).toEqual([
      '  waited for limits, before a claim',
      `  14:02:09  wait      ${`${why}: fast-1, fast-2`.padEnd(51)}  02:50`,
    ]);
    expect(waitedStory(exampleRun, plain)).toEqual([]);
  });

  it('tells what has begun and not ended: it goes on, or was cut off', () => {
    const cut = story(exampleUntil(150), { life: 'crashed' }).find((lines) => lines.includes('fix-parser'));
    expect(cut).toContain('opencode kimi-k2.5: cut off');
    const live = story(exampleUntil(150), { life: 'live' }).find((lines) => lines.includes('fix-parser'));
    expect(live).toContain('opencode kimi-k2.5: going on');
  });

  it('counts the tasks that are too many, and says how to see them', () => {
    const blocks = story(exampleRun, { most: 2, run: ' --run k3f9' });
    expect(blocks).toHaveLength(3);
    expect(blocks[2]).toBe(
      '  and 3 more tasks; one alone: oompa runs show k3f9 --task TASK,\n  all: oompa runs show k3f9 --all',
    );
  });

  it('lets no agent write on the terminal, or a line of its own', () => {
    const hostile = 'one\u001b]0;owned\u0007\n  14:00:00  land      fake\u202e';
    const review = {
      round: 1,
      reviewer: hostile,
      verdict: 'rejected',
      summary: `${hostile} ${'x'.repeat(9000)}`,
    } as const;
    const told = steps(
      { type: 'review:ended', ...of, ...review, log: 'r.md', usage, ms: 1 },
      { type: 'work:sent-back', ...of, feedback: { source: 'verify', text: hostile } },
      { type: 'landing:conflicted', ...of, paths: [hostile] },
    );
    expect(told.join('')).not.toMatch(/[^\P{Cc}]|\u202e/u);
    expect(told.filter((line) => /^ {2}\d/.test(line))).toHaveLength(3);
    expect(told.every((line) => displayWidth(line) <= 80)).toBe(true);
  });

  it('passes over a step of a foreign shape', () => {
    expect(
      steps({ type: 'review:ended', ...of } as unknown as NewEvent, { type: 'verify:waiting', ...of, why: 'w' }),
    ).toEqual([expect.stringContaining('wait      w')]);
  });

  it('passes over what a planner did in a foreign shape', () => {
    const planner = { worker: 'planner', task: '', iteration: 1, turn: 1, ...kimi, usage };
    const turn = { type: 'turn:ended', ...planner, ending: 'answered' } as unknown as NewEvent;
    expect(planningStory([at(0, turn)], plain)).toEqual([]);
  });

  it('tells who planned a task, and what the planner did', () => {
    const events = [
      at(0, { type: 'planner:started', worker: 'planner', pending: 2 }),
      at(1, { type: 'task:added', task: 'a', title: 'A', by: 'planner' }),
      at(30, {
        type: 'turn:ended',
        worker: 'planner',
        task: '',
        iteration: 1,
        turn: 1,
        ...kimi,
        ending: 'answered',
        usage,
        ms: 30_000,
      }),
      at(30, { type: 'planner:ended', worker: 'planner', added: 1, done: true, why: 'it has nothing left to plan' }),
      at(40, { type: 'task:claimed', ...of, title: 'A', generation: 1, attempt: 1, from: 'pending' }),
    ];
    expect(story(events)[0]).toContain('  14:02:00  plan      proposed by planner\n');
    expect(planningStory(events, plain)).toMatchInlineSnapshot(`
      [
        "  planning",
        "  14:01:59  plan      2 tasks pending",
        "  14:01:59  turn 1    opencode kimi: answered                              00:30",
        "  14:02:29  added     1 task: a; it has nothing left to plan",
      ]
    `);
  });
});
