import { describe, expect, it } from 'vitest';
import { painter } from '../../src/ui/paint.ts';
import { table } from '../../src/ui/table.ts';
import {
  cut,
  displayWidth,
  elapsed,
  left,
  money,
  oneLine,
  packed,
  right,
  someOf,
  spokenTime,
  times,
  tokenCount,
  wrapped,
} from '../../src/ui/text.ts';

describe('figures', () => {
  it.each([
    [0, '00:00'],
    [-5, '00:00'],
    [221_999, '03:41'],
    [3_599_999, '59:59'],
    [3_821_000, '1:03:41'],
    [360_000_000, '100:00:00'],
  ])('show %d ms that have passed as %s', (ms, text) => {
    expect(elapsed(ms)).toBe(text);
  });

  it.each([
    [40, '0.0 s'],
    [400, '0.4 s'],
    [949, '0.9 s'],
    [950, '1 s'],
    [41_300, '41 s'],
    [119_400, '119 s'],
    [120_000, '2 min'],
    [1_500_000, '25 min'],
    [3_599_000, '1 h'],
    [7_500_000, '2 h 5 min'],
  ])('speak of %d ms as %s', (ms, text) => {
    expect(spokenTime(ms)).toBe(text);
  });

  it.each([
    [0, '0'],
    [999, '999'],
    [1000, '1k'],
    [17_600, '18k'],
    [999_499, '999k'],
    [999_500, '1.0M'],
    [1_240_000, '1.2M'],
    [12_400_000, '12M'],
  ])('show %d tokens as %s', (count, text) => {
    expect(tokenCount(count)).toBe(text);
  });

  it('show money to the cent, and nothing where no CLI told a cost', () => {
    expect([money(1.836), money(0), money(undefined)]).toEqual(['$1.84', '$0.00', '']);
  });

  it('count times in words', () => {
    expect([1, 2, 3, 12].map(times)).toEqual(['once', 'twice', 'three times', '12 times']);
  });
});

describe('text on a terminal', () => {
  it.each([
    ['plain', 5],
    ['schön', 5],
    ['scho\u0308n', 5],
    ['日本語', 6],
    ['ok 👍', 5],
    ['☺️', 2],
    ['👨‍👩‍👧‍👦 🇩🇪', 5],
    ['ㄅꀀ', 4],
  ])('is as wide as it looks: %s', (text, width) => {
    expect(displayWidth(text)).toBe(width);
  });

  it('is cut and padded by how wide it looks', () => {
    expect(cut('日本語', 6)).toBe('日本語');
    expect(cut('日本語', 5)).toBe('日本…');
    expect(cut('日本語', 4)).toBe('日…');
    expect(cut('👨‍👩‍👧‍👦👨‍👩‍👧‍👦', 3)).toBe('👨‍👩‍👧‍👦…');
    expect(cut('text', 0)).toBe('');
    expect(left('日本', 6)).toBe('日本  ');
    expect(right('$1.84', 7)).toBe('  $1.84');
    expect(displayWidth(left('日本語', 4))).toBe(4);
  });

  it('is one line without escape sequences, whatever an agent prints', () => {
    expect(oneLine('\u001b[31mred\u001b[0m\r\n\tand \u001b]0;title\u0007on')).toBe('red and on');
    expect(oneLine('a\u202eb\u0000c\u2028d')).toBe('ab c d');
    expect(oneLine('a\u061cb\u200ec\u200fd')).toBe('abcd');
  });

  it('is wrapped at words, and packed part by part', () => {
    expect(wrapped('one two three', 8)).toEqual(['one two', 'three']);
    expect(wrapped('unbreakable', 4)).toEqual(['unbreakable']);
    expect(packed(['a', 'b', 'c'], ' · ', 5)).toEqual(['a · b', 'c']);
  });

  it('names the first of many', () => {
    expect(someOf(['a', 'b'], 2)).toBe('a, b');
    expect(someOf(['a', 'b', 'c', 'd'], 2)).toBe('a, b and 2 more');
  });
});

describe('a table', () => {
  const columns = [
    { title: 'name', align: 'left', shrinksTo: 4 },
    { title: 'count', align: 'right' },
  ] as const;
  const rows = [
    ['a-long-name', '1'],
    ['b', '1234567'],
  ];

  it('has names at the left, numbers at the right and nothing behind the last one', () => {
    expect(table(columns, rows, { width: 80, paint: painter(false) })).toEqual([
      '  name           count',
      '  a-long-name        1',
      '  b            1234567',
    ]);
  });

  it('takes room from the column that may give it', () => {
    expect(table(columns, rows, { width: 18, paint: painter(false) })).toEqual([
      '  name       count',
      '  a-long…        1',
      '  b        1234567',
    ]);
  });

  it('paints without moving anything', () => {
    const styled = [{ ...columns[0], style: () => 'green' as const }, columns[1]];
    const [, first] = table(styled, rows, { width: 80, paint: painter(true) });
    expect(first).toBe('  \u001b[32ma-long-name\u001b[39m        1');
  });
});
