import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { lineSplitter } from '../../src/harness/line-splitter.ts';

describe('the line splitter', () => {
  it('gives the lines of a text, however it was cut into pieces', () => {
    const piece = fc.constantFrom('a', 'é', '𝄞', '\n', '\r\n', 'long words', '');
    fc.assert(
      fc.property(fc.array(piece), fc.array(fc.nat(20)), (pieces, cuts) => {
        const text = pieces.join('');
        const lines = text.split('\n').map((line) => line.replace(/\r$/, ''));
        expect(split(Buffer.from(text), cuts)).toEqual(lines.at(-1) === '' ? lines.slice(0, -1) : lines);
      }),
    );
  });

  it('cuts a line that is too long, and says so', () => {
    expect(split(Buffer.from('abcdefgh\nok\n'), [3, 3], 4)).toEqual([
      'abcd [oompa: 4 bytes of this line were cut]',
      'ok',
    ]);
  });

  it('holds no more than its limit of a line without an end', () => {
    const splitter = lineSplitter(1000);
    const chunk = Buffer.alloc(64 * 1024, 'x');
    const before = process.memoryUsage().arrayBuffers;
    for (let written = 0; written < 50 * 1024 * 1024; written += chunk.length) {
      expect(splitter.push(chunk)).toEqual([]);
    }
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(4 * 1024 * 1024);
    expect(splitter.end()[0]).toMatch(/^x{1000} \[oompa: \d+ bytes/);
    expect(splitter.end()).toEqual([]);
  });

  it('makes something of bytes that are no text', () => {
    expect(split(Buffer.from([0x61, 0xff, 0xfe, 0x0a, 0xc3, 0x0a]), [])).toEqual(['a\ufffd\ufffd', '\ufffd']);
  });
});

function split(bytes: Buffer, cuts: readonly number[], max = 1000): string[] {
  const splitter = lineSplitter(max);
  const lines: string[] = [];
  let at = 0;
  for (const cut of cuts) {
    lines.push(...splitter.push(bytes.subarray(at, at + cut)));
    at += cut;
  }
  return [...lines, ...splitter.push(bytes.subarray(at)), ...splitter.end()];
}
