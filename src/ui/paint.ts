import { styleText } from 'node:util';

/** Colours say again what words already say. */
export type Style = 'bold' | 'dim' | 'green' | 'yellow' | 'red';

/** Puts a style on a text; the text as it is where colour is off. */
export type Paint = (style: Style, text: string) => string;

/**
 * The painter for a terminal with or without colour. Who calls has decided on colour; left alone, node (20.20) would ask
 * its own standard output again.
 */
export function painter(color: boolean): Paint {
  return color
    ? (style, text) => (text === '' ? '' : styleText(style, text, { validateStream: false }))
    : (_style, text) => text;
}
