import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { placeAt } from '../../src/core/diagnostic.ts';

describe('placeAt', () => {
  it('counts lines and columns from 1', () => {
    expect(placeAt('a\nbcd', 3, 5)).toEqual({ line: 2, column: 2, length: 2, source: 'bcd' });
  });

  it('knows the first character of a text that begins with an empty line', () => {
    expect(placeAt('\na', 0, 0)).toEqual({ line: 1, column: 1, length: 1, source: '' });
    expect(placeAt('\na', 1, 2)).toEqual({ line: 2, column: 1, length: 1, source: 'a' });
  });

  it('leaves the carriage return of a CRLF file out of the line and the mark', () => {
    expect(placeAt('a: b\r\nc: d\r\n', 3, 6)).toEqual({ line: 1, column: 4, length: 1, source: 'a: b' });
  });

  it('cuts a mark of several lines at the end of its first line', () => {
    expect(placeAt('key: [\n  1,\n]', 5, 13)).toEqual({ line: 1, column: 6, length: 1, source: 'key: [' });
  });

  it('counts characters, not code units', () => {
    expect(placeAt('😀😀 x', 5, 6)).toEqual({ line: 1, column: 4, length: 1, source: '😀😀 x' });
  });

  it('shows the end of the text behind the last thing that was written', () => {
    expect(placeAt('a: [1\n\n\n', 8, 9)).toEqual({ line: 1, column: 6, length: 1, source: 'a: [1' });
  });

  it('always lies on a line of the text', () => {
    const lines = fc.array(fc.stringMatching(/^[a-z😀]{0,5}$/u)).map((parts) => parts.join('\n'));
    fc.assert(
      fc.property(lines, fc.nat(60), fc.nat(20), (text, start, length) => {
        const place = placeAt(text, start, start + length);
        expect(text.split('\n')[place.line - 1]).toBe(place.source);
        expect(place.column).toBeGreaterThanOrEqual(1);
        expect(place.length).toBeGreaterThanOrEqual(1);
      }),
    );
  });
});
