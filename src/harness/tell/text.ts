import type { TranscriptEntry } from '../../core/transcript.ts';

/** Tells of one line of a CLI that prints plain text. Blank lines stay: they are part of how it looks. */
export function tellText(line: string): readonly TranscriptEntry[] {
  return [{ kind: 'text', text: line }];
}
