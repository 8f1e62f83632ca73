/** A problem in a file that a person wrote, as data; `ui/diagnostics.ts` shows it. */
export interface Diagnostic {
  /** As a person would name it: relative to the workspace, with `/`. */
  readonly file: string;
  /** Where in the file; undefined when the file as a whole is the problem (missing, empty, unreadable). */
  readonly place?: Place;
  /** One line: the cause. */
  readonly message: string;
  /** One short line: the remedy. */
  readonly hint?: string;
}

/** A stretch of one line. */
export interface Place {
  /** From 1. */
  readonly line: number;
  /** From 1, in characters (code points). */
  readonly column: number;
  /** Characters, at least 1. */
  readonly length: number;
  /** The whole line, without its line break. */
  readonly source: string;
}

/**
 * The place of `text[start, end)`: cut at the end of its first line. An offset at the end of the text, where parsers
 * put what is missing, is shown behind the last thing that was written.
 */
export function placeAt(text: string, start: number, end: number): Place {
  const from = start < text.length ? Math.max(0, start) : text.trimEnd().length;
  const before = text.slice(0, from);
  const lineStart = before.lastIndexOf('\n') + 1;
  const newline = text.indexOf('\n', from);
  const source = text.slice(lineStart, newline === -1 ? text.length : newline).replace(/\r$/, '');
  const marked = text.slice(from, Math.min(end, lineStart + source.length));
  return {
    line: before.split('\n').length,
    column: characters(before.slice(lineStart)) + 1,
    length: Math.max(1, characters(marked)),
    source,
  };
}

function characters(text: string): number {
  return Array.from(text).length;
}
