import { table } from '../bench/table.ts';
import type { Case, Expected, Impossible } from './cases.ts';

/** One column of the table: a CLI, and what became of its cases. */
export interface Column {
  readonly cli: string;
  /** Undefined when it is not installed. */
  readonly version: string | undefined;
  /** The cases that were asked for, in order. */
  readonly cases: ReadonlyMap<string, Case | Impossible>;
  readonly results: ReadonlyMap<string, Result>;
}

/** What came of a case; it has passed when there is no problem. */
export interface Result {
  readonly got: Expected['kind'];
  readonly problems: readonly string[];
}

/** How many cases have passed, failed, or could not be tried for want of the CLI. */
export interface Tally {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

/** Counts; what a CLI can't be put into counts nowhere. */
export function tallyOf(columns: readonly Column[]): Tally {
  const results = columns.flatMap((column) => [...column.results.values()]);
  const failed = results.filter(({ problems }) => problems.length > 0).length;
  const possible = columns.flatMap(({ cases }) => [...cases.values()].filter((each) => !('cannot' in each)));
  return { passed: results.length - failed, failed, skipped: possible.length - results.length };
}

/** What oompa makes of each case with each CLI, in Markdown: `ok` for an answer, else the kind of failure, with notes below. */
export function supportTable(columns: readonly Column[]): string {
  const notes: string[] = [];
  const names = [...new Set(columns.flatMap(({ cases }) => [...cases.keys()]))];
  const head = columns.map(({ cli, version }) => `${cli} ${version ?? '(not installed)'}`);
  const rows = names.map((name) => [name, ...columns.map((column) => cell(column, name, notes))]);
  return [table(['', ...head], rows), ...notes.map((note, index) => `${mark(index)} ${note}`)].join('\n\n');
}

function cell({ cases, results }: Column, name: string, notes: string[]): string {
  const each = cases.get(name);
  if (each === undefined) return '';
  if ('cannot' in each) return `–${noted(each.cannot, notes)}`;
  const result = results.get(name);
  if (result === undefined) return 'skipped';
  const got = result.got === 'answered' ? 'ok' : result.got;
  return result.problems.length > 0 ? `FAILED: ${got}` : `${got}${noted(each.note, notes)}`;
}

/** The mark of a note, which is added unless it is there. */
function noted(note: string | undefined, notes: string[]): string {
  if (note === undefined) return '';
  if (!notes.includes(note)) notes.push(note);
  return mark(notes.indexOf(note));
}

function mark(index: number): string {
  return String(index + 1).replaceAll(/\d/g, (digit) => '⁰¹²³⁴⁵⁶⁷⁸⁹'.charAt(Number(digit)));
}
