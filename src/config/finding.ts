/** The way to a value: keys and list positions, from the top of the file. */
export type Path = readonly PropertyKey[];

/** Something wrong with what the config says, not yet tied to a place in the text. */
export interface Finding {
  readonly path: Path;
  /** What to point at: the value at `path`, its key, or (for something that is missing there) the map around it. */
  readonly at: 'value' | 'key' | 'map';
  readonly message: string;
  readonly hint?: string;
}

/** The value at `path` in plain data, or undefined. */
export function valueAt(data: unknown, path: Path): unknown {
  let value = data;
  for (const step of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) return undefined;
    value = Reflect.get(value, step);
  }
  return value;
}

/** True for what YAML calls a map. */
export function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
