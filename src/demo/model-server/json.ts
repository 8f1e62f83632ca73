/** The member of a JSON object; undefined if it has none, or is not an object. */
export function member(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>)[key] : undefined;
}

/** A JSON string; '' for anything else. */
export function string(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

/** A JSON string that is not empty; undefined for anything else. */
export function optionalString(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** A JSON list; an empty one for anything else. */
export function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** The text of a message: a string, or a list of parts of which some have `text`. */
export function textOf(content: unknown): string {
  if (typeof content === 'string') return content;
  return list(content)
    .map((part) => (typeof part === 'string' ? part : string(member(part, 'text'))))
    .filter((text) => text !== '')
    .join('\n');
}
