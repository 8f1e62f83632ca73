import type { RunLife } from '../../core/run-state.ts';
import type { Standing } from '../../core/run-tables.ts';
import { standingStyle, standingWord } from '../run-tables.ts';
import type { Html } from './html.ts';
import { html } from './html.ts';

/** Where a task stands, as the report shows it everywhere: a mark of its own shape, its colour and its word. */
export function outcomeWord(standing: Standing, life: RunLife): Html {
  const word = standingWord(standing, life);
  return html`<span class="outcome ${outcomeColour(standing, life)}"
    ><svg class="mark" viewBox="-7 -7 14 14" aria-hidden="true"><use href="#is-${standing}" /></svg>${word}</span
  >`;
}

/** The class that gives the colour. */
export function outcomeColour(standing: Standing, life: RunLife): string {
  if (standing === 'open' && life === 'live') return 'going';
  return standingStyle(standingWord(standing, life)) ?? '';
}

/** The marks, for `<use>`: 12 by 12 around nothing, in the colour of the text. */
export function outcomeMarks(): Html {
  const marks = Object.entries(shapes).map(([standing, path]) => html`<path id="is-${standing}" d="${path}" />`);
  return html`<svg class="defs" width="0" height="0" aria-hidden="true"><defs>${marks}</defs></svg>`;
}

const shapes: Readonly<Record<Standing, string>> = {
  landed: 'M-5 0.5 L-1.5 4 L5 -4',
  proposed: 'M-4.5 0 H4.5 M0 -4.5 V4.5',
  held: 'M-2.5 -4.5 V4.5 M2.5 -4.5 V4.5',
  asks: 'M-3 -2.5 A3 2.7 0 1 1 1 0 Q0 0.6 0 2 M0 4.6 V5',
  failed: 'M-4 -4 L4 4 M-4 4 L4 -4',
  back: 'M-1 -5 L-5 -1.5 L-1 2 M-5 -1.5 H2 A3 3 0 0 1 2 4.5 H-1',
  lost: 'M-4.5 0 H4.5',
  open: 'M-4.5 0 h0.1 M0 0 h0.1 M4.5 0 h0.1',
};
