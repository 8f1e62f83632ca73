import { describe, expect, it } from 'vitest';
import { emptyReading, type Reading, type Session } from '../../src/harness/harness.ts';
import { sessionOf, usageOf } from '../../src/harness/settle.ts';

const reading = (input: number, output: number, costUsd?: number): Reading => ({
  ...emptyReading,
  session: 's',
  usage: { input, output, ...(costUsd === undefined ? {} : { costUsd }) },
});
const before: Session = { id: 's', totals: { input: 200, output: 40, costUsd: 0.5 } };
const answered = { kind: 'answered', message: 'x' } as const;

describe('the usage of one turn', () => {
  it('is what was reported when the session is new', () => {
    expect(usageOf(reading(200, 40), { tokens: true, cost: true }, undefined)).toEqual({ input: 200, output: 40 });
  });

  it('is the difference of the running totals, of those figures that are such', () => {
    expect(usageOf(reading(500, 60, 0.75), { tokens: true, cost: false }, before)).toEqual({
      input: 300,
      output: 20,
      costUsd: 0.75,
    });
    expect(usageOf(reading(100, 20, 0.75), { tokens: false, cost: true }, before)).toEqual({
      input: 100,
      output: 20,
      costUsd: 0.25,
    });
  });
});

it('tells how much of that came from a cache, for running totals too', () => {
  const cached = { ...reading(500, 60), usage: { input: 500, cached: 300, output: 60 } };
  const earlier: Session = { id: 's', totals: { input: 200, cached: 120, output: 40 } };
  expect(usageOf(cached, { tokens: true, cost: false }, earlier)).toEqual({ input: 300, cached: 180, output: 20 });
  expect(usageOf(cached, { tokens: false, cost: true }, earlier)).toEqual({ input: 500, cached: 300, output: 60 });
  expect(sessionOf(cached, earlier, answered)?.totals).toEqual({ input: 500, cached: 300, output: 60 });
  expect(sessionOf(emptyReading, earlier, answered)?.totals).toEqual(earlier.totals);
});

describe('the session to resume next', () => {
  it('carries the totals that were reported last, also after a turn that was ended early', () => {
    expect(sessionOf(reading(500, 60, 0.75), before, answered)?.totals).toEqual({
      input: 500,
      output: 60,
      costUsd: 0.75,
    });
    expect(sessionOf(emptyReading, before, answered)).toEqual(before);
  });

  it('is the new one when the CLI names one, and none when none was learnt', () => {
    expect(sessionOf(reading(1, 1), undefined, answered)).toEqual({ id: 's', totals: { input: 1, output: 1 } });
    expect(sessionOf(emptyReading, undefined, answered)).toBeUndefined();
  });

  it.each(['session-gone', 'session-in-use'] as const)('is none after %s', (kind) => {
    expect(sessionOf(reading(1, 1), before, { kind: 'failed', failure: { kind, detail: '' } })).toBeUndefined();
  });
});
