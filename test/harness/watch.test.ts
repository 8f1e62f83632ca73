import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { startWatch, type TurnLimits, type TurnWarning } from '../../src/harness/watch.ts';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
});
afterEach(() => {
  vi.useRealTimers();
});

describe('the watch over a turn', () => {
  it('lets an agent live as long as it makes progress, up to the time limit', async () => {
    const { watch, stops, pass } = start({ timeoutMs: 1000, silenceMs: 100 });
    for (let at = 0; at < 11; at++) {
      await pass(90);
      watch.progressed();
    }
    expect(watch.reason()).toBeUndefined();
    await pass(10);
    expect([watch.reason(), stops()]).toEqual(['timeout', 1]);
  });

  it('ends one that is silent', async () => {
    const { watch, pass } = start({ timeoutMs: 1000, silenceMs: 100 });
    await pass(50);
    watch.progressed();
    await pass(99);
    expect(watch.reason()).toBeUndefined();
    await pass(1);
    expect(watch.reason()).toBe('silent');
  });

  it('gives one reason only, and none once it is over', async () => {
    const { watch, stop, stops, pass } = start({ timeoutMs: 1000, silenceMs: 1000 });
    watch.stop('output-too-large');
    stop.abort();
    await pass(5000);
    expect([watch.reason(), stops()]).toEqual(['output-too-large', 1]);
    const other = start({ timeoutMs: 1000, silenceMs: 1000 });
    other.watch.printed(true);
    other.watch.end();
    other.watch.printed(true);
    other.stop.abort();
    await pass(5000);
    expect([other.watch.reason(), other.stops(), vi.getTimerCount()]).toEqual([undefined, 0, 0]);
  });

  it.each(['stopped', 'over-budget'] as const)('ends one that is %s from outside', (reason) => {
    const { watch, stop, stops } = start({ timeoutMs: 1000, silenceMs: 1000 }, { reason });
    stop.abort();
    expect([watch.reason(), stops()]).toEqual([reason, 1]);
  });

  it('ends one at once that was asked to stop while it was being started', () => {
    const { watch, stops } = start({ timeoutMs: 1000, silenceMs: 1000 }, { signal: AbortSignal.abort() });
    expect([watch.reason(), stops(), vi.getTimerCount()]).toEqual(['stopped', 1, 0]);
  });

  it('takes limits of months', async () => {
    const { watch, warnings, pass } = start({ timeoutMs: 2 ** 40, silenceMs: 2 ** 40 });
    await pass(1000);
    expect([watch.reason(), warnings]).toEqual([undefined, []]);
  });
});

describe('a silent agent', () => {
  it('lives as long as files in its worktree change', async () => {
    const { watch, worktree, pass } = start({ timeoutMs: 100_000, silenceMs: 1000 });
    for (let at = 0; at < 20; at++) {
      await pass(700);
      worktree.changed();
    }
    await pass(999);
    expect(watch.reason()).toBeUndefined();
    await pass(1);
    expect(watch.reason()).toBe('silent');
  });

  it('is ended when its limit is over since the last change, not since somebody looked', async () => {
    const { watch, worktree, pass } = start({ timeoutMs: 100_000, silenceMs: 1000 });
    await pass(50);
    worktree.changed();
    await pass(999);
    expect(watch.reason()).toBeUndefined();
    await pass(1);
    expect(watch.reason()).toBe('silent');
  });

  it('is looked after only when it has been quiet for most of the limit', async () => {
    const { watch, worktree, pass } = start({ timeoutMs: 100_000, silenceMs: 1000 });
    for (let at = 0; at < 20; at++) {
      await pass(500);
      watch.progressed();
    }
    expect(worktree.looks()).toBe(0);
    await pass(1000);
    expect([watch.reason(), worktree.looks()]).toEqual(['silent', 2]);
  });

  it('is not ended when it made progress while the worktree was looked at', async () => {
    const { watch, worktree, pass } = start({ timeoutMs: 100_000, silenceMs: 1000 });
    await pass(900);
    const look = worktree.hold();
    await pass(100);
    expect([watch.reason(), worktree.looks()]).toEqual([undefined, 2]);
    watch.progressed();
    look.release();
    await pass(999);
    expect(watch.reason()).toBeUndefined();
    await pass(1);
    expect(watch.reason()).toBe('silent');
  });
});

describe('a warning', () => {
  it('comes once when four fifths of the time are gone, and says what is left', async () => {
    const { watch, warnings, pass } = start({ timeoutMs: 10_000, silenceMs: 1_000_000 });
    await pass(7999);
    expect(warnings).toEqual([]);
    await pass(1);
    watch.progressed();
    await pass(1999);
    expect(warnings).toEqual([{ kind: 'timeout', leftMs: 2000 }]);
    await pass(1);
    expect([watch.reason(), warnings.length]).toEqual(['timeout', 1]);
  });

  it('comes a minute before the end of a long time', async () => {
    const { warnings, pass } = start({ timeoutMs: 1_800_000, silenceMs: 10_000_000 });
    await pass(1_739_999);
    expect(warnings).toEqual([]);
    await pass(1);
    expect(warnings).toEqual([{ kind: 'timeout', leftMs: 60_000 }]);
  });

  it('comes once in each silence: progress and changed files begin a new one', async () => {
    const { watch, warnings, worktree, pass } = start({ timeoutMs: 1_000_000, silenceMs: 1000 });
    const warning = { kind: 'silent', leftMs: 200 };
    await pass(999);
    expect(warnings).toEqual([warning]);
    watch.progressed();
    await pass(799);
    expect(warnings).toEqual([warning]);
    await pass(1);
    expect(warnings).toEqual([warning, warning]);
    worktree.changed();
    await pass(900);
    expect(warnings).toEqual([warning, warning, warning]);
    await pass(100);
    expect([watch.reason(), warnings.length]).toEqual(['silent', 3]);
  });

  it('comes once although the clock of the disk is not that of the turn', async () => {
    const { watch, warnings, worktree, pass } = start({ timeoutMs: 1_000_000, silenceMs: 1000 });
    await pass(500);
    worktree.changed();
    await pass(800);
    worktree.drift(3);
    await pass(200);
    expect([watch.reason(), warnings.length]).toEqual(['silent', 1]);
  });

  it('never comes to an agent whose files change', async () => {
    const { warnings, worktree, pass } = start({ timeoutMs: 1_000_000, silenceMs: 1000 });
    for (let at = 0; at < 20; at++) {
      await pass(790);
      worktree.changed();
    }
    expect(warnings).toEqual([]);
  });
});

describe('an agent with a complete final message', () => {
  it('is ended when it does not exit in time after its last line', async () => {
    const { watch, pass } = start({ ...patient, exitGraceMs: 100 });
    watch.printed(true);
    await pass(99);
    watch.printed(true);
    await pass(99);
    expect(watch.reason()).toBeUndefined();
    await pass(1);
    expect(watch.reason()).toBe('finished');
  });

  it('has half a minute when nobody says how long', async () => {
    const { watch, pass } = start(patient);
    watch.printed(true);
    await pass(29_999);
    expect(watch.reason()).toBeUndefined();
    await pass(1);
    expect(watch.reason()).toBe('finished');
  });

  it('may go on: then it is not complete any more', async () => {
    const { watch, pass } = start({ ...patient, exitGraceMs: 100 });
    watch.printed(true);
    await pass(99);
    watch.printed(false);
    await pass(10_000);
    expect(watch.reason()).toBeUndefined();
  });
});

const patient = { timeoutMs: 1_000_000, silenceMs: 1_000_000 };

/** A watch over an agent whose worktree changes when the test says so. */
function start(
  limits: Pick<TurnLimits, 'timeoutMs' | 'silenceMs' | 'exitGraceMs'>,
  { signal, reason = 'stopped' }: { signal?: AbortSignal; reason?: 'stopped' | 'over-budget' } = {},
) {
  const stop = new AbortController();
  const warnings: TurnWarning[] = [];
  let stops = 0;
  let looks = 0;
  let changedAt = -Infinity;
  let held = Promise.resolve();
  const watch = startWatch(limits, [{ signal: signal ?? stop.signal, reason }], {
    onStop: () => (stops += 1),
    onWarning: (warning) => warnings.push(warning),
    sinceChange: async () => {
      looks += 1;
      const age = performance.now() - changedAt;
      await held;
      return age;
    },
  });
  return {
    watch,
    stop,
    warnings,
    stops: () => stops,
    pass: async (ms: number) => {
      await vi.advanceTimersByTimeAsync(ms);
    },
    worktree: {
      changed: () => (changedAt = performance.now()),
      /** The last change seems to be this much newer than it did. */
      drift: (ms: number) => (changedAt += ms),
      looks: () => looks,
      /** Looks take until it is released. */
      hold: () => {
        let release = (): void => undefined;
        held = new Promise((resolve) => (release = resolve));
        return { release: () => release() };
      },
    },
  };
}
