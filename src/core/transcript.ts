/**
 * One thing that an agent said or did, as a person reads it, whatever CLI it is. Text is as the agent gave it: it may have many
 * lines and control characters; who shows it cleans and cuts it.
 */
export type TranscriptEntry =
  /** `continues`: goes on where the text before it stopped, in the middle of a line or not. */
  | { readonly kind: 'text'; readonly text: string; readonly continues?: true }
  /** Reasoning that the CLI shows. */
  | { readonly kind: 'thought'; readonly text: string }
  /** A tool is called: `bash`, `npm test`. */
  | { readonly kind: 'tool'; readonly name: string; readonly input: string }
  /** What a tool gave back. */
  | { readonly kind: 'result'; readonly text: string; readonly failed: boolean }
  /** What the CLI tells of itself: a session, a further try, an error. */
  | { readonly kind: 'note'; readonly text: string; readonly failed: boolean };

/** The entries with the pieces of one text in one, and without a note that says again what the one before it said. */
export function joinEntries(entries: Iterable<TranscriptEntry>): TranscriptEntry[] {
  const joined: TranscriptEntry[] = [];
  let pieces: string[] = [];
  const endText = (): void => {
    if (pieces.length > 0) joined.push({ kind: 'text', text: pieces.join('') });
    pieces = [];
  };
  for (const entry of entries) {
    if (entry.kind === 'text') {
      if (entry.continues !== true) endText();
      pieces.push(entry.text);
      continue;
    }
    endText();
    const before = joined.at(-1);
    const repeats = entry.kind === 'note' && before?.kind === 'note' && entry.text === before.text;
    if (!repeats) joined.push(entry);
    // What was one more try was the last one.
    else if (entry.failed) joined[joined.length - 1] = entry;
  }
  endText();
  return joined;
}
