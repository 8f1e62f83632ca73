import { describe, expect, it } from 'vitest';
import { figure, table, targetTable, verdictOn } from './table.ts';

describe('table', () => {
  it('puts the first column left and the others right', () => {
    const drawn = table(
      ['what', 'ms'],
      [
        ['a', '1'],
        ['longer', '1000'],
      ],
    );
    expect(drawn).toBe(['| what   |   ms |', '| ------ | ---: |', '| a      |    1 |', '| longer | 1000 |'].join('\n'));
  });

  it('shows a cell that is missing as nothing', () => {
    expect(table(['abc', 'def'], [['x']]).split('\n')[2]).toBe('| x   |     |');
  });
});

describe('figure', () => {
  it('has three digits where it can', () => {
    expect([1.234, 12.34, 123.4].map(figure)).toEqual(['1.23', '12.3', '123']);
  });

  it('is a dash where nothing was measured', () => {
    expect(figure(Number.NaN)).toBe('–');
  });
});

describe('a target', () => {
  it('is met at the limit, and not above it', () => {
    expect(verdictOn({ figure: 3, most: 3 })).toBe('met');
    expect(verdictOn({ figure: 3.1, most: 3 })).toBe('not met');
  });

  it('is never met by what was not measured', () => {
    expect(verdictOn({ figure: Number.NaN, most: 3 })).toBe('not measured');
  });

  it('stands beside its figure', () => {
    const drawn = targetTable([{ what: 'start-up', figure: 151, most: 150, unit: ' ms' }]);
    expect(drawn.split('\n')[2]).toBe('| start-up | 151 ms |  150 ms | not met |');
  });
});
