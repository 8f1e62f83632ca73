import type { Paint, Style } from './paint.ts';

/** A line of a diff, and what it is. Only where it stands tells a file's head from a deleted line that begins with two dashes. */
export interface DiffLine {
  readonly kind: 'file' | 'hunk' | 'added' | 'deleted' | 'same';
  readonly text: string;
}

/** The lines of a diff, as git writes it. */
export function readDiff(lines: readonly string[]): DiffLine[] {
  let isHead = false;
  return lines.map((text) => {
    isHead = text.startsWith('diff --git ') || (isHead && !text.startsWith('@@'));
    return { kind: isHead ? 'file' : kindOf(text), text };
  });
}

function kindOf(line: string): DiffLine['kind'] {
  if (line.startsWith('@@')) return 'hunk';
  return line.startsWith('+') ? 'added' : line.startsWith('-') ? 'deleted' : 'same';
}

/** How many files a diff changes, and how many lines it adds and deletes. */
export function diffSize(lines: readonly DiffLine[]): {
  readonly files: number;
  readonly added: number;
  readonly deleted: number;
} {
  const count = (isOne: (line: DiffLine) => boolean) => lines.filter(isOne).length;
  return {
    files: count(({ kind, text }) => kind === 'file' && text.startsWith('diff --git ')),
    added: count(({ kind }) => kind === 'added'),
    deleted: count(({ kind }) => kind === 'deleted'),
  };
}

/** A text of that kind in its colour, for terminals. */
export function paintDiff(kind: DiffLine['kind'], text: string, paint: Paint): string {
  const style = styles[kind];
  return style === undefined ? text : paint(style, text);
}

const styles: Readonly<Record<DiffLine['kind'], Style | undefined>> = {
  file: 'bold',
  hunk: 'dim',
  added: 'green',
  deleted: 'red',
  same: undefined,
};
