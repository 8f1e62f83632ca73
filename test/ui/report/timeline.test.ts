import { describe, expect, it } from 'vitest';
import type { RunEvent } from '../../../src/core/event.ts';
import { foldEvents } from '../../../src/core/fold-run.ts';
import { emptyRun } from '../../../src/core/run-state.ts';
import { laneHeight } from '../../../src/ui/report/lane-drawing.ts';
import { lanesOf } from '../../../src/ui/report/lanes.ts';
import { timeline } from '../../../src/ui/report/timeline.ts';
import { toldTasks } from '../../../src/ui/report/told.ts';
import { at, exampleRun, exampleTime, exampleUntil } from '../../rig/example-run.ts';

function lanes(events: readonly RunEvent[], life: 'ended' | 'crashed' = 'ended') {
  const state = foldEvents(emptyRun, events);
  return lanesOf(state, events, toldTasks(state, events, life), Date.parse(state.lastAt ?? ''));
}

function drawing(events: readonly RunEvent[]): string {
  const state = foldEvents(emptyRun, events);
  const none = { config: { kind: 'missing' }, files: new Map(), transcripts: new Map(), folder: 'runs/x' } as const;
  const report = { state, events, life: 'ended', now: exampleTime(2000), ...none } as const;
  return timeline(report, toldTasks(state, events, 'ended'))?.markup ?? '';
}

/** So many workers, each with so many tasks, one after the other. */
function crowd(workers: number, tasks: number, secondsEach: number): RunEvent[] {
  const infos = Array.from({ length: workers }, (_, n) => ({
    name: `w-${String(n + 1)}`,
    pool: 'w',
    harness: 'codex',
  }));
  const head = { run: 'x', version: '0.1.0', pid: 1, host: 'h', branch: 'main', base: 'b', pending: 0 };
  const work = infos.flatMap(({ name: worker }) =>
    Array.from({ length: tasks }, (_, n) => n).flatMap((n): RunEvent[] => {
      const of = { worker, task: `${worker}-task-${String(n)}`, iteration: n + 1 };
      const start = n * secondsEach;
      const failed = n % 50 === 49;
      const outcome = failed ? ({ kind: 'no-changes' } as const) : ({ kind: 'landed', commit: 'c' } as const);
      const figures = { attempt: 1, attempts: 1, turns: 1, rounds: 0, usage: { input: 1, output: 1 }, ms: 1 };
      return [
        at(start, { type: 'task:claimed', ...of, title: 'T', generation: 1, attempt: 1, from: 'pending' }),
        at(start + secondsEach, {
          type: 'iteration:ended',
          ...of,
          outcome,
          transition: failed ? 'fail' : 'complete',
          ...figures,
        }),
      ];
    }),
  );
  return [at(0, { type: 'run:started', ...head, workers: infos }), ...work];
}

describe('the lanes of the timeline', () => {
  it('have the steps of each iteration, and what each waited for', () => {
    const [first, , , fast] = lanes(exampleRun);
    expect(first?.bars.map(({ task, standing }) => ({ task, standing }))).toEqual([
      { task: 'add-login', standing: 'landed' },
    ]);
    expect(first?.bars[0]?.steps.map(({ kind }) => kind)).toEqual(['turn', 'review', 'turn', 'review', 'verify']);
    expect(fast?.waits.map(({ why }) => why)).toEqual(['for the rate limit of codex gpt-5.3']);
  });

  it('let what was cut off reach to the end of the log', () => {
    const cut = lanes(exampleUntil(50), 'crashed').find(({ worker }) => worker === 'builders-1');
    const [last] = cut?.bars[0]?.steps.slice(-1) ?? [];
    expect(cut?.bars[0]).toMatchObject({ standing: 'open', to: Date.parse(exampleTime(50)) });
    expect(last).toMatchObject({ kind: 'review', to: Date.parse(exampleTime(50)) });
  });
});

describe('the drawing', () => {
  it('has every one of 20 workers with 200 tasks each, with a mark on each that failed', () => {
    const drawn = drawing(crowd(20, 200, 60));
    expect(drawn.match(/<a class="bar/g)).toHaveLength(4000);
    expect(drawn.match(/<use\s+href="#is-failed" x="6"/g)).toHaveLength(20 * 4);
    expect(drawn.length).toBeLessThan(2_000_000);
  });

  it('puts together what would fall on the same pixels, and lets the worst show', () => {
    const drawn = drawing(crowd(1, 10_000, 1));
    expect(drawn.match(/class="bar /g)?.length).toBeLessThan(2600);
    expect(drawn).toContain('w-1-task-49, failed');
    expect(drawn.match(/<g class="bar red/g)).toHaveLength(200);
  });

  it('lets the words of a time at either edge stand beside it, so that they are not cut', () => {
    // 14:01:59 to 14:02:59: the first mark is a second after the beginning.
    expect(drawing(crowd(1, 3, 20)).match(/<g class="(major|minor) (first|last)"/g)).toEqual([
      '<g class="major first"',
    ]);
  });

  it.each([
    [2, 100],
    [20, 80],
    [40, 40],
  ])('fits on a sheet of paper, be it of %d workers: at %d percent', (workers, percent) => {
    const size = (lanes: number) => ((26 + lanes * laneHeight) * percent) / 100;
    expect(drawing(crowd(workers, 1, 60))).toContain(`class="lanes paper${String(percent)}"`);
    expect(size(workers + 1)).toBeLessThan(850);
  });
});
