/** Puts an item behind a list, and gives the longer list. */
export type Append = <T>(list: readonly T[], item: T) => readonly T[];

/** Leaves the list as it was: whoever has it may keep it. */
export const appendToCopy: Append = (list, item) => [...list, item];

/** Grows the lists that it has made itself, so that a thousand items cost a thousand steps: for who keeps only the last list. */
export function appendInPlace(): Append {
  const own = new WeakSet<readonly unknown[]>();
  return <T>(list: readonly T[], item: T) => {
    if (own.has(list)) {
      (list as T[]).push(item);
      return list;
    }
    const grown = [...list, item];
    own.add(grown);
    return grown;
  };
}
