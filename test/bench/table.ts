/** A table in Markdown that also reads well as plain text: the first column left, all others right. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((title, column) =>
    Math.max(...[title, ...rows.map((row) => row[column] ?? '')].map(width), 3),
  );
  const line = (cells: readonly string[]) => `| ${head.map((_, column) => padded(cells, column)).join(' | ')} |`;
  const padded = (cells: readonly string[], column: number) => {
    const cell = cells[column] ?? '';
    const blanks = ' '.repeat((widths[column] ?? 0) - width(cell));
    return column === 0 ? cell + blanks : blanks + cell;
  };
  const rule = widths.map((size, column) => (column === 0 ? '-'.repeat(size) : `${'-'.repeat(size - 1)}:`));
  return [line(head), line(rule), ...rows.map(line)].join('\n');
}

/** A number with as many digits as one can believe of it; a dash for none. */
export function figure(value: number): string {
  if (!Number.isFinite(value)) return '–';
  const digits = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2;
  return value.toFixed(digits);
}

/** A figure and the most that it may be. */
export interface Target {
  readonly what: string;
  readonly figure: number;
  readonly most: number;
  readonly unit: string;
}

/** `met`, `not met`, or `not measured`. */
export function verdictOn({ figure: value, most }: Pick<Target, 'figure' | 'most'>): string {
  if (Number.isNaN(value)) return 'not measured';
  return value <= most ? 'met' : 'not met';
}

/** The targets beside where we are. */
export function targetTable(targets: readonly Target[]): string {
  return table(
    ['what', 'figure', 'at most', ''],
    targets.map((target) => [
      target.what,
      `${figure(target.figure)}${target.unit}`,
      `${String(target.most)}${target.unit}`,
      verdictOn(target),
    ]),
  );
}

function width(text: string): number {
  return Array.from(text).length;
}
