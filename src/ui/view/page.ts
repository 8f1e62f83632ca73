import type { TranscriptEntry } from '../../core/transcript.ts';
import type { DiffLine } from '../diff.ts';
import { paintDiff, readDiff } from '../diff.ts';
import type { Paint } from '../paint.ts';
import { cut, oneLine } from '../text.ts';
import { transcriptLines } from '../transcript-lines.ts';

/** What is open over the screen. */
export type PageContent =
  | { readonly kind: 'loading' }
  | { readonly kind: 'nothing'; readonly why: string }
  | { readonly kind: 'transcript'; readonly parts: readonly TranscriptPart[] }
  | { readonly kind: 'diff'; readonly title: string; readonly text: string }
  | { readonly kind: 'reviews'; readonly reviews: readonly ReviewText[] };

/** What one agent process said and did. */
export interface TranscriptPart {
  readonly title: string;
  readonly entries: readonly TranscriptEntry[];
}

/** One review: `text` as the agent wrote it. */
export interface ReviewText {
  readonly title: string;
  readonly text: string;
}

/** Where the lines of a page go. */
export interface PageView {
  readonly columns: number;
  readonly paint: Paint;
}

/** All lines of a page. Whatever the text holds, a line does nothing to a terminal but stand on it. */
export function pageLines(content: PageContent, view: PageView): string[] {
  const { columns, paint } = view;
  const titled = (title: string, lines: readonly string[]) => [paint('bold', cut(oneLine(title), columns)), ...lines];
  switch (content.kind) {
    case 'loading':
      return ['reading …'];
    case 'nothing':
      return textLines(oneLine(content.why), view);
    case 'transcript':
      return spaced(
        content.parts.map(({ title, entries }) =>
          titled(title, entries.length === 0 ? ['nothing said yet'] : transcriptLines(entries, view)),
        ),
      );
    case 'diff':
      return titled(content.title, [
        '',
        ...readDiff(content.text.trimEnd().split('\n')).flatMap((line) => diffLines(line, view)),
      ]);
    case 'reviews':
      return spaced(content.reviews.map(({ title, text }) => titled(title, textLines(text.trim(), view))));
  }
}

function spaced(blocks: readonly (readonly string[])[]): string[] {
  return blocks.flatMap((lines, index) => (index === 0 ? lines : ['', ...lines]));
}

function textLines(text: string, view: PageView): string[] {
  return transcriptLines([{ kind: 'text', text }], view);
}

/** A line that is too long goes on in the next ones, in its own colour. */
function diffLines({ kind, text }: DiffLine, view: PageView): string[] {
  return textLines(text.slice(0, longestLine), view).map((line) => paintDiff(kind, line, view.paint));
}

/** Characters of a line: the rest of one that is longer is of no use to anybody. */
const longestLine = 4000;

/** Whether both say the same: cheap, so that a page can be looked at again and again. */
export function isSamePage(one: PageContent, other: PageContent): boolean {
  if (one.kind === 'transcript' && other.kind === 'transcript') {
    return (
      one.parts.length === other.parts.length &&
      one.parts.every(({ title, entries }, index) => {
        const part = other.parts[index];
        return title === part?.title && entries === part.entries;
      })
    );
  }
  return JSON.stringify(one) === JSON.stringify(other);
}
