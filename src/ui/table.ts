import type { Paint, Style } from './paint.ts';
import { displayWidth, left, right } from './text.ts';

/** One column of a table: names stand left, numbers right. */
export interface Column {
  readonly title: string;
  readonly align: 'left' | 'right';
  /** Gives way when the table is too wide, down to this many columns. */
  readonly shrinksTo?: number;
  /** The colour of a cell, by what it says. */
  style?(cell: string): Style | undefined;
}

/** The lines of a table, two spaces before each column, its head dimmed. */
export function table(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  { width, paint }: { readonly width: number; readonly paint: Paint },
): string[] {
  const widths = fitted(columns, rows, width);
  const place = (cell: string, index: number) =>
    (columns[index]?.align === 'right' ? right : left)(cell, widths[index] ?? 0);
  const painted = (cell: string, index: number) => {
    const style = columns[index]?.style?.(cell);
    return style === undefined ? place(cell, index) : paint(style, place(cell, index));
  };
  const head = columns.map(({ title }, index) => `  ${place(title, index)}`).join('');
  const lines = rows.map((row) => row.map((cell, index) => `  ${painted(cell, index)}`).join(''));
  return [paint('dim', head.trimEnd()), ...lines.map((line) => line.trimEnd())];
}

function fitted(columns: readonly Column[], rows: readonly (readonly string[])[], width: number): number[] {
  const natural = columns.map(({ title }, index) =>
    Math.max(displayWidth(title), ...rows.map((row) => displayWidth(row[index] ?? ''))),
  );
  let excess = natural.reduce((sum, each) => sum + each + 2, 0) - width;
  return natural.map((each, index) => {
    const least = columns[index]?.shrinksTo;
    if (least === undefined || excess <= 0) return each;
    const given = Math.min(excess, Math.max(0, each - least));
    excess -= given;
    return each - given;
  });
}
