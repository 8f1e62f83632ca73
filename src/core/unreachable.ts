/** Marks the end of an exhaustive switch; reaching it is a bug. */
export function unreachable(value: never): never {
  throw new Error(`internal error: unexpected value ${JSON.stringify(value)}`);
}
