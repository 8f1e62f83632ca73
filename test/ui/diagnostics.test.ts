import { describe, expect, it } from 'vitest';
import { type Diagnostic, placeAt } from '../../src/core/diagnostic.ts';
import { renderDiagnostics } from '../../src/ui/diagnostics.ts';

function about(text: string, word: string, hint?: string): Diagnostic {
  const start = text.indexOf(word);
  const place = placeAt(text, start, start + word.length);
  return { file: 'f.yaml', place, message: 'is odd', ...(hint !== undefined && { hint }) };
}

function linesOf(...problems: Diagnostic[]): string[] {
  return renderDiagnostics(problems, { color: false }).split('\n');
}

describe('renderDiagnostics', () => {
  it('shows the place, the message, the line and a squiggle with the remedy behind it', () => {
    expect(linesOf(about('a: 1\n  bcd: 2\n', 'bcd', 'did you mean `bce`?'))).toEqual([
      'f.yaml:2:3  is odd',
      '   2 |   bcd: 2',
      '     |   ^^^  did you mean `bce`?',
    ]);
  });

  it('shows a problem of the whole file in one line', () => {
    expect(
      linesOf({ file: 'f.yaml', message: 'does not exist', hint: 'make one' }, { file: 'g', message: 'is odd' }),
    ).toEqual(['f.yaml  does not exist; make one', 'g  is odd']);
  });

  it('says nothing about no problems', () => expect(renderDiagnostics([], { color: true })).toBe(''));

  it('keeps tabs, so that the squiggle lands under its text', () => {
    expect(linesOf(about('\ta:\tb', 'b')).slice(1)).toEqual(['   1 | \ta:\tb', '     | \t  \t^']);
  });

  it('gives wide characters two columns and combining ones none', () => {
    expect(linesOf(about('日本: e\u0301 x', 'x'))[2]).toBe(`     | ${' '.repeat(8)}^`);
    expect(linesOf(about('a: 日本', '日本'))[2]).toBe('     |    ^^^^');
  });

  it('shows escape sequences in the file instead of obeying them', () => {
    const [head, source] = linesOf({ ...about('a: \u001b[2Jx', 'x'), message: 'odd \u001b[31m \u202e' });
    expect(head).toBe('f.yaml:1:8  odd \ufffd[31m \ufffd');
    expect(source).toBe('   1 | a: \ufffd[2Jx');
  });

  it.each([
    ['at its start', `word ${'x'.repeat(500)}`],
    ['in its middle', `${'x'.repeat(250)} word ${'x'.repeat(250)}`],
    ['at its end', `${'x'.repeat(500)} word`],
    ['at its end, in wide characters', `${'字'.repeat(500)} word`],
  ])('cuts a long line to 80 columns around what is marked %s', (_where, text) => {
    const [, source = '', mark = ''] = linesOf(about(text, 'word'));
    const columns = source.replace(/字/g, '##');
    expect(columns.length).toBeLessThanOrEqual(80);
    expect(columns.slice(mark.indexOf('^'), mark.lastIndexOf('^') + 1)).toBe('word');
  });

  it('cuts a mark that is longer than the screen', () => {
    for (const line of linesOf(about('y'.repeat(300), 'y'.repeat(300))).slice(1))
      expect(line.length).toBeLessThanOrEqual(80);
  });

  it('cuts a line of a million characters', () => {
    const lines = linesOf(about(`${'x'.repeat(1e6)} word ${'x'.repeat(1e6)}`, 'word'));
    expect(lines[1]!.length).toBeLessThanOrEqual(80);
  });

  it('puts a remedy that does not fit beside the squiggle below it, wrapped', () => {
    const lines = linesOf(about(`${' '.repeat(50)}word`, 'word', 'one two three '.repeat(8).trim()));
    expect(lines[2]).toBe(`     | ${' '.repeat(50)}^^^^`);
    expect(
      lines
        .slice(3)
        .map((line) => line.slice(7))
        .join(' '),
    ).toBe('one two three '.repeat(8).trim());
    for (const line of lines) expect(line.length).toBeLessThanOrEqual(80);
  });

  it('widens the gutter for line numbers above 9999', () => {
    expect(linesOf(about(`${'\n'.repeat(12344)}ab`, 'ab')).slice(1)).toEqual(['12345 | ab', '      | ^^']);
  });

  it('says the same in colour as without', () => {
    const problems = [about('a: b', 'b', 'hint'), { file: 'g', message: 'gone' }];
    const colored = renderDiagnostics(problems, { color: true });
    expect(colored).toContain('\u001b[31m^\u001b[39m');
    // Every sequence begins with ESC [ and ends with m.
    const bare = colored
      .split('\u001b[')
      .map((part, index) => (index === 0 ? part : part.slice(part.indexOf('m') + 1)));
    expect(bare.join('')).toBe(renderDiagnostics(problems, { color: false }));
  });
});
