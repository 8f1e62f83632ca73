import { stripVTControlCharacters } from 'node:util';
import { beforeAll, describe, expect, it } from 'vitest';
import type { RunEvent } from '../../src/core/event.ts';
import { foldRun } from '../../src/core/fold-run.ts';
import type { Outcome } from '../../src/core/outcome.ts';
import { emptyRun } from '../../src/core/run-state.ts';
import { summarise } from '../../src/core/summary.ts';
import { painter } from '../../src/ui/paint.ts';
import type { RunView } from '../../src/ui/run-summary.ts';
import { renderRun } from '../../src/ui/run-summary.ts';
import { runVerdict } from '../../src/ui/run-verdict.ts';
import { renderRuns } from '../../src/ui/runs-list.ts';
import { displayWidth } from '../../src/ui/text.ts';
import { at, exampleRun, exampleTime, exampleUntil } from '../rig/example-run.ts';

beforeAll(() => {
  process.env['TZ'] = 'UTC';
});

const folder = 'runs/20261120T140159-k3f9';

function shown(events: readonly RunEvent[], view: Partial<RunView> = {}): string {
  const state = events.reduce(foldRun, emptyRun);
  return renderRun(state, {
    life: 'ended',
    columns: 80,
    paint: painter(false),
    folder,
    now: exampleTime(200),
    ...view,
  });
}

/** One task after another that ended so. */
function ending(
  outcome: Outcome,
  transition: 'fail' | 'release' | 'none' | 'complete',
  tasks: readonly string[],
): RunEvent[] {
  const used = { turns: 1, rounds: 0, usage: { input: 0, output: 0 }, ms: 1000 };
  return [
    ...exampleRun.slice(0, 1),
    ...tasks.map((task, index) => {
      const of = { worker: 'builders-1', task, iteration: index + 1 };
      return at(index, { type: 'iteration:ended', ...of, outcome, transition, attempt: 3, attempts: 3, ...used });
    }),
    at(tasks.length, { type: 'run:ended', why: 'dry', pending: 0 }),
  ];
}

describe('the end of a run', () => {
  it('names the budget at which it stopped', () => {
    const reached = { type: 'budget:reached', what: 'cost', limit: 1, spent: 1.02, hard: false } as const;
    const text = shown([
      ...exampleRun.slice(0, 1),
      at(1, { ...reached, scope: 'task', name: 'a' }),
      at(2, { ...reached, scope: 'run', name: '' }),
      at(3, { type: 'run:ended', why: 'limit-reached', pending: 3 }),
    ]);
    expect(text).toContain('\n  budget reached: the run may cost no more than $1.00\n');
    expect(text).not.toContain('the task');
  });

  it('tells the cause first, then the detail, then the next commands', () => {
    expect(shown(exampleRun)).toMatchInlineSnapshot(`
      "run 20261120T140159-k3f9  1 of 5 tasks failed, 1 asks you, 1 held
        14:01–14:26, 25 min  $0.30, 54k tokens

        fix-parser  failed: opencode was silent for too long: no output for 5 min,
                    three times (builders-2)
                    last words: "running the whole test suite"
                    see its transcript, or raise \`limits.silence\`
                    oompa tasks requeue fix-parser · oompa tasks show fix-parser
                    oompa logs fix-parser · oompa rescue show fix-parser
        billing     asks: Which currency do stored prices use? (fast-1)
                    oompa tasks answer billing "…" · oompa tasks show billing
        ui-theme    held: uncommitted changes in your checkout: src/app.css
                    (builders-3)
                    commit or stash it, then: oompa land
                    oompa rescue show ui-theme

        failures
        silent  3 turns of opencode kimi-k2.5
        transcripts: runs/20261120T140159-k3f9/turns/

        unreadable: tasks/pending/api.yaml:4:1 a tab cannot begin a line of YAML
        recovered: old-docs, which was on main already

        task         outcome  try  rounds  turns   time  tokens   cost  commit
        billing      asks       1       0      1  00:30      3k      –
        ui-theme     held       1       1      1  01:14      9k  $0.06  c0ffee1
        add-login    landed     1       2      2  02:02     18k  $0.11  9f2e1ac
        rename-keys  landed     1       1      3  05:07     11k  $0.07  4f1c2ab
        fix-parser   failed     3       0      3  16:39     12k  $0.06

        worker      iterations  landed  rejected  failed  turns  busy  tokens   cost
        builders-1           1       1         0       0      2   8 %     18k  $0.11
        builders-2           3       0         0       3      3  67 %     12k  $0.06
        builders-3           2       1         0       0      4  25 %     20k  $0.13
        fast-1               1       0         0       0      1   2 %      3k      –

      reviews: runs/20261120T140159-k3f9/reviews/ (4)
      log: runs/20261120T140159-k3f9/events.jsonl
      landed: git log --oneline 1a2b3c4..4f1c2ab
      "
    `);
  });

  it.each([80, 100, 120])('fits %d columns, but for paths and refs that are longer', (columns) => {
    const lines = shown(exampleRun, { columns }).split('\n');
    const long = lines.filter((line) => displayWidth(line) > columns);
    expect(long).toEqual([]);
  });

  it('says the same with and without colour', () => {
    const colored = shown(exampleRun, { paint: painter(true) });
    expect(colored).toContain('\u001b[31m1 of 5 tasks failed');
    expect(stripVTControlCharacters(colored)).toBe(shown(exampleRun));
  });

  it('of a run that was cut off says where each task stood', () => {
    const text = shown(exampleUntil(150), { life: 'crashed' });
    expect(text).toContain('run 20261120T140159-k3f9  cut off, 1 of 5 tasks asks you, 1 held, 2 unfinished');
    expect(text).toContain('cut off: turn 1, opencode kimi-k2.5 (builders-2)');
    expect(text).toContain('oompa logs fix-parser');
  });

  it('of a run that goes on takes what goes on for no trouble', () => {
    const text = shown(exampleUntil(150), { life: 'live' });
    expect(text).toContain('going on, 1 of 5 tasks asks you, 1 held, 2 going');
    expect(text).toContain('14:01–14:05, 3 min');
    expect(text).not.toContain('cut off');
    expect(text).toMatch(/fix-parser {3}going/);
  });

  it('puts tasks of one cause together', () => {
    const tasks = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'];
    const text = shown(ending({ kind: 'agent-failed', failure: { kind: 'auth', detail: '401' } }, 'release', tasks));
    expect(text).toContain(`  8 tasks  went back: the agent is not logged in, or its key was refused: 401
           a, b, c, d, e, f and 2 more
           log in, then: oompa doctor --probe

  what went back is pending again; try it with: oompa swarm
`);
  });

  it('does not bury the tables under a hundred different troubles', () => {
    const events = Array.from({ length: 100 }, (_, index) =>
      ending({ kind: 'git-failed', why: `reason ${String(index)}` }, 'fail', [`task-${String(index)}`]).slice(1, 2),
    ).flat();
    const text = shown([...exampleRun.slice(0, 1), ...events]);
    expect(text.match(/failed: git failed/g)).toHaveLength(12);
    expect(text).toContain('and 88 more, each with its cause: oompa runs show 20261120T140159-k3f9 --all');
  });

  it('of an empty log is one line', () => {
    expect(shown([])).toContain('A run that wrote nothing into its log.');
  });
});

describe('how a run went', () => {
  const none = summarise(emptyRun).counts;

  it.each([
    [{ ...none }, 'ended', 'dry', 'no task was started'],
    [{ ...none, landed: 1 }, 'ended', 'dry', '1 task landed'],
    [{ ...none, landed: 3, proposed: 1 }, 'ended', 'dry', '3 tasks landed, 1 task proposed more'],
    [{ ...none, landed: 11, failed: 1 }, 'ended', 'dry', '1 of 12 tasks failed'],
    [{ ...none, landed: 1, back: 2 }, 'ended', 'interrupted', 'interrupted, 2 of 3 tasks unfinished'],
    [{ ...none, landed: 1 }, 'ended', 'limit-reached', 'stopped at a limit, 1 task landed'],
    [{ ...none, back: 1 }, 'ended', 'workers-stopped', 'no worker could go on, 1 of 1 task unfinished'],
    [{ ...none, open: 2 }, 'live', undefined, 'going on, 2 of 2 tasks going'],
    [{ ...none, open: 2 }, 'crashed', undefined, 'cut off, 2 of 2 tasks unfinished'],
    [{ ...none, lost: 1 }, 'ended', 'eclipse', '1 of 1 task taken by others'],
  ] as const)('%j %s %s: %s', (counts, life, why, text) => {
    expect(runVerdict({ life, counts, why }).text).toBe(text);
  });
});

describe('the list of runs', () => {
  const summary = summarise(exampleRun.reduce(foldRun, emptyRun));

  it('has one line a run', () => {
    const cut = summarise(exampleUntil(150).reduce(foldRun, emptyRun));
    const empty = summarise(emptyRun);
    const runs = [
      { id: '20261122T090000-empt', life: 'crashed', summary: empty },
      { id: '20261121T090000-live', life: 'live', summary: cut },
      { id: '20261120T140159-k3f9', life: 'ended', summary },
    ] as const;
    expect(renderRuns(runs, { columns: 80, paint: painter(false) })).toMatchInlineSnapshot(`
      "  run                   began         time  how it went                    spent
        20261122T090000-empt               00:00  never started                  0 tok
        20261121T090000-live  11-20 14:01  02:21  going on, 1 of 5 tasks asks…   $0.22
        20261120T140159-k3f9  11-20 14:01  25:00  1 of 5 tasks failed, 1 asks…   $0.30
      "
    `);
  });

  it('without a run says how to start one', () => {
    expect(renderRuns([], { columns: 80, paint: painter(false) })).toBe('No run yet. Start one with: oompa swarm\n');
  });
});
