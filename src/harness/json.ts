/** A JSON object as a CLI prints it: nothing is known about its members. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** The JSON object on one line of output; undefined when the line is anything else. */
export function parseObject(line: string): JsonObject | undefined {
  if (!line.trimStart().startsWith('{')) return undefined;
  try {
    return asObject(JSON.parse(line));
  } catch {
    return undefined;
  }
}

/** The object that a value is; undefined for anything else, lists included. */
export function asObject(value: unknown): JsonObject | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : undefined;
}

/** The object under a key; an empty one when there is none. */
export function objectAt(object: JsonObject, key: string): JsonObject {
  return asObject(object[key]) ?? {};
}

/** The list under a key; an empty one when there is none. */
export function listAt(object: JsonObject, key: string): readonly unknown[] {
  const value = object[key];
  return Array.isArray(value) ? value : [];
}

/** The string under a key; undefined when it is missing, empty or something else. */
export function textAt(object: JsonObject, key: string): string | undefined {
  const value = object[key];
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** The finite number under a key; undefined for anything else. */
export function numberAt(object: JsonObject, key: string): number | undefined {
  const value = object[key];
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
}

/** A count under a key; 0 when it is missing. */
export function countAt(object: JsonObject, key: string): number {
  return Math.max(0, numberAt(object, key) ?? 0);
}
