import { describe, expect, it } from 'vitest';
import { parseAge, spokenAge } from '../../../src/commands/cleanup/age.ts';

const hour = 3_600_000;

describe('parseAge', () => {
  it.each([
    ['12h', 12 * hour],
    ['30d', 30 * 24 * hour],
    ['2 w', 14 * 24 * hour],
    ['0d', 0],
  ])('reads %s', (text, ms) => {
    expect(parseAge(text)).toBe(ms);
  });

  it.each(['', '30', 'd', '-1d', '1.5d', '30m', '30days', '9999999d'])('does not take "%s" for an age', (text) => {
    expect(parseAge(text)).toBeUndefined();
  });
});

describe('spokenAge', () => {
  it.each([
    [-5, 'less than an hour'],
    [hour - 1, 'less than an hour'],
    [hour, '1 hour'],
    [47 * hour, '47 hours'],
    [48 * hour, '2 days'],
    [400 * 24 * hour, '400 days'],
  ])('says %d ms as %s', (ms, text) => {
    expect(spokenAge(ms)).toBe(text);
  });
});
