import { describe, expect, it } from 'vitest';
import type { TranscriptEntry } from '../../src/core/transcript.ts';
import { painter } from '../../src/ui/paint.ts';
import { displayWidth } from '../../src/ui/text.ts';
import { transcriptLines } from '../../src/ui/transcript-lines.ts';

function lines(entries: TranscriptEntry | readonly TranscriptEntry[], columns = 30): string[] {
  return transcriptLines([entries].flat(), { columns, paint: painter(false) });
}

const text = (said: string): TranscriptEntry => ({ kind: 'text', text: said });
const result = (said: string, failed = false): TranscriptEntry => ({ kind: 'result', text: said, failed });

describe('a transcript on a terminal', () => {
  it('shows what was said and done, each kind in its own way', () => {
    expect(
      lines([
        { kind: 'note', text: 'session 1', failed: false },
        { kind: 'thought', text: 'Let me see.' },
        text('I run the tests.'),
        { kind: 'tool', name: 'bash', input: 'npm test' },
        result('ok\n'),
        { kind: 'tool', name: 'edit', input: 'src/x.ts' },
      ]),
    ).toEqual(['· session 1', 'Let me see.', 'I run the tests.', '$ npm test', '  ok', 'edit src/x.ts']);
  });

  it('says with colours what is a thought, and what failed', () => {
    const paint = (style: string, said: string) => `<${style}>${said}`;
    const shown = transcriptLines(
      [
        { kind: 'thought', text: 'a' },
        result('b'),
        result('c', true),
        { kind: 'note', text: 'd', failed: true },
        text('e'),
      ],
      { columns: 30, paint },
    );
    expect(shown).toEqual(['<dim>a', '<dim>  b', '<red>  c', '<red>· d', 'e']);
  });

  it('breaks long lines between words, and keeps how far they are indented', () => {
    expect(lines(text('one two three four five six seven\n  - eight nine ten eleven twelve'), 20)).toEqual([
      'one two three four',
      'five six seven',
      '  - eight nine ten',
      '  eleven twelve',
    ]);
    expect(lines({ kind: 'note', text: 'one two three four five', failed: false }, 12)).toEqual([
      '· one two',
      '  three four',
      '  five',
    ]);
  });

  it('breaks words that are longer than the line', () => {
    expect(lines(text(`see ${'x'.repeat(25)}`), 10)).toEqual(['see', 'x'.repeat(10), 'x'.repeat(10), 'x'.repeat(5)]);
  });

  it('shows the beginning and the end of a long result', () => {
    const long = Array.from({ length: 125 }, (_, index) => `line ${String(index + 1)}`).join('\n');
    expect(lines(result(long))).toEqual([
      '  line 1',
      '  line 2',
      '  line 3',
      '  … 120 more lines',
      '  line 124',
      '  line 125',
    ]);
    expect(lines(result('1\n2\n3\n4\n5\n6'))).toHaveLength(6);
  });

  it('cuts the lines of a result, and breaks none', () => {
    expect(lines(result('a'.repeat(100)), 10)).toEqual(['  aaaaaaa…']);
  });

  it('shows a command of many lines in three at most', () => {
    const shown = lines({ kind: 'tool', name: 'bash', input: `cat <<E\n${'word '.repeat(50)}\nE` }, 20);
    expect(shown).toHaveLength(3);
    expect(shown[0]).toBe('$ cat <<E ⏎ word');
    expect(shown[2]).toMatch(/…$/);
  });

  it('leaves one of several blank lines, and none at the end', () => {
    expect(lines(text('a\n\n\n\nb\n\n'))).toEqual(['a', '', 'b']);
  });

  it('shows a line that draws itself anew as it was at last', () => {
    expect(lines(text('10 %\r50 %\r100 %\nnext\r\nlast'))).toEqual(['100 %', 'next', 'last']);
  });

  it.each([
    ['escape sequences', '\u001b[2J\u001b[31mred\u001b[0m', 'red'],
    ['a title', '\u001b]0;owned\u0007a', 'a'],
    ['eight-bit sequences', '\u009b31mred', 'red'],
    ['a sequence without an end', 'a\u001b', 'a'],
    ['bells and backspaces', 'a\u0007\b\u0000b', 'ab'],
    ['text that runs backwards', 'a\u202eb\u2066c', 'abc'],
    ['tabs', '\tx', '    x'],
  ])('is not led astray by %s', (_, said, shown) => {
    expect(lines(text(said))).toEqual([shown]);
    const everyKind = lines([
      ...(['thought', 'note'] as const).map((kind) => ({ kind, text: said, failed: false })),
      ...[{ kind: 'tool', name: said, input: said } as const, result(said)],
    ]);
    expect(everyKind.join('')).not.toMatch(/[\p{Cc}\u202e\u2066]/u);
  });

  it('is never wider than it may be, whatever is said', () => {
    const wild = [
      '日本語のテキスト'.repeat(20),
      '👩‍👩‍👧'.repeat(30),
      `${' '.repeat(50)}deep`,
      'e\u0301'.repeat(90),
      '\ud800x',
    ];
    for (const columns of [2, 3, 10, 80]) {
      const entries = wild.flatMap((said): TranscriptEntry[] => [
        ...[text(said), result(said), { kind: 'thought', text: said } as const],
        ...[{ kind: 'note', text: said, failed: true } as const, { kind: 'tool', name: said, input: said } as const],
      ]);
      expect(Math.max(...lines(entries, columns).map(displayWidth))).toBeLessThanOrEqual(columns < 4 ? 4 : columns);
    }
  });

  it('takes a line of a million characters in its stride', () => {
    const shown = lines([text('word '.repeat(200_000)), result('x'.repeat(1_000_000))], 80);
    expect(shown.at(-1)).toHaveLength(80);
    expect(shown).toHaveLength(200_000 / 16 + 1);
  });
});
