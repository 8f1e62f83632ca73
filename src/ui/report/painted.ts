import type { Paint, Style } from '../paint.ts';
import type { Html } from './html.ts';
import { html } from './html.ts';

/** A part of a line, and how it is painted. */
export interface Painted {
  readonly style: Style | undefined;
  readonly text: string;
}

/** Paints lines that are made for a terminal so that `partsOf` finds the styles again. */
export const mark: Paint = (style, text) => (text === '' ? '' : `${begin}${style}${middle}${text}${end}`);

// No text that is shown on a terminal has control characters of its own: they are taken out before it is painted.
const [begin, middle, end] = ['\u0001', '\u0002', '\u0003'];

/** The parts of a line that was painted by `mark`. */
export function partsOf(line: string): Painted[] {
  return line
    .split(begin)
    .flatMap((piece, index) => {
      if (index === 0) return [{ style: undefined, text: piece }];
      const [style = '', rest = ''] = piece.split(middle);
      const [text = '', after = ''] = rest.split(end);
      return [
        { style: style as Style, text },
        { style: undefined, text: after },
      ];
    })
    .filter(({ text }) => text !== '');
}

/** Such a line as markup. */
export function paintedLine(line: string): Html {
  const parts = partsOf(line).map(({ style, text }) =>
    style === undefined ? html`${text}` : html`<span class="${style}">${text}</span>`,
  );
  return html`${parts}`;
}
