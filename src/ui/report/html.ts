import { stripVTControlCharacters } from 'node:util';

/** Markup that can go into a page as it is: only `html` makes it. */
export interface Html {
  readonly markup: string;
}

/** What can stand in markup. Texts and numbers become text, whatever they hold; nothing for undefined. */
export type Content = Html | string | number | undefined | readonly Content[];

/** Markup with everything in it escaped that is not markup itself; good for contents and for attributes in double quotes. */
export function html(parts: TemplateStringsArray, ...values: readonly Content[]): Html {
  return {
    markup: parts.map((part, index) => (index === 0 ? part : `${markupOf(values[index - 1])}${part}`)).join(''),
  };
}

function markupOf(content: Content): string {
  if (content === undefined) return '';
  if (typeof content === 'number') return String(content);
  if (typeof content === 'string') return escaped(harmless(content));
  return 'markup' in content ? content.markup : content.map(markupOf).join('');
}

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (one) => entities[one] ?? one);
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Without what is made for terminals, and without what turns the direction of the text around it; lines and tabs stay. */
function harmless(text: string): string {
  if (!/[^\n\t\x20-\x7e]/.test(text)) return text;
  return stripVTControlCharacters(text)
    .replace(/\r\n?|[\u0085\u2028\u2029]/g, '\n')
    .replace(/(?![\n\t])\p{Cc}|\p{Bidi_C}/gu, '');
}
