import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { waitInWords, waitOfHeaders } from '../../src/harness/retry-after.ts';

const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;
/** 21 Nov 2026, 11:30:00 UTC. */
const nowMs = Date.UTC(2026, 10, 21, 11, 30);
const date = 'Sat, 21 Nov 2026 11:30:00 GMT';

describe('the wait that headers name', () => {
  it.each<[string, object, number | undefined]>([
    ['seconds', { 'retry-after': '7' }, 7000],
    ['milliseconds, which are more exact', { 'retry-after': '1', 'retry-after-ms': '50' }, 50],
    ['numbers, not texts', { 'retry-after': 2.5 }, 2500],
    ['a date, from that of the answer', { date, 'retry-after': 'Sat, 21 Nov 2026 11:31:00 GMT' }, minute],
    ['no wait at all', { 'retry-after': '0' }, 0],
    ['ten years, of which a day is believed', { 'retry-after': '315360000' }, 24 * hour],
    ['for ever', { 'retry-after': 'Infinity' }, 24 * hour],
    ['a time before now', { 'retry-after': '-7' }, undefined],
    ['a date that has passed', { date, 'retry-after': 'Sat, 21 Nov 2026 11:29:00 GMT' }, undefined],
    ['a date, and nobody knows from when', { 'retry-after': 'Sat, 21 Nov 2026 11:31:00 GMT' }, undefined],
    ['nonsense', { 'retry-after': 'soon' }, undefined],
    ['something else', { 'retry-after': null, 'retry-after-ms': [] }, undefined],
    ['nothing', {}, undefined],
  ])('is read of %s', (_what, headers, expected) => {
    expect(waitOfHeaders({ ...headers })).toBe(expected);
  });
});

describe('the wait that a message names', () => {
  const local = process.env['TZ'];
  beforeAll(() => {
    process.env['TZ'] = 'UTC';
  });
  afterAll(() => {
    if (local === undefined) delete process.env['TZ'];
    else process.env['TZ'] = local;
  });

  it.each<[string, number | undefined]>([
    ['Rate limit reached … Please try again in 2.054s. Visit https://x', 2054],
    ['Please try again in 350ms', 350],
    ['Quota exceeded. Please retry in 3h20m.\nSuggested retry after 3h20m.', 3 * hour + 20 * minute],
    ['Try again in 1 hour and 5 minutes', hour + 5 * minute],
    ['try again in 10 seconds', 10 * second],
    ['try again in 400 days', 24 * hour],
    ['try again in a moment', undefined],
    ['try again in 5 sessions', undefined],
    ['Retrying after 5551ms...', undefined],
    [`Claude AI usage limit reached|${String(nowMs / 1000 + 60)}`, minute],
    [`Claude AI usage limit reached|${String(nowMs / 1000 - 60)}`, undefined],
    ['You’ve hit your usage limit. Visit https://x or try again at 12:38 PM.', 69 * minute],
    ['You’ve hit your usage limit. Try again at Nov 22nd, 2026 2:38 AM.', 15 * hour + 9 * minute],
    ['You’ve hit your usage limit. Try again at Nov 26th, 2026 2:38 AM.', 24 * hour],
    ["You've hit your limit · resets 12:40pm (UTC)", 71 * minute],
    ["You've hit your limit · resets Nov 22, 2:40am (UTC)", 15 * hour + 11 * minute],
    ["You've hit your limit · resets 1pm (Europe/Berlin)", 31 * minute],
    ["You've hit your limit · resets 11:30am (UTC)", minute],
    ["You've hit your limit · resets 11am (UTC)", 23 * hour + 31 * minute],
    ["You've hit your limit · resets 3am (Mars/Olympus)", undefined],
    ['rate limit exceeded', undefined],
  ])('%s', (text, expected) => {
    expect(waitInWords(text, nowMs)).toBe(expected);
  });

  it('is a span, when nobody knows what the time is', () => {
    expect(waitInWords('try again in 7s')).toBe(7000);
    expect(waitInWords('try again at 12:38 PM')).toBeUndefined();
  });
});

it('the wait until a day of the next year is one of days, of which one is believed', () => {
  const atYearsEnd = Date.UTC(2026, 11, 31, 22, 0);
  expect(waitInWords("You've hit your limit · resets Jan 1, 2am (UTC)", atYearsEnd)).toBe(4 * hour + minute);
  expect(waitInWords("You've hit your limit · resets Dec 31, 2am (UTC)", atYearsEnd)).toBeUndefined();
});
