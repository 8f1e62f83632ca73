import { expect, test } from 'vitest';
import type { Case, Impossible } from './cases.ts';
import { supportTable, tallyOf, type Column, type Result } from './report.ts';

const each: Case = { script: () => ({ kind: 'hang' }), session: 'new', expected: { kind: 'silent' } };

const columns: readonly Column[] = [
  column('one', '1.2.3', [
    ['plain', each, { got: 'answered', problems: [] }],
    ['hang', { ...each, note: 'for an hour' }, { got: 'silent', problems: [] }],
    ['reset', each, { got: 'unknown', problems: ['unknown instead of network'] }],
  ]),
  column('two', '4.5.6', [
    ['plain', each, { got: 'answered', problems: ['left running: 7'] }],
    ['hang', { ...each, note: 'for an hour' }, { got: 'silent', problems: [] }],
    ['reset', { cannot: 'has no net' }],
  ]),
  column('three', undefined, [
    ['plain', each],
    ['hang', { cannot: 'has no net' }],
  ]),
];

test('the table shows what came of each case, what could not be tried, and each note once', () => {
  const lines = supportTable(columns).split('\n');
  const cells = lines.filter((line) => line.startsWith('|')).map((line) => line.split('|').map((cell) => cell.trim()));
  expect(cells.map((row) => row.slice(1, -1))).toEqual([
    ['', 'one 1.2.3', 'two 4.5.6', 'three (not installed)'],
    [expect.stringMatching(/^-+$/), ...Array.from({ length: 3 }, () => expect.stringMatching(/^-+:$/) as string)],
    ['plain', 'ok', 'FAILED: ok', 'skipped'],
    ['hang', 'silent¹', 'silent¹', '–²'],
    ['reset', 'FAILED: unknown', '–²', ''],
  ]);
  expect(lines.filter((line) => /^[¹²³]/.test(line))).toEqual(['¹ for an hour', '² has no net']);
});

test('a case passes when nothing is wrong with it, and is skipped when its CLI is not there', () => {
  expect(tallyOf(columns)).toEqual({ passed: 3, failed: 2, skipped: 1 });
});

function column(
  cli: string,
  version: string | undefined,
  entries: readonly (readonly [string, Case | Impossible, Result?])[],
): Column {
  return {
    ...{ cli, version },
    cases: new Map(entries.map(([name, found]) => [name, found])),
    results: new Map(entries.flatMap(([name, , result]) => (result === undefined ? [] : [[name, result] as const]))),
  };
}
