import { describe, expect, it } from 'vitest';
import type { RunEvent } from '../../src/core/event.ts';
import type { FailureKind } from '../../src/core/failure.ts';
import { foldRun } from '../../src/core/fold-run.ts';
import { emptyRun } from '../../src/core/run-state.ts';
import { taskRows } from '../../src/core/run-tables.ts';
import { failureLines } from '../../src/ui/failure-counts.ts';
import { painter } from '../../src/ui/paint.ts';
import type { TroubleView } from '../../src/ui/run-troubles.ts';
import { troubleLines } from '../../src/ui/run-troubles.ts';
import { displayWidth } from '../../src/ui/text.ts';
import { at, exampleRun } from '../rig/example-run.ts';

const usage = { input: 0, output: 0 };
const codex = { harness: 'codex', model: 'gpt-5.3' };
const claude = { harness: 'claude', model: 'sonnet' };

interface Ended {
  readonly task: string;
  /** What its turns ended with; undefined = an answer. */
  readonly turns: readonly (readonly [typeof codex, FailureKind | undefined])[];
  readonly transition?: 'fail' | 'release' | 'complete';
}

/** A run in which these iterations ended. */
function runOf(iterations: readonly Ended[]): RunEvent[] {
  return [
    ...exampleRun.slice(0, 1),
    ...iterations.flatMap(eventsOf),
    at(99, { type: 'run:ended', why: 'dry', pending: 0 }),
  ];
}

function eventsOf({ task, turns, transition = 'complete' }: Ended, index: number): RunEvent[] {
  const of = { worker: 'builders-1', task, iteration: index + 1 };
  const kind = turns.at(-1)?.[1];
  return [
    at(index, { type: 'task:claimed', ...of, title: task, generation: 1, attempt: 1, from: 'pending' }),
    ...turns.map(([agent, failed], number): RunEvent => {
      const tried = { turn: 1, ...(number === 0 ? {} : { try: number + 1 }), ...agent };
      const failure = failed === undefined ? {} : { failure: { kind: failed, detail: '' } };
      const ending = failed === undefined ? 'answered' : 'failed';
      return at(index, { type: 'turn:ended', ...of, ...tried, ending, ...failure, usage, ms: 1000 });
    }),
    at(index, {
      ...{ type: 'iteration:ended', ...of, transition, attempt: 3, attempts: 3, turns: 1, rounds: 0, usage, ms: 1000 },
      outcome:
        kind === undefined ? { kind: 'landed', commit: 'c' } : { kind: 'agent-failed', failure: { kind, detail: '' } },
    }),
  ];
}

function shown(events: readonly RunEvent[], { columns = 80, life = 'ended' }: Partial<TroubleView> = {}): string {
  const state = events.reduce(foldRun, emptyRun);
  const rows = taskRows(state);
  const view: TroubleView = { life, columns, paint: painter(false), folder: 'runs/20261120T140159-k3f9' };
  const troubles = troubleLines(state, rows, view);
  const said = ['', ...troubles, '', ...failureLines(state, rows, { ...view, said: troubles })];
  expect(said.filter((line) => displayWidth(line) > columns)).toEqual([]);
  return said.join('\n');
}

const gotOver = Array.from({ length: 12 }, (_, index): Ended => ({
  task: `t${String(index)}`,
  turns: [
    [codex, 'rate-limited'],
    [codex, undefined],
  ],
}));
const badHour = runOf([
  ...gotOver,
  {
    task: 'fix-parser',
    turns: [
      [codex, 'rate-limited'],
      [codex, 'rate-limited'],
      [claude, 'auth'],
    ],
    transition: 'release',
  },
  {
    task: 'tidy-docs',
    turns: [
      [claude, 'no-output'],
      [codex, undefined],
    ],
  },
  {
    task: 'old-importer',
    turns: [
      [claude, 'silent'],
      [claude, 'silent'],
    ],
    transition: 'fail',
  },
  {
    task: 'add-login',
    turns: [
      [codex, 'crashed'],
      [codex, 'crashed'],
    ],
    transition: 'fail',
  },
]);

describe('the failures at the end of a run', () => {
  it('are counted by kind in 80 columns, and nothing is said twice', () => {
    expect(shown(badHour)).toMatchInlineSnapshot(`
      "
        old-importer  failed: claude was silent for too long (builders-1)
                      claude sonnet was asked twice
                      see its transcript, or raise \`limits.silence\`
                      oompa tasks requeue old-importer · oompa tasks show old-importer
                      oompa logs old-importer
        add-login     failed: codex crashed (builders-1)
                      codex gpt-5.3 was asked twice
                      see its transcript
                      oompa tasks requeue add-login · oompa tasks show add-login
                      oompa logs add-login
        fix-parser    went back: claude is not logged in, or its key was refused
                      (builders-1)
                      codex gpt-5.3 was asked twice, then claude sonnet once; no
                      attempt was used up
                      log in, then: oompa doctor --probe
                      oompa tasks show fix-parser · oompa logs fix-parser

        failures
        rate-limited  14 turns of codex gpt-5.3
                      12 got over by waiting; use fewer workers, or give the pool a
                      \`fallback\`
        silent         2 turns of claude sonnet
        crashed        2 turns of codex gpt-5.3
        auth           1 turn of claude sonnet
        no-output      1 turn of claude sonnet   got over by a fallback
        try only those again: oompa tasks requeue old-importer add-login
        transcripts: runs/20261120T140159-k3f9/turns/"
    `);
  });

  it('are counted by kind in 120 columns', () => {
    expect(shown(badHour, { columns: 120 })).toMatchInlineSnapshot(`
      "
        old-importer  failed: claude was silent for too long (builders-1)
                      claude sonnet was asked twice
                      see its transcript, or raise \`limits.silence\`
                      oompa tasks requeue old-importer · oompa tasks show old-importer · oompa logs old-importer
        add-login     failed: codex crashed (builders-1)
                      codex gpt-5.3 was asked twice
                      see its transcript
                      oompa tasks requeue add-login · oompa tasks show add-login · oompa logs add-login
        fix-parser    went back: claude is not logged in, or its key was refused (builders-1)
                      codex gpt-5.3 was asked twice, then claude sonnet once; no attempt was used up
                      log in, then: oompa doctor --probe
                      oompa tasks show fix-parser · oompa logs fix-parser

        failures
        rate-limited  14 turns of codex gpt-5.3  12 got over by waiting; use fewer workers, or give the pool a \`fallback\`
        silent         2 turns of claude sonnet
        crashed        2 turns of codex gpt-5.3
        auth           1 turn of claude sonnet
        no-output      1 turn of claude sonnet   got over by a fallback
        try only those again: oompa tasks requeue old-importer add-login
        transcripts: runs/20261120T140159-k3f9/turns/"
    `);
  });

  it('are not there where there are none', () => {
    expect(shown(runOf([{ task: 'a', turns: [[codex, undefined]] }])).trim()).toBe('');
  });

  it('say how to go on, but not while the run does', () => {
    expect(shown(badHour)).toContain('oompa tasks requeue old-importer add-login');
    expect(shown(badHour, { life: 'live' })).not.toContain('try only those again');
  });
});

describe('the command that tries only those again', () => {
  const failed = (count: number, kinds: readonly FailureKind[] = ['crashed']) =>
    runOf(
      Array.from({ length: count }, (_, index) => ({
        task: `task-${String(index + 1)}`,
        turns: [[codex, kinds[index % kinds.length]] as const],
        transition: 'fail' as const,
      })),
    );

  it('stands with the cause where there is one cause', () => {
    for (const count of [1, 2, 8]) {
      const text = shown(failed(count), { columns: 160 });
      expect(text.match(/oompa tasks requeue/g)).toHaveLength(1);
      expect(text).toMatch(/oompa tasks requeue task-1( task-\d)*( ·|$)/m);
    }
  });

  it('names the tasks of all causes', () => {
    const text = shown(failed(3, ['crashed', 'silent']));
    expect(text).toContain('  try only those again: oompa tasks requeue task-1 task-2 task-3');
  });

  it('is not taken for said when it only begins like one that was', () => {
    const text = shown(failed(2, ['crashed', 'silent']).map(renamed));
    expect(text).toContain('  try only those again: oompa tasks requeue task-1 task-1-b');
  });

  it('is for all failed tasks where they are many', () => {
    expect(shown(failed(9))).toContain('  try all failed tasks again: oompa tasks requeue --failed');
    expect(shown(failed(9)).match(/requeue/g)).toHaveLength(1);
  });

  it('is the next run where they are pending again', () => {
    const back = (kind: FailureKind) => shown(runOf([{ task: 'a', turns: [[codex, kind]], transition: 'release' }]));
    expect(back('network')).toContain('  what went back is pending again; try it with: oompa swarm');
    expect(back('over-budget').match(/oompa swarm/g)).toHaveLength(1);
  });
});

function renamed(event: RunEvent): RunEvent {
  return 'task' in event && event.task === 'task-2' ? { ...event, task: 'task-1-b' } : event;
}
