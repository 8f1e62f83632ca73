import { beforeAll, describe, expect, it } from 'vitest';
import { scaleOf, ticksOf } from '../../../src/ui/report/scale.ts';
import { clockTime } from '../../../src/ui/text.ts';

beforeAll(() => {
  process.env['TZ'] = 'Asia/Kolkata';
});

const start = Date.parse('2026-11-20T14:01:59Z');
const minute = 60_000;

function clocks(length: number, bars = 1): string[] {
  return ticksOf(scaleOf({ from: start, to: start + length }, bars)).map(({ time }) =>
    clockTime(new Date(time).toISOString()),
  );
}

describe('the axis of the timeline', () => {
  it('has round times of the clock that it shows', () => {
    expect(clocks(25 * minute)).toEqual(['19:35:00', '19:40:00', '19:45:00', '19:50:00', '19:55:00']);
    expect(clocks(10 * 60 * minute).every((time) => time.endsWith(':00:00'))).toBe(true);
  });

  it('has a few marks for any length, also for a run of no time at all', () => {
    for (const length of [0, 1, 900, 40_000, 90 * minute, 26 * 60 * minute, 400 * 24 * 60 * minute]) {
      expect(clocks(length).length).toBeLessThanOrEqual(7);
    }
  });

  it('keeps as many on paper as fit there', () => {
    const ticks = ticksOf(scaleOf({ from: start, to: start + 18 * 60 * minute }, 400));
    expect(ticks.length).toBeGreaterThan(20);
    expect(ticks.filter(({ isMajor }) => isMajor).length).toBeLessThanOrEqual(6);
  });
});

describe('the width of the timeline', () => {
  it('grows with the tasks of the fullest lane, up to a limit', () => {
    const width = (bars: number) => scaleOf({ from: 0, to: 1 }, bars).width;
    expect([width(3), width(200), width(100_000)]).toEqual([560, 3200, 6000]);
  });
});
