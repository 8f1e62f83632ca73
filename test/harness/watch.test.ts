import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { startWatch } from '../../src/harness/watch.ts';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
});
afterEach(() => {
  vi.useRealTimers();
});

describe('the watch over a turn', () => {
  it('lets an agent live as long as it makes progress, up to the time limit', () => {
    const { watch, stops } = start({ timeoutMs: 1000, silenceMs: 100 });
    for (let at = 0; at < 11; at++) {
      vi.advanceTimersByTime(90);
      watch.progressed();
    }
    expect(watch.reason()).toBeUndefined();
    vi.advanceTimersByTime(10);
    expect([watch.reason(), stops()]).toEqual(['timeout', 1]);
  });

  it('ends one that is silent', () => {
    const { watch } = start({ timeoutMs: 1000, silenceMs: 100 });
    vi.advanceTimersByTime(50);
    watch.progressed();
    vi.advanceTimersByTime(99);
    expect(watch.reason()).toBeUndefined();
    vi.advanceTimersByTime(1);
    expect(watch.reason()).toBe('silent');
  });

  it('gives one reason only, and none once it is over', () => {
    const { watch, abort, stops } = start({ timeoutMs: 1000, silenceMs: 1000 });
    watch.stop('output-too-large');
    abort();
    vi.advanceTimersByTime(5000);
    expect([watch.reason(), stops()]).toEqual(['output-too-large', 1]);
    const other = start({ timeoutMs: 1000, silenceMs: 1000 });
    other.watch.end();
    other.abort();
    vi.advanceTimersByTime(5000);
    expect([other.watch.reason(), other.stops(), vi.getTimerCount()]).toEqual([undefined, 0, 0]);
  });

  it('ends one at once that was asked to stop while it was being started', () => {
    const controller = new AbortController();
    controller.abort();
    let stops = 0;
    const watch = startWatch({ timeoutMs: 1000, silenceMs: 1000 }, controller.signal, () => (stops += 1));
    expect([watch.reason(), stops]).toEqual(['stopped', 1]);
  });

  it('takes limits of months', () => {
    const { watch } = start({ timeoutMs: 2 ** 40, silenceMs: 2 ** 40 });
    vi.advanceTimersByTime(1000);
    expect(watch.reason()).toBeUndefined();
  });
});

function start(limits: { timeoutMs: number; silenceMs: number }) {
  const controller = new AbortController();
  let stops = 0;
  const watch = startWatch(limits, controller.signal, () => (stops += 1));
  return { watch, stops: () => stops, abort: () => controller.abort() };
}
