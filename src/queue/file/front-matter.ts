import type { TaskExtension } from './task-name.ts';

/** The part of a task file that is YAML (or JSON), and the rest. Offsets into the text; the end is exclusive. */
export interface TaskLayout {
  /** Where the YAML begins and ends: the whole file, but for a byte order mark, or what stands between the `---` lines. */
  readonly start: number;
  readonly end: number;
  /** The text below the front matter; `.md` only. */
  readonly body?: string;
  /** True for a `.md` file that has no front matter yet. */
  readonly bare?: true;
}

/** Finds the YAML of a task file; undefined when its front matter is never closed. */
export function layoutOf(text: string, extension: TaskExtension): TaskLayout | undefined {
  const first = text.startsWith('\uFEFF') ? 1 : 0;
  if (extension !== '.md') return { start: first, end: text.length };
  const opening = /^---[ \t]*\r?\n/.exec(text.slice(first));
  if (opening === null) return { start: first, end: first, body: text.slice(first), bare: true };
  const start = first + opening[0].length;
  const closing = /^---[ \t]*(?:\r?\n|$)/m.exec(text.slice(start));
  if (closing === null) return undefined;
  const end = start + closing.index;
  return { start, end, body: text.slice(end + closing[0].length) };
}
